//! What a check says of what it finds.

use super::*;
use crate::testing::{Interrupted, Moment, Request};
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn a_whole_repository_has_no_problems() {
    let dir = repository();
    let store = load(dir.path());
    let report = check(&store);
    let count = |option| git(dir.path(), &["cat-file", option, "--batch-check=x"]);
    let objects = count("--batch-all-objects").iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(report, Report { objects: objects as u64, packs: 1, refs: 4, ..Report::default() });
}

#[test]
fn an_empty_repository_has_no_problems() {
    let dir = TempDir::new();
    git(dir.path(), &["init", "-q", "--bare", "."]);
    assert_eq!(check(&load(dir.path())), Report::default());
}

#[test]
fn a_repository_that_is_not_there_is_an_error() {
    let store = Memory::new();
    let repository = Repository::open(&store, &repo_name(), Limits::default());
    let outcome = block_on(run(&repository, &CheckOptions::default()));
    assert!(matches!(outcome, Err(CheckError::Repository(RepositoryError::Missing { .. }))));
}

#[test]
fn every_damaged_byte_of_a_pack_is_noticed() {
    let dir = TempDir::new();
    git(dir.path(), &["init", "-q", "--bare", "."]);
    let tree = git_with_input(dir.path(), &["mktree"], b"");
    let tree = core::str::from_utf8(&tree).unwrap().trim();
    let commit = git_text(dir.path(), &["commit-tree", "-m", "c", tree]);
    git(dir.path(), &["update-ref", "refs/heads/main", &commit]);
    git(dir.path(), &["repack", "-adq"]);
    let store = load(dir.path());
    assert_eq!(check(&store).problems, [""; 0]);
    for end in [".pack", ".idx"] {
        let key = key(&store, end);
        let whole = bytes(&store, &key);
        for position in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[position] ^= 0x11;
            put(&store, &key, &damaged);
            assert_ne!(check(&store).problems, [""; 0], "{key}: byte {position}");
        }
        for length in 0..whole.len() {
            put(&store, &key, &whole[..length]);
            assert_ne!(check(&store).problems, [""; 0], "{key}: {length} bytes");
        }
        put(&store, &key, &whole);
    }
}

#[test]
fn what_is_missing_is_named_with_what_names_it() {
    let dir = repository();
    let store = load(dir.path());
    for end in [".pack", ".idx"] {
        let key = key(&store, end);
        let whole = bytes(&store, &key);
        delete(&store, &key);
        let problems = check(&store).problems;
        for revision in ["main", "side", "v1"] {
            assert!(is_named(dir.path(), revision, &problems), "{revision}: {problems:?}");
        }
        assert!(problems.iter().any(|problem| problem.contains("refs/heads/main names it")));
        put(&store, &key, &whole);
    }
    let blob = git_text(dir.path(), &["rev-parse", "main:d/file"]);
    let pack = key(&store, ".pack");
    let whole = std::fs::read(dir.path().join(&pack[ROOT.len()..])).unwrap();
    let loose = TempDir::new();
    git(loose.path(), &["init", "-q", "--bare", "."]);
    git_with_input(loose.path(), &["unpack-objects", "-q"], &whole);
    git(
        loose.path(),
        &["update-ref", "refs/heads/main", &git_text(dir.path(), &["rev-parse", "main"])],
    );
    std::fs::remove_file(loose.path().join(format!("objects/{}/{}", &blob[..2], &blob[2..])))
        .unwrap();
    let problems = check(&load(loose.path())).problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains(&format!("object {blob} is missing: object ")), "{problems:?}");
}

#[test]
fn loose_objects_are_looked_at() {
    let dir = repository();
    let store = load(dir.path());
    let id = git_text(dir.path(), &["rev-parse", "loose"]);
    let key = key(&store, &format!("{}/{}", &id[..2], &id[2..]));
    let mut damaged = bytes(&store, &key);
    damaged[20] ^= 1;
    put(&store, &key, &damaged);
    let problems = check(&store).problems;
    assert!(problems.iter().any(|problem| problem.starts_with(&key)), "{problems:?}");
}

