//! What a clean removes, and what it must not.

use super::*;
use crate::refs::{OldValue, RefName, RefUpdate};

const HOUR_S: u64 = 3600;
const DAY_S: u64 = 24 * HOUR_S;

#[test]
fn what_nothing_reaches_is_told_and_left() {
    let dir = repository();
    let store = load(dir.path());
    let rubbish = add_rubbish(&store, "rubbish");
    let before = keys(&store, "");
    let report = check(&store);
    assert_eq!((report.problems.len(), report.unreachable), (0, rubbish.to_vec()));
    assert_eq!(keys(&store, ""), before);
}

#[test]
fn without_grace_all_rubbish_goes_at_once() {
    let dir = repository();
    let store = load(dir.path());
    let before = keys(&store, "");
    let mut rubbish = add_rubbish(&store, "rubbish").to_vec();
    let [idx, pack] = add_rubbish(&store, "half of it");
    delete(&store, &idx);
    rubbish.push(pack);
    let [idx, pack] = add_rubbish(&store, "the other half");
    delete(&store, &pack);
    rubbish.push(idx);
    for left in ["pack/tmp_pack_x", "12/tmp_obj_x", "incoming-x/34/abc", "tmp_objdir-incoming-x/y"]
    {
        rubbish.push(format!("{ROOT}objects/{left}"));
    }
    rubbish.push(format!("{ROOT}objects/ab/{}", "1".repeat(38)));
    for key in &rubbish[4..] {
        put(&store, key, b"x");
    }
    git(dir.path(), &["cat-file", "-e", "main"]);
    let mut removed = clean(&store, 0, 0).unreachable;
    removed.sort();
    rubbish.sort();
    assert_eq!(removed, rubbish);
    assert_eq!(keys(&store, ""), before);
    judge(&store);
    assert_eq!(clean(&store, 0, 0).unreachable, [""; 0]);
}

#[test]
fn with_grace_it_takes_two_cleans_that_lie_apart() {
    let dir = repository();
    let store = load(dir.path());
    let before = keys(&store, "");
    store.set_time(10 * DAY_S);
    let rubbish = add_rubbish(&store, "rubbish");
    // Too young, and not marked.
    assert_eq!(clean(&store, 10 * DAY_S + 60, HOUR_S).unreachable, [""; 0]);
    // Marked, but not for long enough.
    assert_eq!(clean(&store, 10 * DAY_S + HOUR_S, HOUR_S).unreachable, [""; 0]);
    assert_eq!(clean(&store, 10 * DAY_S + HOUR_S + 59, HOUR_S).unreachable, [""; 0]);
    let report = clean(&store, 10 * DAY_S + HOUR_S + 60, HOUR_S);
    assert_eq!(report.unreachable, rubbish);
    assert_eq!(keys(&store, ""), before);
    judge(&store);
}

#[test]
fn what_is_old_but_was_not_marked_stays() {
    let dir = repository();
    let store = load(dir.path());
    add_rubbish(&store, "rubbish");
    assert_eq!(clean(&store, 100 * DAY_S, HOUR_S).unreachable, [""; 0]);
    assert_ne!(clean(&store, 100 * DAY_S + HOUR_S, HOUR_S).unreachable, [""; 0]);
}

#[test]
fn what_was_written_again_stays() {
    let dir = repository();
    let store = load(dir.path());
    let rubbish = add_rubbish(&store, "rubbish");
    clean(&store, 10 * DAY_S, HOUR_S);
    store.set_time(11 * DAY_S);
    put(&store, &rubbish[1], &bytes(&store, &rubbish[1]));
    assert_eq!(clean(&store, 11 * DAY_S + 60, HOUR_S).unreachable, [""; 0]);
    assert_eq!(clean(&store, 12 * DAY_S, HOUR_S).unreachable, rubbish);
}

