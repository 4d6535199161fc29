//! A server that goes away, and what lies on it.

use super::*;
use std::os::unix::fs::PermissionsExt;

#[tokio::test]
async fn a_connection_that_broke_is_made_anew() {
    let sshd = Sshd::start();
    let root = sshd.root();
    let store = Sftp::new(config(&sshd, &root)).expect("a configuration");
    let version = put(&store, MAIN, b"before").await;
    let upload = store.upload_start(PACK).await.expect("started");
    let part = store.upload_part(&upload, 1, b"part".to_vec()).await.expect("a part");
    for _ in 0..2 {
        store.inner.pool.any_session().await.expect("connected").hang_up();
        assert_eq!(present(&store, MAIN).await.bytes, b"before");
    }
    store.inner.pool.any_session().await.expect("connected").hang_up();
    let version = store.put(MAIN, b"after".to_vec(), Expected::Is(version)).await.expect("written");
    store.inner.pool.any_session().await.expect("connected").hang_up();
    store.upload_finish(&upload, vec![part], Expected::Absent).await.expect("finished");
    store.inner.pool.any_session().await.expect("connected").hang_up();
    store.delete(MAIN, Expected::Is(version)).await.expect("deleted");
    assert_eq!(files(&root), [PACK]);
}

#[tokio::test]
async fn a_pack_is_read_only_and_stays_what_it_is() {
    let (root, store) = scratch();
    store.put(PACK, vec![7; 100_000], Expected::Absent).await.expect("written");
    let mode = fs::metadata(root.join(PACK)).expect("there").permissions().mode();
    assert_eq!(mode & 0o222, 0);
    let again = store.put(PACK, vec![8; 100_000], Expected::Absent).await;
    assert!(matches!(again, Err(StoreError::Conflict { .. })));
    assert_eq!(present(&store, PACK).await.bytes, vec![7; 100_000]);
    assert_eq!(files(&root), [PACK]);
}

#[tokio::test]
async fn a_repository_that_is_deleted_leaves_nothing() {
    let (root, store) = scratch();
    for key in [HEAD, MAIN, PACK, "trunks/app.trunk/packed-refs"] {
        put(&store, key, b"x").await;
    }
    for key in [HEAD, PACK, "trunks/app.trunk/packed-refs", MAIN] {
        store.delete(key, Expected::Any).await.expect("deleted");
    }
    assert_eq!(fs::read_dir(root.join("trunks")).expect("there").count(), 0);
}

#[tokio::test]
async fn locks_and_temporary_files_are_no_keys() {
    let (root, store) = scratch();
    put(&store, MAIN, b"x").await;
    fs::create_dir_all(root.join(format!("{MAIN}.lock/token"))).expect("made");
    fs::write(root.join(format!("{MAIN}.lock/token/value")), b"x").expect("written");
    fs::write(root.join("trunks/app.trunk/.trunks-tmp/x"), b"x").expect("written");
    let page = store.list("", None, 10).await.expect("listed");
    assert_eq!(page.entries.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(), [MAIN]);
    for key in ["a/b.lock", "a.lock/b", "../a", ".trunks-tmp/a"] {
        assert!(store.put(key, b"x".to_vec(), Expected::Any).await.is_err(), "{key}");
    }
}
