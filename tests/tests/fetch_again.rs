//! Fetches into a clone that copied the stored packs: what is new is copied, and nothing is missing
//! whatever git has thrown away meanwhile.

use std::{collections::BTreeSet, fs};
use trunks_tests::sandbox::Sandbox;

/// A repository with three commits that was pushed, and a clone of it.
fn cloned() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository("one", 3);
    sandbox.git("one", &["remote", "add", "origin", &sandbox.url("app")]);
    sandbox.git("one", &["push", "--quiet", "origin", "main"]);
    sandbox.git("", &["clone", "--quiet", &sandbox.url("app"), "two"]);
    sandbox
}

/// The names of the packs in a directory.
fn packs(sandbox: &Sandbox, dir: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(sandbox.path(dir).join("pack")).expect("a directory");
    let names = entries.map(|entry| entry.expect("read").file_name().into_string().expect("text"));
    names.filter(|name| name.ends_with(".pack")).collect()
}

fn stored_packs(sandbox: &Sandbox) -> BTreeSet<String> {
    packs(sandbox, "store/trunks/app.trunk/objects")
}

fn here(sandbox: &Sandbox) -> BTreeSet<String> {
    packs(sandbox, "two/.git/objects")
}

#[test]
fn what_is_new_is_copied_as_it_is() {
    let sandbox = cloned();
    for number in 0..3 {
        let commit = sandbox.commit("one", "more", &format!("{number}"));
        sandbox.git("one", &["push", "--quiet", "origin", "main", "main:refs/heads/other"]);
        sandbox.git("two", &["fetch", "--quiet"]);
        assert_eq!(sandbox.git("two", &["rev-parse", "origin/main"]), commit);
        assert_eq!(here(&sandbox), stored_packs(&sandbox));
    }
    sandbox.fsck("two");
    // What was pushed from here is not copied back.
    sandbox.git("two", &["merge", "--quiet", "--ff-only", "origin/main"]);
    sandbox.commit("two", "ours", "work");
    sandbox.git("two", &["push", "--quiet"]);
    sandbox.git("one", &["pull", "--quiet", "origin", "main"]);
    sandbox.commit("one", "theirs", "work");
    sandbox.git("one", &["push", "--quiet", "origin", "main"]);
    sandbox.git("two", &["pull", "--quiet"]);
    assert_eq!(here(&sandbox).len() + 1, stored_packs(&sandbox).len());
    assert_eq!(
        sandbox.git("two", &["rev-parse", "main"]),
        sandbox.git("one", &["rev-parse", "main"])
    );
    sandbox.fsck("two");
}

#[test]
fn tags_follow_what_is_fetched() {
    let sandbox = cloned();
    sandbox.git("one", &["tag", "--annotate", "--message", "old", "old", "HEAD~1"]);
    sandbox.git("one", &["push", "--quiet", "origin", "old"]);
    sandbox.git("two", &["fetch", "--quiet"]);
    sandbox.commit("one", "more", "work");
    sandbox.git("one", &["tag", "--annotate", "--message", "new", "new"]);
    sandbox.git("one", &["tag", "light"]);
    sandbox.git("one", &["push", "--quiet", "origin", "main", "new", "light"]);
    sandbox.git("two", &["fetch", "--quiet"]);
    let tags = ["for-each-ref", "--format=%(objectname) %(refname)", "refs/tags"];
    assert_eq!(sandbox.git("two", &tags), sandbox.git("one", &tags));
    assert_eq!(
        sandbox.git("two", &["ls-remote", "origin"]),
        sandbox.git("", &["ls-remote", &sandbox.url("app")]),
        "what tags lead to is listed from here as from nowhere"
    );
    sandbox.fsck("two");
}

/// A note said that a pack was here whose objects git had thrown away.
#[test]
fn what_git_has_thrown_away_is_fetched_again() {
    let sandbox = cloned();
    sandbox.git("one", &["switch", "--quiet", "--create", "topic"]);
    let topic = sandbox.commit("one", "topic", "work");
    sandbox.git("one", &["push", "--quiet", "origin", "topic"]);
    sandbox.git("two", &["fetch", "--quiet"]);
    sandbox.git("one", &["push", "--quiet", "origin", ":topic"]);
    sandbox.git("two", &["fetch", "--quiet", "--prune"]);
    sandbox.git("two", &["reflog", "expire", "--expire=now", "--all"]);
    fs::remove_file(sandbox.path("two/.git/FETCH_HEAD")).expect("there was one");
    sandbox.git("two", &["gc", "--quiet", "--prune=now"]);
    sandbox.git_fails("two", &["cat-file", "-e", &topic]);
    sandbox.git("one", &["push", "--quiet", "origin", "topic"]);
    sandbox.git("two", &["fetch", "--quiet"]);
    assert_eq!(sandbox.git("two", &["rev-parse", "origin/topic"]), topic);
    sandbox.fsck("two");
}

#[test]
fn of_very_many_packs_one_is_made_that_holds_what_is_missing() {
    let sandbox = cloned();
    for number in 0..60 {
        sandbox.commit("one", "more", &format!("{number}"));
        sandbox.git("one", &["push", "--quiet", "origin", "main"]);
    }
    sandbox.git("two", &["-c", "gc.auto=0", "fetch", "--quiet"]);
    assert_eq!(here(&sandbox).len(), 2, "the clone's, and one more");
    let counts = sandbox.git("two", &["count-objects", "-v"]);
    // Each commit brings itself, a tree and a file; what a thin pack leans on is added by git.
    let packed = counts.lines().find_map(|line| line.strip_prefix("in-pack: "));
    let packed: usize = packed.expect("counted").parse().expect("a number");
    let before = 3 * 3;
    assert!((before + 180..before + 180 + 3).contains(&packed), "{counts}");
    sandbox.fsck("two");
    // From here on it knows what it holds.
    sandbox.commit("one", "more", "the last");
    sandbox.git("one", &["push", "--quiet", "origin", "main"]);
    sandbox.git("two", &["-c", "gc.auto=0", "fetch", "--quiet"]);
    assert_eq!(here(&sandbox).intersection(&stored_packs(&sandbox)).count(), 2);
    sandbox.fsck("two");
}

#[test]
fn without_a_note_the_core_is_asked() {
    let sandbox = cloned();
    fs::remove_dir_all(sandbox.path("two/.git/trunks")).expect("the note is there");
    let commit = sandbox.commit("one", "more", "work");
    sandbox.git("one", &["push", "--quiet", "origin", "main"]);
    sandbox.git("two", &["fetch", "--quiet"]);
    assert_eq!(sandbox.git("two", &["rev-parse", "origin/main"]), commit);
    assert_eq!(here(&sandbox).intersection(&stored_packs(&sandbox)).count(), 1);
    sandbox.fsck("two");
}
