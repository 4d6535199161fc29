//! Pushes out of histories that are cut off.

use super::*;

#[test]
fn a_shallow_clone_pushes_what_is_whole_here() {
    let dir = work(4);
    let store = empty();
    push(&store, dir.path(), &["main"], true);
    let clone = TempDir::new();
    let source = format!("file://{}", dir.path().display());
    git(clone.path(), &["clone", "-q", "--depth=1", &source, "."]);
    commit(clone.path(), "more", "more\n");
    push(&store, clone.path(), &["main"], true);
    judge(&store);
}

#[test]
fn what_would_be_cut_off_here_too_is_refused() {
    let dir = work(4);
    let clone = TempDir::new();
    let source = format!("file://{}", dir.path().display());
    git(clone.path(), &["clone", "-q", "--depth=1", &source, "."]);
    let store = empty();
    let said = push(&store, clone.path(), &["main"], false);
    assert!(said.contains("(shallow update not allowed)"), "{said}");
    assert_eq!(judge(&store), "");
}
