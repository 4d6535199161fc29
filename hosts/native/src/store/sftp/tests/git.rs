//! Stock git on the server, beside a client of ours.

use super::*;
use crate::store::sftp::{lock::Lock, temporary::Temporary};
use std::process::{Command, Output};

fn git(root: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("git");
    command.arg("--git-dir").arg(root.join("trunks/app.trunk")).args(arguments);
    for (name, value) in [("NAME", "A"), ("EMAIL", "a@b.example")] {
        command.env(format!("GIT_AUTHOR_{name}"), value);
        command.env(format!("GIT_COMMITTER_{name}"), value);
    }
    command.output().expect("git is installed")
}

/// What git says, which it must say without an error.
fn says(root: &Path, arguments: &[&str]) -> String {
    let output = git(root, arguments);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {told}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A repository that git has made, with one commit on `main`. Returns the commit.
fn repository(root: &Path) -> String {
    fs::create_dir_all(root.join("trunks")).expect("made");
    says(root, &["init", "--quiet", "--bare", "--initial-branch=main"]);
    let tree = says(root, &["hash-object", "-w", "-t", "tree", "/dev/null"]);
    let commit = says(root, &["commit-tree", "-m", "one", &tree]);
    says(root, &["update-ref", "refs/heads/main", &commit]);
    commit
}

#[tokio::test]
async fn git_and_we_move_the_same_ref() {
    let (root, store) = scratch();
    let first = repository(&root);
    let value = present(&store, MAIN).await;
    assert_eq!(value.bytes, format!("{first}\n").as_bytes());
    let tree = format!("{first}^{{tree}}");
    let second = says(&root, &["commit-tree", "-m", "two", "-p", &first, &tree]);
    let moved = format!("{second}\n").into_bytes();
    store.put(MAIN, moved.clone(), Expected::Is(value.version.clone())).await.expect("moved");
    assert_eq!(says(&root, &["rev-parse", "main"]), second);
    says(&root, &["update-ref", "refs/heads/main", &first, &second]);
    let stale = store.put(MAIN, moved, Expected::Is(Version("stale".to_owned()))).await;
    assert!(matches!(stale, Err(StoreError::Conflict { .. })));
    assert_eq!(present(&store, MAIN).await, value);
    assert_eq!(says(&root, &["fsck", "--full", "--strict", "--no-dangling"]), "");
}

#[tokio::test]
async fn git_keeps_away_from_what_we_have_locked() {
    let (root, store) = scratch();
    let commit = repository(&root);
    let place = store.writable(MAIN).expect("a place");
    let session = store.inner.pool.session(&place).await.expect("connected");
    let token = Temporary::create_token(&session, &place).await.expect("made");
    let lock = Lock::acquire(&session, &place, &token).await.expect("locked");
    let refused = git(&root, &["update-ref", "-d", "refs/heads/main"]);
    assert!(!refused.status.success());
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("main.lock': File exists"), "{told}");
    let listed = says(&root, &["for-each-ref", "--format=%(refname) %(objectname)"]);
    assert_eq!(listed, format!("refs/heads/main {commit}"));
    assert_eq!(says(&root, &["fsck", "--full", "--strict", "--no-dangling"]), "");
    lock.release().await;
    says(&root, &["update-ref", "-d", "refs/heads/main"]);
    assert_eq!(store.get(MAIN, None).await, Ok(None));
}

#[tokio::test]
async fn a_lock_of_gits_is_waited_for_and_never_broken() {
    let (root, store) = scratch();
    repository(&root);
    let lock = root.join(format!("{MAIN}.lock"));
    fs::write(&lock, b"").expect("written");
    let refused = store.delete(MAIN, Expected::Any).await.expect_err("git holds it").to_string();
    assert!(refused.contains("main.lock has been there for 10 s"), "{refused}");
    assert!(lock.exists());
    fs::remove_file(&lock).expect("removed");
    store.delete(MAIN, Expected::Any).await.expect("deleted");
}
