//! Commits on top of what others committed meanwhile, and moves and copies.

use super::*;
use futures_util::future::join_all;

fn moved(from: &str, path: &str) -> Change {
    Change { path: path.into(), content: Content::Moved { from: from.into() } }
}

fn copied(from: &str, path: &str) -> Change {
    Change { path: path.into(), content: Content::Copied { from: from.into() } }
}

fn applied(repository: &Repo<'_>, parent: Option<ObjectId>, changes: Vec<Change>) -> Applied {
    block_on(apply(repository, &request(parent, changes))).unwrap()
}

#[test]
fn files_and_directories_move_as_they_are() {
    let store = empty();
    let repository = open(&store);
    let first = vec![
        blob("bin/run", Mode::EXECUTABLE, b"run"),
        write("src/a", "a"),
        write("src/deep/b", "b"),
        write("c", "c"),
        write("d", "d"),
    ];
    let parent = made(&repository, None, first);
    let changes = vec![
        moved("bin/run", "tools/go"),
        moved("src", "lib/src"),
        copied("src/deep", "copy"),
        moved("c", "d"),
        copied("d", "d-before"),
        write("lib/src/new", "new"),
        write("copy/b", "other"),
    ];
    made(&repository, Some(parent), changes);
    let directory = on_disk(&store);
    assert_eq!(
        tree(&directory),
        "100644 copy/b\n100644 d\n100644 d-before\n100644 lib/src/a\n100644 lib/src/deep/b\n\
         100644 lib/src/new\n100755 tools/go"
    );
    let text = |path: &str| git_text(directory.path(), &["show", &format!("main:{path}")]);
    assert_eq!([text("d"), text("d-before"), text("copy/b")], ["c", "d", "other"]);
    assert_eq!(text("lib/src/deep/b"), "b");
    // A directory may move into itself, and a file become a directory that holds it.
    let into_itself = vec![moved("lib", "lib/lib"), moved("d", "d/d")];
    let head = block_on(repository.refs.find(&request(None, vec![]).branch)).unwrap().unwrap().id;
    made(&repository, Some(head), into_itself);
    let tree = tree(&on_disk(&store));
    assert!(tree.contains("lib/lib/src/deep/b") && tree.contains("100644 d/d\n"), "{tree}");
}

#[test]
fn what_cannot_move_is_said() {
    let store = empty();
    let repository = open(&store);
    let parent = made(&repository, None, vec![write("a/b", "1"), write("c", "2")]);
    let refused = |changes| refused(&repository, parent, changes);
    let missing = |path: &str| CommitError::MissingPath { path: path.to_owned() };
    assert_eq!(refused(vec![moved("none", "x")]), missing("none"));
    assert_eq!(refused(vec![copied("", "x")]), missing(""));
    assert_eq!(refused(vec![moved("c", "x"), moved("c", "y")]), missing("c"));
    let in_the_way = |path: &str| CommitError::InTheWay { path: path.to_owned() };
    assert_eq!(refused(vec![moved("c", "a")]), in_the_way("a"));
    assert_eq!(refused(vec![moved("a", "c")]), in_the_way("c"));
    assert!(matches!(refused(vec![moved("c", ".git")]), CommitError::InvalidPath { .. }));
    assert!(matches!(refused(vec![moved("a", "c/.git/x")]), CommitError::InTheWay { .. }));
}

#[test]
fn changes_of_other_paths_are_built_upon() {
    let store = empty();
    let repository = open(&store);
    let base = made(&repository, None, vec![write("a", "1"), write("dir/b", "1")]);
    let theirs = made(&repository, Some(base), vec![write("dir/c", "theirs"), write("x", "x")]);
    let ours = applied(&repository, Some(base), vec![write("a", "ours"), moved("dir/b", "b")]);
    assert_eq!(ours.parent, Some(theirs));
    let directory = on_disk(&store);
    assert_eq!(tree(&directory), "100644 a\n100644 b\n100644 dir/c\n100644 x");
    assert_eq!(git_text(directory.path(), &["show", "main:a"]), "ours");
    assert_eq!(git_text(directory.path(), &["rev-parse", "main"]), ours.id.to_string());
    assert_eq!(git_text(directory.path(), &["rev-list", "--count", "main"]), "3");
}

#[test]
fn changes_of_the_same_path_are_refused() {
    let store = empty();
    let repository = open(&store);
    let base = made(&repository, None, vec![write("a", "1"), write("dir/b", "1"), write("e", "")]);
    let theirs =
        vec![write("a", "theirs"), write("dir/c", "theirs"), remove("e"), write("n/m", "")];
    made(&repository, Some(base), theirs);
    for (changes, path) in [
        (vec![write("a", "ours")], "a"),
        (vec![remove("a")], "a"),
        (vec![write("dir/c", "ours")], "dir/c"),
        (vec![remove("dir")], "dir"),
        (vec![moved("dir", "moved")], "dir"),
        (vec![copied("e", "f")], "e"),
        (vec![remove("e")], "e"),
        (vec![write("new", ""), write("n", "a file")], "n"),
        (vec![write("a/below", "a was a file")], "a"),
    ] {
        let error = block_on(apply(&repository, &request(Some(base), changes))).unwrap_err();
        let expected = if path == "a" && matches!(error, CommitError::InTheWay { .. }) {
            Code::Invalid
        } else {
            assert_eq!(error, CommitError::Touched { path: path.to_owned() });
            Code::Conflict
        };
        assert_eq!(error.code(), expected);
    }
}

#[test]
fn without_a_base_the_branch_is_taken_as_it_is() {
    let store = empty();
    let repository = open(&store);
    let first = applied(&repository, None, vec![write("a", "1")]);
    assert_eq!(first.parent, None);
    let second = applied(&repository, None, vec![write("a", "2")]);
    assert_eq!(second.parent, Some(first.id));
    assert_eq!(git_text(on_disk(&store).path(), &["show", "main:a"]), "2");
}

#[test]
fn a_branch_that_was_deleted_is_not_made_again() {
    let store = empty();
    let repository = open(&store);
    let base = made(&repository, None, vec![write("a", "1")]);
    let name = request(None, vec![]).branch;
    let update = RefUpdate { name, old: OldValue::Any, new: None };
    assert_eq!(block_on(repository.refs.update(&[update])), [Ok(())]);
    let outcome = block_on(apply(&repository, &request(Some(base), vec![write("b", "")])));
    assert_eq!(outcome.unwrap_err().code(), Code::Conflict);
}

#[test]
fn all_of_many_writers_get_through() {
    let store = empty();
    made(&open(&store), None, vec![write("base", "")]);
    let outcomes = block_on(join_all((0..20).map(|n| {
        let store = &store;
        async move {
            let mut request = request(None, vec![write(&format!("f{n}"), &format!("{n}"))]);
            request.nonce = [n; 20];
            apply(&open(store), &request).await
        }
    })));
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let directory = on_disk(&store);
    assert_eq!(tree(&directory).lines().count(), 21);
    assert_eq!(git_text(directory.path(), &["rev-list", "--count", "main"]), "21");
}
