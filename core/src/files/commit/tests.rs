mod apply;

use super::*;
use crate::{
    code::{Code, Coded},
    hash::object_id,
    limits::Limits,
    repository::CreateOptions,
    store::Memory,
    testing::{
        Counting, Counts, TempDir, block_on, git, git_text, load, repo_name, try_git, unload,
    },
};
use alloc::{borrow::ToOwned, format, string::String, vec};
use std::fs;

type Repo<'s> = Repository<&'s Counting<Memory>>;

fn person(name: &str) -> Person {
    let email = format!("{}@example.com", name.to_lowercase());
    Person { name: name.to_owned(), email, time_s: 1_700_000_000, zone_minutes: -210 }
}

fn request(parent: Option<ObjectId>, changes: Vec<Change>) -> CommitRequest {
    CommitRequest {
        branch: RefName::new("refs/heads/main").unwrap(),
        parent,
        changes,
        author: person("Ada"),
        committer: person("Grace"),
        message: b"Say hello\n".to_vec(),
        nonce: [7; 20],
    }
}

fn write(path: &str, text: &str) -> Change {
    blob(path, Mode::FILE, text.as_bytes())
}

fn blob(path: &str, mode: Mode, bytes: &[u8]) -> Change {
    let content = Content::Blob { mode, bytes: bytes.to_vec() };
    Change { path: path.as_bytes().to_vec(), content }
}

fn remove(path: &str) -> Change {
    Change { path: path.as_bytes().to_vec(), content: Content::Nothing }
}

fn empty() -> Counting<Memory> {
    let store = Counting::new(Memory::new());
    let options = CreateOptions { default_branch: "main".into(), is_static: false, id: "1".into() };
    block_on(Repository::create(&store, &repo_name(), &options)).unwrap();
    store
}

fn open(store: &Counting<Memory>) -> Repo<'_> {
    Repository::open(store, &repo_name(), Limits::default())
}

fn made(repository: &Repo<'_>, parent: Option<ObjectId>, changes: Vec<Change>) -> ObjectId {
    block_on(commit(repository, &request(parent, changes))).unwrap()
}

fn refused(repository: &Repo<'_>, parent: ObjectId, changes: Vec<Change>) -> CommitError {
    block_on(commit(repository, &request(Some(parent), changes))).unwrap_err()
}

/// The repository as files, which git has found to be in order.
fn on_disk(store: &Counting<Memory>) -> TempDir {
    let directory = TempDir::new();
    unload(&store.store, "trunks/x.trunk/", directory.path());
    let fsck = ["fsck", "--full", "--strict", "--no-dangling", "--no-progress"];
    let (is_success, stdout, stderr) = try_git(directory.path(), &fsck, b"");
    assert!(is_success && stdout.is_empty() && stderr.is_empty(), "{stdout:?} {stderr}");
    directory
}

fn tree(directory: &TempDir) -> String {
    git_text(directory.path(), &["ls-tree", "-r", "--format=%(objectmode) %(path)", "main"])
}

#[test]
fn git_agrees_with_a_first_commit() {
    let store = empty();
    let id = made(
        &open(&store),
        None,
        vec![
            write("src/main.c", "int main;\n"),
            write("src.c", "int a;\n"),
            write("src/lib/a/b.c", "int b;\n"),
            blob("run", Mode::EXECUTABLE, b"#!/bin/sh\n"),
            blob("link", Mode::SYMLINK, b"src/main.c"),
        ],
    );
    let directory = on_disk(&store);
    let expected = "120000 link\n100755 run\n100644 src.c\n100644 src/lib/a/b.c\n100644 src/main.c";
    assert_eq!(tree(&directory), expected);
    assert_eq!(git_text(directory.path(), &["rev-parse", "main"]), format!("{id}"));
    assert_eq!(git(directory.path(), &["show", "main:src/lib/a/b.c"]), b"int b;\n");
    let people = ["log", "-1", "--format=%an <%ae> %ad|%cn <%ce> %cI|%B", "--date=raw", "main"];
    assert_eq!(
        git_text(directory.path(), &people),
        "Ada <ada@example.com> 1700000000 -0330|Grace <grace@example.com> \
         2023-11-14T18:43:20-03:30|Say hello"
    );
}