#[test]
fn refs_are_looked_at() {
    let dir = repository();
    let store = load(dir.path());
    let blob = git_text(dir.path(), &["rev-parse", "main:d/file"]);
    put(&store, &format!("{ROOT}refs/heads/broken"), b"nonsense\n");
    put(&store, &format!("{ROOT}refs/heads/blob"), format!("{blob}\n").as_bytes());
    put(&store, &format!("{ROOT}refs/heads/gone"), &[b'1'; 40]);
    let problems = check(&store).problems;
    for words in [
        "refs/heads/broken is corrupt",
        "is a blob, not a commit: refs/heads/blob names it",
        "object 1111111111111111111111111111111111111111 is missing: refs/heads/gone names it",
    ] {
        assert!(problems.iter().any(|problem| problem.contains(words)), "{words}: {problems:?}");
    }
}

#[test]
fn head_is_looked_at() {
    let dir = repository();
    let store = load(dir.path());
    let head = format!("{ROOT}HEAD");
    let looped = format!("{ROOT}refs/heads/loop");
    put(&store, &looped, b"ref: HEAD\n");
    for (text, words) in [
        ("nonsense\n", "HEAD"),
        ("ref: refs/tags/v1\n", "HEAD"),
        ("ref: HEAD\n", "HEAD"),
        ("ref: config\n", "HEAD is corrupt"),
        ("ref: ../main\n", "HEAD is corrupt"),
        ("ref: refs/heads/loop\n", "refs/heads/loop is corrupt: more than 5 symbolic refs"),
        ("1111111111111111111111111111111111111111\n", "is missing: HEAD names it"),
    ] {
        put(&store, &head, text.as_bytes());
        let problems = check(&store).problems;
        assert!(problems.iter().any(|problem| problem.contains(words)), "{text}: {problems:?}");
    }
    delete(&store, &looped);
    put(&store, &head, b"ref: refs/heads/unborn\n");
    assert_eq!(check(&store).problems, [""; 0]);
}

#[test]
fn objects_that_break_the_rules_are_named() {
    let dir = repository();
    let path = dir.path();
    let entry = [b"40000 .git\0", &[7u8; 20][..]].concat();
    let arguments = ["hash-object", "-w", "--stdin", "-t", "tree", "--literally"];
    let tree = String::from_utf8(git_with_input(path, &arguments, &entry)).unwrap();
    let tree = tree.trim().to_owned();
    let commit = git_text(path, &["commit-tree", "-m", "c", &tree]);
    git(path, &["update-ref", "refs/heads/evil", &commit]);
    let says = |store: &Memory| {
        let problems = check(store).problems;
        let words = format!("object {tree} is not valid");
        assert!(problems.iter().any(|problem| problem.contains(&words)), "{problems:?}");
    };
    says(&load(path));
    let objects = format!("{tree}\n{commit}\n");
    git_with_input(path, &["pack-objects", "-q", "objects/pack/pack"], objects.as_bytes());
    git(path, &["prune-packed", "-q"]);
    says(&load(path));
}

#[test]
fn an_older_idx_is_right_too() {
    let dir = repository();
    let store = load(dir.path());
    let pack = key(&store, ".pack");
    git(dir.path(), &["index-pack", "--index-version=1", "-o", "old.idx", &pack[ROOT.len()..]]);
    let old = std::fs::read(dir.path().join("old.idx")).unwrap();
    put(&store, &key(&store, ".idx"), &old);
    assert_eq!(check(&store).problems, [""; 0]);
}

/// A `trunk.json` that is none, a directory in the place of `packed-refs`, and alternates passed as well.
#[test]
fn what_lies_beside_refs_and_objects_is_looked_at() {
    let dir = repository();
    let store = load(dir.path());
    for (path, text, words) in [
        ("trunk.json", "{\"version\": 1, \"id\": ", "trunk.json is corrupt"),
        ("trunk.json", "{\"version\": 7, \"id\": \"x\", \"static\": true}", "a newer trunks"),
        (
            "trunk.json",
            "{\"version\": 1, \"id\": \"x\", \"static\": true, \"storages\": [1]}",
            "trunk.json is corrupt: its storages",
        ),
        ("packed-refs/x", "x", "packed-refs is corrupt: it is a directory"),
        ("objects/info/alternates", "../other\n", "objects/info/alternates: it names other places"),
    ] {
        let key = format!("{ROOT}{path}");
        put(&store, &key, text.as_bytes());
        let problems = check(&store).problems;
        assert!(problems.len() == 1 && problems[0].contains(words), "{text}: {problems:?}");
        delete(&store, &key);
    }
    put(&store, &format!("{ROOT}objects/info/alternates"), b"# none\n\n");
    assert_eq!(check(&store).problems, [""; 0]);
}

