//! Clients that die, or only seem to, while they hold a lock.

use super::*;
use crate::store::sftp::{
    failure::Fault,
    lock::{Lock, withdraw},
    temporary::{Temporary, fill},
};

/// As a writer stands before its last step: the lock is held, nothing has moved.
async fn lockable(store: &Sftp, place: &Place) -> (Arc<session::Session>, Temporary) {
    let session = store.inner.pool.session(place).await.expect("connected");
    let (temporary, file) = Temporary::create_lockable(&session, place).await.expect("made");
    fill(&session, &file, 0, b"never to be").await.expect("written");
    (session, temporary)
}

#[tokio::test]
async fn the_lock_of_the_dead_is_broken() {
    let (root, store) = scratch();
    put(&store, MAIN, b"before").await;
    let dead = another(&root);
    let place = dead.writable(MAIN).expect("a place");
    let (session, temporary) = lockable(&dead, &place).await;
    Lock::acquire(&session, &place, &temporary).await.expect("locked");
    drop((session, dead));
    let lock = root.join(format!("{MAIN}.lock"));
    assert!(lock.exists());
    assert_eq!(present(&store, MAIN).await.bytes, b"before");
    put(&store, MAIN, b"after").await;
    assert!(!lock.exists());
    assert_eq!(present(&store, MAIN).await.bytes, b"after");
    let page = store.list("", None, 10).await.expect("listed");
    assert_eq!(page.entries.len(), 1);
}

#[tokio::test]
async fn who_was_taken_for_dead_can_do_nothing_under_the_lock() {
    let (root, store) = scratch();
    put(&store, MAIN, b"before").await;
    let slow = another(&root);
    let place = slow.writable(MAIN).expect("a place");
    let (session, temporary) = lockable(&slow, &place).await;
    let held = Lock::acquire(&session, &place, &temporary).await.expect("locked");
    // Somebody else breaks it, and others write, one of them even holds the lock again.
    let other = store.inner.pool.session(&place).await.expect("connected");
    withdraw(&other, &place, &temporary).await.expect("broken");
    put(&store, MAIN, b"after").await;
    let (_, next) = lockable(&store, &place).await;
    let lock = Lock::acquire(&other, &place, &next).await.expect("free again");
    assert!(matches!(held.replace().await, Err(Fault::Fenced)));
    assert!(matches!(held.delete().await, Err(Fault::Fenced)));
    held.release().await;
    assert_eq!(present(&store, MAIN).await.bytes, b"after");
    lock.replace().await.expect("nobody took this lock away");
    lock.release().await;
    assert_eq!(files(&root), [MAIN]);
}

#[tokio::test]
async fn a_slow_writer_starts_again() {
    let (root, store) = scratch();
    let version = put(&store, MAIN, b"before").await;
    let place = store.writable(MAIN).expect("a place");
    let (session, temporary) = lockable(&store, &place).await;
    let held = Lock::acquire(&session, &place, &temporary).await.expect("locked");
    let other = another(&root);
    let write = other.put(MAIN, b"after".to_vec(), Expected::Is(version));
    let steal = async {
        // Until the writer waits, its own token lies among the temporary files.
        let home = root.join("trunks/app.trunk/.trunks-tmp");
        let token = loop {
            let mut names = fs::read_dir(&home).expect("there").flatten();
            if let Some(name) = names.next() {
                break name.path();
            }
            tokio::task::yield_now().await;
        };
        let inner = token.join(token.file_name().expect("a name"));
        while !inner.join("value").exists() {
            tokio::task::yield_now().await;
        }
        let value = held.value();
        held.release_with(&value).await;
    };
    let (written, ()) = futures_util::join!(write, steal);
    written.expect("written");
    assert_eq!(present(&store, MAIN).await.bytes, b"after");
    assert_eq!(files(&root), [MAIN]);
}

#[tokio::test]
async fn what_was_left_a_day_ago_is_swept() {
    let (root, store) = scratch();
    put(&store, HEAD, b"ref: refs/heads/main\n").await;
    let home = root.join("trunks/app.trunk/.trunks-tmp");
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(2 * 24 * 60 * 60);
    for (name, is_old) in [("old", true), ("new", false)] {
        let inner = home.join(name).join(name);
        fs::create_dir_all(&inner).expect("made");
        fs::write(inner.join("value"), b"x").expect("written");
        if is_old {
            fs::File::open(home.join(name)).expect("there").set_modified(old).expect("dated");
        }
    }
    put(&another(&root), HEAD, b"ref: refs/heads/main\n").await;
    assert!(!home.join("old").exists());
    assert!(home.join("new").exists());
}