#[test]
fn git_makes_the_same_commit_of_the_same_changes() {
    let ours = empty();
    let parent = made(&open(&ours), None, vec![write("a/b", "1\n"), write("c", "2\n")]);
    made(&open(&ours), Some(parent), vec![write("a/d", "3\n"), remove("c")]);
    let ours = on_disk(&ours);

    let theirs = TempDir::new();
    git(theirs.path(), &["init", "--quiet"]);
    fs::create_dir(theirs.path().join("a")).unwrap();
    fs::write(theirs.path().join("a/b"), "1\n").unwrap();
    fs::write(theirs.path().join("a/d"), "3\n").unwrap();
    git(theirs.path(), &["add", "."]);
    let written = git_text(theirs.path(), &["write-tree"]);
    assert_eq!(git_text(ours.path(), &["rev-parse", "main^{tree}"]), written);
}

#[test]
fn changes_are_made_to_what_git_packed() {
    let source = TempDir::new();
    git(source.path(), &["init", "--quiet"]);
    fs::create_dir_all(source.path().join("deep/er")).unwrap();
    for file in ["deep/er/one", "deep/two", "three"] {
        fs::write(source.path().join(file), file).unwrap();
    }
    git(source.path(), &["add", "."]);
    git(source.path(), &["commit", "--quiet", "--message=Begin"]);
    git(source.path(), &["repack", "-adq"]);
    let parent = git_text(source.path(), &["rev-parse", "HEAD"]).parse().unwrap();

    let store = Counting::new(load(&source.path().join(".git")));
    let repository = open(&store);
    made(&repository, Some(parent), vec![remove("deep/er/one"), write("deep/four", "4")]);
    let directory = on_disk(&store);
    assert_eq!(tree(&directory), "100644 deep/four\n100644 deep/two\n100644 three");
    assert_eq!(git_text(directory.path(), &["rev-parse", "main^"]), format!("{parent}"));
}

#[test]
fn only_what_changes_is_written_and_in_three_puts() {
    let store = empty();
    let files = (0..50).map(|n| write(&format!("d{n}/file"), &format!("{n}"))).collect();
    let parent = made(&open(&store), None, files);
    let repository = open(&store);
    store.take();
    made(&repository, Some(parent), vec![write("d7/file", "new"), write("d8/file", "8")]);
    let Counts { puts, .. } = store.take();
    assert_eq!(puts, 3);
    let directory = on_disk(&store);
    // The blob, d7, the root and the commit; d8's file is as it was.
    let count = ["rev-list", "--objects", "--count", "main", "^main^"];
    assert_eq!(git_text(directory.path(), &count), "4");
    let packed = git_text(directory.path(), &["count-objects", "-v"]);
    assert!(packed.contains(&format!("in-pack: {}", 50 + 50 + 2 + 4)), "{packed}");
}

#[test]
fn a_commit_without_changes_keeps_the_tree() {
    let store = empty();
    let first = made(&open(&store), None, vec![]);
    let second = made(&open(&store), Some(first), vec![write("a/b/c", "1")]);
    let third = made(&open(&store), Some(second), vec![]);
    made(&open(&store), Some(third), vec![remove("a/b/c")]);
    let directory = on_disk(&store);
    let trees = git_text(directory.path(), &["log", "--format=%T", "main"]);
    let trees: Vec<&str> = trees.lines().collect();
    let empty = format!("{}", ObjectId::EMPTY_TREE);
    assert_eq!(trees, [&empty, trees[1], trees[1], &empty]);
    assert_ne!(trees[1], empty);
}

#[test]
fn the_branch_moves_only_from_its_parent() {
    let store = empty();
    let first = made(&open(&store), None, vec![write("a", "1")]);
    let second = made(&open(&store), Some(first), vec![write("a", "2")]);
    let error = refused(&open(&store), first, vec![write("a", "3")]);
    assert_eq!(error.code(), Code::Conflict);
    let again = block_on(commit(&open(&store), &request(None, vec![write("a", "3")])));
    assert_eq!(again.unwrap_err().code(), Code::Conflict);
    let directory = on_disk(&store);
    assert_eq!(git_text(directory.path(), &["rev-parse", "main"]), format!("{second}"));
}