/// What a repository borrows was said to be missing, and nothing more.
#[test]
fn what_may_be_elsewhere_is_told_from_what_is_missing() {
    let (dir, borrower) = (repository(), TempDir::new());
    let (whole, path) = (dir.path().to_str().unwrap(), borrower.path());
    git(path, &["clone", "-q", "--bare", "--shared", whole, "."]);
    let store = load(path);
    let words = "objects/info/alternates to look for it elsewhere";
    let problems = check(&store).problems;
    assert!(problems.iter().any(|problem| problem.contains(words)), "{problems:?}");
    let repository = Repository::open(&store, &repo_name(), Limits::default());
    let tip = git_text(dir.path(), &["rev-parse", "main"]).parse().unwrap();
    let error = format!("{}", block_on(repository.objects.read(&tip)).unwrap_err());
    assert!(error.contains(words), "{error}");
    let (_, outcomes) = crate::wire::bridge::serve(&store, |url| {
        let clone = try_git(path, &["clone", "-q", &format!("{url}x"), "c"], b"");
        assert!(!clone.0 && clone.2.contains(words), "{}", clone.2);
    });
    assert!(outcomes.iter().any(Result::is_err));
}

/// A clone of the last commits was said to lack an object, and not that it is cut off.
#[test]
fn history_that_is_cut_off_is_told_from_what_is_missing() {
    let (dir, cut) = (repository(), TempDir::new());
    let (whole, path) = (format!("file://{}", dir.path().to_str().unwrap()), cut.path());
    git(path, &["clone", "-q", "--bare", "--depth=1", &whole, "."]);
    let store = load(path);
    let words = "shallow says that history is cut off here";
    let problems = check(&store).problems;
    assert!(problems.iter().any(|problem| problem.contains(words)), "{problems:?}");
    let (_, outcomes) = crate::wire::bridge::serve(&store, |url| {
        let clone = try_git(path, &["clone", "-q", &format!("{url}x"), "c"], b"");
        assert!(!clone.0 && clone.2.contains(words), "{}", clone.2);
    });
    assert!(outcomes.iter().any(Result::is_err));
}

#[test]
fn a_name_in_packed_refs_at_which_git_stops_is_named() {
    let dir = repository();
    let store = load(dir.path());
    let tip = git_text(dir.path(), &["rev-parse", "main"]);
    put(&store, "trunks/x.trunk/packed-refs", format!("{tip} refs/heads/../../x\n").as_bytes());
    let problems = check(&store).problems;
    let named = |problem: &String| problem.contains("'refs/heads/../../x': remove that line");
    assert!(problems.iter().any(named), "{problems:?}");
    let stored = TempDir::new();
    unload(&store, "trunks/x.trunk/", stored.path());
    let (is_read, _, said) = try_git(stored.path(), &["for-each-ref"], b"");
    assert!(!is_read, "git reads on: {said}");
}

#[test]
fn a_pack_that_is_repacked_meanwhile_is_no_problem() {
    let dir = repository();
    let store = load(dir.path());
    let whole = load(dir.path());
    let (pack, idx) = (key(&store, ".pack"), key(&store, ".idx"));
    let repacked = |key: &str| key.replace("pack-", "pack-0");
    for key in [&idx, &pack] {
        put(&store, &repacked(key), &bytes(&whole, key));
    }
    let is_gone = AtomicBool::new(false);
    let racing = Interrupted::new(store, |store: &Memory, moment, request: Request<'_>| {
        // Listed, and gone when it is read for the first time.
        let is_first = (moment, request) == (Moment::Before, Request::Get(&pack))
            && !is_gone.swap(true, Ordering::Relaxed);
        let remove = || {
            for key in [&idx, &pack] {
                block_on(store.delete(key, Expected::Any)).unwrap();
            }
        };
        if is_first {
            std::thread::scope(|scope| scope.spawn(remove).join().unwrap());
        }
        Ok(())
    });
    let repository = Repository::open(&racing, &repo_name(), Limits::default());
    let report = block_on(run(&repository, &CheckOptions::default())).unwrap();
    assert!(is_gone.into_inner() && report.problems.is_empty(), "{report:?}");
}