#[test]
fn what_is_reached_again_stays() {
    let dir = repository();
    let path = dir.path();
    git(path, &["branch", "more", "main"]);
    let tree = git_text(path, &["rev-parse", "main^{tree}"]);
    let lost = git_text(path, &["commit-tree", "-m", "lost", "-p", "main", &tree]);
    let arguments =
        ["-c", "pack.writeReverseIndex=false", "pack-objects", "-q", "objects/pack/pack"];
    git_with_input(path, &arguments, lost.as_bytes());
    git(path, &["prune-packed", "-q"]);
    let store = load(path);
    let before = keys(&store, "");
    assert_eq!(check(&store).unreachable.len(), 2);
    clean(&store, DAY_S, HOUR_S);
    let refs = Repository::open(&store, &repo_name(), Limits::default()).refs;
    let update = RefUpdate {
        name: RefName::new("refs/heads/found").unwrap(),
        old: OldValue::Absent,
        new: Some(lost.parse().unwrap()),
    };
    assert_eq!(block_on(refs.update(core::slice::from_ref(&update))), [Ok(())]);
    assert_eq!(clean(&store, 2 * DAY_S, HOUR_S).unreachable, [""; 0]);
    assert_eq!(keys(&store, "").len(), before.len() + 2, "another clean may be about to remove it");
    assert_eq!(clean(&store, 2 * DAY_S + HOUR_S, HOUR_S).unreachable, [""; 0]);
    assert_eq!(keys(&store, "").len(), before.len() + 1, "the list of rubbish is gone");
    judge(&store);
    let update = RefUpdate { old: OldValue::Any, new: None, ..update };
    assert_eq!(block_on(refs.update(&[update])), [Ok(())]);
    assert_eq!(clean(&store, 3 * DAY_S, HOUR_S).unreachable, [""; 0]);
    assert_eq!(clean(&store, 4 * DAY_S, HOUR_S).unreachable.len(), 2);
    judge(&store);
}

#[test]
fn a_detached_head_keeps_what_it_names() {
    let dir = repository();
    let store = load(dir.path());
    let commit = git_text(dir.path(), &["rev-parse", "main"]);
    for key in keys(&store, &format!("{ROOT}refs/")).iter().chain([&format!("{ROOT}packed-refs")]) {
        delete(&store, key);
    }
    put(&store, &format!("{ROOT}HEAD"), format!("{commit}\n").as_bytes());
    // The loose tag alone is not reached any more.
    assert_eq!(clean(&store, 0, 0).unreachable.len(), 1);
    put(&store, &format!("{ROOT}HEAD"), b"ref: refs/heads/main\n");
    assert_ne!(clean(&store, 0, 0).unreachable, [""; 0]);
    assert_eq!(keys(&store, &format!("{ROOT}objects/pack/")), [""; 0]);
}

#[test]
fn nothing_goes_while_something_cannot_be_read() {
    let dir = repository();
    let store = load(dir.path());
    add_rubbish(&store, "rubbish");
    let broken = format!("{ROOT}refs/heads/broken");
    for text in ["nonsense\n", "1111111111111111111111111111111111111111\n"] {
        put(&store, &broken, text.as_bytes());
        let before = keys(&store, "");
        let report = clean(&store, 0, 0);
        assert_eq!((report.problems.len(), report.unreachable.len()), (1, 0));
        assert_eq!(keys(&store, ""), before);
    }
    delete(&store, &broken);
    assert_eq!(clean(&store, 0, 0).unreachable.len(), 2);
}

#[test]
fn a_pack_that_is_to_be_kept_is_kept() {
    let dir = repository();
    let store = load(dir.path());
    let [_, pack] = add_rubbish(&store, "rubbish");
    put(&store, &pack.replace(".pack", ".keep"), b"");
    assert_eq!(clean(&store, 0, 0).unreachable, [""; 0]);
    let [idx, pack] = add_rubbish(&store, "more rubbish");
    let rev = format!("{}.rev", pack.strip_suffix(".pack").unwrap());
    put(&store, &rev, b"");
    assert_eq!(clean(&store, 0, 0).unreachable, [idx, rev, pack]);
}

#[test]
fn no_commit_graph_names_a_commit_that_went() {
    for chain in [&[][..], &["--split"]] {
        let dir = repository();
        let path = dir.path();
        let tree = git_text(path, &["rev-parse", "main^{tree}"]);
        let lost = git_text(path, &["commit-tree", "-m", "lost", "-p", "main", &tree]);
        git(path, &["update-ref", "refs/heads/lost", &lost]);
        git(path, &[&["commit-graph", "write", "--reachable"], chain].concat());
        git(path, &["update-ref", "-d", "refs/heads/lost"]);
        let store = load(path);
        let graphs: Vec<String> =
            keys(&store, &format!("{ROOT}objects/info/commit-graph")).into_iter().collect();
        assert!(!graphs.is_empty());
        // Nothing goes, so the graphs may stay.
        assert_eq!(clean(&store, 0, HOUR_S).unreachable, [""; 0]);
        let removed = clean(&store, 100 * DAY_S, 0).unreachable;
        assert_eq!(removed[..graphs.len()], graphs);
        assert_eq!(removed.len(), graphs.len() + 1);
        judge(&store);
        assert_eq!(keys(&store, &format!("{ROOT}objects/info/commit-graph")), [""; 0]);
    }
}