#[test]
fn files_and_directories_do_not_replace_each_other_by_accident() {
    let store = empty();
    let parent = made(&open(&store), None, vec![write("file", "1"), write("dir/file", "2")]);
    let repository = open(&store);
    let in_the_way = |path: &str| CommitError::InTheWay { path: path.to_owned() };
    assert_eq!(refused(&repository, parent, vec![write("file/x", "")]), in_the_way("file"));
    assert_eq!(refused(&repository, parent, vec![write("dir", "")]), in_the_way("dir"));
    let both = vec![write("new", ""), write("new/x", "")];
    assert_eq!(refused(&repository, parent, both), in_the_way("new"));
    let missing = CommitError::MissingPath { path: "dir/none".to_owned() };
    assert_eq!(refused(&repository, parent, vec![remove("dir/none")]), missing);

    let swapped = vec![write("file/x", "3"), remove("file"), remove("dir"), write("dir", "4")];
    made(&repository, Some(parent), swapped);
    assert_eq!(tree(&on_disk(&store)), "100644 dir\n100644 file/x");
}

#[test]
fn what_git_would_refuse_is_refused() {
    let store = empty();
    let parent = made(&open(&store), None, vec![write("base", "1")]);
    let repository = open(&store);
    let deep = "d/".repeat(5000) + "file";
    let paths = [
        "",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "b/../c",
        "./b",
        ".git",
        ".git/config",
        "b/.GIT/c",
        "git~1",
        "b\0c",
        "b/\0/c",
        &deep,
    ];
    store.take();
    for path in paths {
        let outcome = block_on(commit(&repository, &request(Some(parent), vec![write(path, "x")])));
        assert!(matches!(outcome, Err(CommitError::InvalidPath { .. })), "{path:?}: {outcome:?}");
    }
    for mode in [Mode::TREE, Mode::GITLINK, Mode(0o100664), Mode(0)] {
        let error = refused(&repository, parent, vec![blob("b", mode, b"x")]);
        assert_eq!(error.code(), Code::Invalid);
    }
    let mut bad = request(Some(parent), vec![]);
    bad.message = b"a\0b".to_vec();
    assert_eq!(block_on(commit(&repository, &bad)), Err(CommitError::InvalidMessage));
    for name in ["", " ", "a<b", "a>b", "a\nparent 0", "a\0b"] {
        let mut bad = request(Some(parent), vec![]);
        bad.author.name = name.to_owned();
        let error = block_on(commit(&repository, &bad)).unwrap_err();
        assert!(matches!(error, CommitError::InvalidPerson { .. }), "{name:?}");
    }
    assert_eq!(store.take().puts, 0);
}

#[test]
fn a_missing_repository_and_a_parent_that_is_no_commit_are_said() {
    let nothing = Counting::new(Memory::new());
    let error = block_on(commit(&open(&nothing), &request(None, vec![]))).unwrap_err();
    assert_eq!(error.code(), Code::NotFound);

    let store = empty();
    let id = made(&open(&store), None, vec![write("a", "1")]);
    let directory = on_disk(&store);
    let blob = git_text(directory.path(), &["rev-parse", "main:a"]).parse().unwrap();
    let error = refused(&open(&store), blob, vec![]);
    assert_eq!(error, CommitError::NotACommit { id: blob, kind: Kind::Blob });
    assert_ne!(id, blob);
}

#[test]
fn more_than_the_bound_is_refused() {
    let store = empty();
    let limits = Limits { held_object_bytes: 1000, ..Limits::default() };
    let repository = Repository::open(&store, &repo_name(), limits);
    // Hashes do not compress.
    let hash = |n: u8| object_id(Kind::Blob, &[n]).as_bytes().to_vec();
    let noise: Vec<u8> = (0..100).flat_map(hash).collect();
    let large = request(None, vec![blob("a", Mode::FILE, &noise)]);
    let error = block_on(commit(&repository, &large)).unwrap_err();
    assert_eq!(error, CommitError::TooLarge { limit_bytes: 1000 });
}
