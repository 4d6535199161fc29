use super::*;
use crate::{
    limits::Limits,
    repository::Repository,
    store::Memory,
    testing::{Counting, TempDir, block_on, git, git_text, load, repo_name},
};
use alloc::{format, string::String, vec, vec::Vec};
use std::{fs, path::Path};

/// Two commits that differ in every way, `one` and `two`, and a third that is as the second.
fn repository() -> TempDir {
    let dir = TempDir::new();
    let path = dir.path();
    git(path, &["init", "--quiet", "."]);
    let write = |name: &str, text: &str| {
        let path = path.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    for n in 0..6 {
        write(&format!("same/{n}/file"), &format!("{n}"));
        write(&format!("gone/{n}/file"), &format!("gone {n}"));
    }
    write("modified", "1\n");
    write("becomes-directory", "file");
    write("becomes-file/inside", "inside");
    write("becomes-link", "target");
    write("run", "#!/bin/sh\n");
    write("a/x", "a");
    write("a.b", "a.b");
    write("moves/here/name", "moves as it is\n");
    write("twice/one", "twice the same\n");
    write("twice/two", "twice the same\n");
    write("mode", "moves and can be executed\n");
    git(path, &["add", "."]);
    git(path, &["commit", "--quiet", "-m", "one"]);
    git(path, &["tag", "-m", "one", "one"]);
    fs::remove_dir_all(path.join("gone")).unwrap();
    for name in ["becomes-directory", "becomes-link", "a.b", "mode"] {
        fs::remove_file(path.join(name)).unwrap();
    }
    fs::remove_dir_all(path.join("becomes-file")).unwrap();
    fs::remove_dir_all(path.join("moves")).unwrap();
    fs::remove_dir_all(path.join("twice")).unwrap();
    fs::remove_dir_all(path.join("a")).unwrap();
    write("modified", "2\n");
    write("becomes-directory/inside", "inside now");
    write("becomes-file", "file now");
    std::os::unix::fs::symlink("target", path.join("becomes-link")).unwrap();
    write("a", "a is a file");
    write("new/deep/er/file", "new");
    write("moved/there/name", "moves as it is\n");
    write("three/two", "twice the same\n");
    write("three/zone", "twice the same\n");
    write("three/extra", "twice the same\n");
    write("mode-moved", "moves and can be executed\n");
    git(path, &["add", "--all", "."]);
    git(path, &["update-index", "--chmod=+x", "run", "mode-moved"]);
    let submodule = format!("160000,{:040},module", 1);
    git(path, &["update-index", "--add", "--cacheinfo", &submodule]);
    git(path, &["commit", "--quiet", "-m", "two"]);
    git(path, &["tag", "two"]);
    git(path, &["commit", "--quiet", "--allow-empty", "-m", "three"]);
    dir
}

fn open(store: &Memory) -> Repository<&Memory> {
    Repository::open(store, &repo_name(), Limits::default())
}

/// A change as `git diff-tree --raw` writes it.
fn raw(change: &TreeChange) -> String {
    let letter = match change.kind {
        ChangeKind::Added => "A",
        ChangeKind::Removed => "D",
        ChangeKind::Modified => "M",
        ChangeKind::TypeChanged => "T",
        ChangeKind::Renamed => "R100",
    };
    let mode = |side: Option<(crate::object::Mode, _)>| side.map_or(0, |(mode, _)| mode.0);
    let id = |side: Option<(_, crate::object::ObjectId)>| {
        side.map_or(format!("{:040}", 0), |(_, id)| format!("{id}"))
    };
    let text = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
    let (old, new) = (change.old, change.new);
    let from = change.old_path.as_ref().map_or(String::new(), |path| format!("\t{}", text(path)));
    let modes = format!(":{:06o} {:06o} {} {}", mode(old), mode(new), id(old), id(new));
    format!("{modes} {letter}{from}\t{}", text(&change.path))
}

fn ours(
    repository: &Repository<&Memory>,
    ends: (Option<&str>, &str),
    path: &str,
    limit: u32,
    renames: Renames,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut after: Option<Vec<u8>> = None;
    loop {
        let path = path.as_bytes();
        let options = ChangeOptions { path, after: after.as_deref(), limit, renames };
        let page = block_on(changes(repository, ends.0, ends.1, &options)).unwrap();
        assert!(page.changes.len() <= limit as usize);
        lines.extend(page.changes.iter().map(raw));
        after = page.changes.last().map(|change| change.path.clone());
        if !page.more {
            return lines;
        }
    }
}

fn theirs(dir: &Path, flags: &[&str], ends: &[&str], path: &str) -> Vec<String> {
    let mut words = vec!["diff-tree", "-r", "--raw", "--no-abbrev", "--no-commit-id"];
    words.extend(flags);
    words.extend(ends);
    if !path.is_empty() {
        words.extend(["--", path]);
    }
    git_text(dir, &words).lines().map(String::from).collect()
}

#[test]
fn pages_of_any_size_give_what_git_gives() {
    let dir = repository();
    let store = load(&dir.path().join(".git"));
    let repository = open(&store);
    for path in ["", "gone", "gone/3", "modified", "a", "becomes-directory", "new/deep", "none"] {
        for (old, new) in [("one", "two"), ("two", "one"), ("two", "main"), ("one", "one")] {
            let expected = theirs(dir.path(), &["--no-renames"], &[old, new], path);
            for limit in [1, 2, 5, 1000] {
                let ours = ours(&repository, (Some(old), new), path, limit, Renames::Ignore);
                assert_eq!(ours, expected, "{path:?} {old} {new} {limit}");
            }
        }
    }
    assert!(theirs(dir.path(), &[], &["one", "two"], "").len() > 15);
}

#[test]
fn files_that_only_moved_are_those_that_git_finds() {
    let dir = repository();
    let store = load(&dir.path().join(".git"));
    let repository = open(&store);
    for (old, new) in [("one", "two"), ("two", "one")] {
        let mut expected = theirs(dir.path(), &["-M100%"], &[old, new], "");
        let mut ours = ours(&repository, (Some(old), new), "", 1000, Renames::Exact);
        assert!(ours.iter().filter(|line| line.contains(" R100\t")).count() >= 3);
        for lines in [&mut ours, &mut expected] {
            lines.sort_unstable();
        }
        assert_eq!(ours, expected);
    }
}

#[test]
fn without_an_old_end_a_commit_is_compared_with_its_parent() {
    let dir = repository();
    let store = load(&dir.path().join(".git"));
    let repository = open(&store);
    for new in ["one", "two", "main", "one^{tree}"] {
        let expected = match new {
            "one^{tree}" => theirs(
                dir.path(),
                &[],
                &[&format!("{}", crate::object::ObjectId::EMPTY_TREE), new],
                "",
            ),
            _ => theirs(dir.path(), &["--root"], &[&format!("{new}^{{commit}}")], ""),
        };
        assert_eq!(ours(&repository, (None, new), "", 1000, Renames::Ignore), expected, "{new}");
    }
}

#[test]
fn only_directories_that_differ_are_read() {
    let dir = repository();
    let store = Counting::new(load(&dir.path().join(".git")));
    let repository = Repository::open(&store, &repo_name(), Limits::default());
    let path = b"";
    let options = ChangeOptions { path, after: None, limit: 100, renames: Renames::Ignore };
    let (page, depth) = store.run(changes(&repository, Some("two"), "main", &options));
    assert_eq!(page.unwrap().changes, []);
    // Both refs, both commits, and the root of both, which is the same. Everything lies loose.
    assert!(depth <= 8, "{depth}");
    assert!(store.take().gets <= 30);
}