/// A work tree of the repository at `path` with a commit of its own and something added. Returns the
/// commit, and the blob that only the index names.
fn add_work_tree(path: &Path, tree: &Path) -> [String; 2] {
    git(path, &["worktree", "add", "-q", "--detach", tree.to_str().unwrap(), "main"]);
    git(tree, &["commit", "-q", "--allow-empty", "-m", "on no branch"]);
    std::fs::write(tree.join("added"), "only in the index\n").unwrap();
    git(tree, &["add", "added"]);
    ["HEAD", ":added"].map(|name| git_text(tree, &["rev-parse", name]))
}

#[test]
fn what_a_work_tree_stands_on_stays() {
    let (dir, outside) = (repository(), TempDir::new());
    let path = dir.path();
    let [commit, blob] = add_work_tree(path, &outside.path().join("tree"));
    let store = load(path);
    let before = keys(&store, "");
    let report = clean(&store, 100 * DAY_S, 0);
    assert_eq!(report.unreachable, [""; 0]);
    assert_eq!(report.problems, [""; 0], "nothing is wrong");
    assert_eq!(report.kept.len(), 1, "{:?}", report.kept);
    assert!(report.kept[0].contains("worktrees/tree/index"), "{:?}", report.kept);
    assert_eq!(keys(&store, ""), before);
    // Without the index its blob is free to go, and the commit is not.
    delete(&store, &key(&store, "worktrees/tree/index"));
    let loose = |id: &str| format!("{ROOT}objects/{}/{}", &id[..2], &id[2..]);
    let removed = clean(&store, 100 * DAY_S, 0).unreachable;
    assert_eq!(removed, [loose(&blob)]);
    for key in keys(&store, &format!("{ROOT}worktrees/tree/logs/")) {
        delete(&store, &key);
    }
    assert_eq!(clean(&store, 100 * DAY_S, 0), check(&store));
    assert!(keys(&store, "").contains(&loose(&commit)));
    judge(&store);
    put(&store, &format!("{ROOT}worktrees/tree/HEAD"), b"nonsense\n");
    let report = clean(&store, 100 * DAY_S, 0);
    assert_eq!((report.problems.len(), report.unreachable.len()), (1, 0));
}

#[test]
fn what_a_reflog_names_stays() {
    let dir = repository();
    let path = dir.path();
    let tree = git_text(path, &["rev-parse", "main^{tree}"]);
    let lost = git_text(path, &["commit-tree", "-m", "lost", "-p", "main", &tree]);
    let log = ["-c", "core.logAllRefUpdates=true", "update-ref", "-m", "x", "refs/heads/main"];
    git(path, &[&log[..], &[&lost]].concat());
    git(path, &[&log[..], &[&format!("{lost}~1")]].concat());
    git(path, &["prune", "--expire=now"]);
    let store = load(path);
    assert_eq!(clean(&store, 100 * DAY_S, 0).unreachable, [""; 0]);
    judge(&store);
    for key in keys(&store, &format!("{ROOT}logs/")) {
        delete(&store, &key);
    }
    assert_eq!(clean(&store, 100 * DAY_S, 0).unreachable.len(), 1);
    judge(&store);
}

#[test]
fn refs_that_have_not_moved_lately_are_packed() {
    let dir = repository();
    let main = git_text(dir.path(), &["rev-parse", "main"]);
    let store = load(dir.path());
    let key = |number: u64| format!("{ROOT}refs/heads/b{number}");
    for number in 0..20 {
        store.set_time(number * DAY_S);
        put(&store, &key(number), format!("{main}\n").as_bytes());
    }
    let report = run_with(&store, &CheckOptions { now_s: 30 * DAY_S, ..CheckOptions::default() });
    assert_eq!(report.packed_refs, 0, "a check changes nothing");
    // The four of the repository were written at the beginning of time.
    assert_eq!(clean(&store, 30 * DAY_S, 15 * DAY_S).packed_refs, 4 + 16);
    let left: Vec<String> = (16..20).map(key).collect();
    let mut loose = keys(&store, &format!("{ROOT}refs/"));
    loose.sort();
    assert_eq!(loose, left);
    judge(&store);
}
