//! Several people work on one repository.

use crate::sandbox::Sandbox;

/// A repository that was pushed, and a clone of it made by someone else.
fn two_machines(sandbox: &Sandbox) {
    sandbox.repository("one", 3);
    sandbox.git("one", &["remote", "add", "origin", &sandbox.url("app")]);
    sandbox.git("one", &["push", "--quiet", "--set-upstream", "origin", "main"]);
    sandbox.git("", &["clone", "--quiet", &sandbox.url("app"), "two"]);
}

/// What is stored, as git sees it, must be whole and be what is in `dir`.
fn stored_is(sandbox: &Sandbox, dir: &str) {
    sandbox.git("", &["clone", "--quiet", "--mirror", &sandbox.url("app"), "judge"]);
    sandbox.fsck_beside_losers("judge");
    assert_eq!(
        sandbox.git("judge", &["rev-parse", "main"]),
        sandbox.git(dir, &["rev-parse", "main"])
    );
    sandbox.trunks("", &["check", &sandbox.url("app")]);
}

/// Tags and notes too, and what came later is fetched.
pub fn what_is_pushed_is_cloned_and_fetched(sandbox: &Sandbox) {
    sandbox.repository("one", 20);
    sandbox.git("one", &["tag", "--annotate", "--message", "first", "v1", "HEAD~3"]);
    sandbox.git("one", &["tag", "light"]);
    sandbox.git("one", &["notes", "add", "--message", "a note", "HEAD~1"]);
    sandbox.git("one", &["branch", "topic/one/deep", "HEAD~5"]);
    sandbox.git("one", &["push", "--quiet", "--mirror", &sandbox.url("app")]);
    sandbox.git("", &["clone", "--quiet", "--mirror", &sandbox.url("app"), "two"]);
    assert_eq!(sandbox.refs("two"), sandbox.refs("one"));
    assert_eq!(sandbox.objects("two"), sandbox.objects("one"));
    for number in 0..5 {
        sandbox.commit("one", "later", &format!("{number}"));
        sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "main"]);
        sandbox.git("two", &["fetch", "--quiet", "--prune"]);
        assert_eq!(sandbox.refs("two"), sandbox.refs("one"));
    }
    sandbox.git("", &["clone", "--quiet", "--depth=1", &sandbox.url("app"), "shallow"]);
    assert_eq!(sandbox.git("shallow", &["rev-list", "--count", "HEAD"]), "1");
    sandbox.git("", &["clone", "--quiet", "--filter=blob:none", &sandbox.url("app"), "partial"]);
    stored_is(sandbox, "one");
}

/// In git's own words.
pub fn what_moves_backwards_is_refused(sandbox: &Sandbox) {
    two_machines(sandbox);
    sandbox.commit("one", "new", "from one");
    sandbox.git("one", &["push", "--quiet"]);
    sandbox.commit("two", "other", "from two");
    let said = sandbox.git_fails("two", &["push", "origin", "main"]);
    assert!(said.contains("[rejected]        main -> main (fetch first)"), "{said}");
    sandbox.git("two", &["pull", "--quiet", "--no-rebase"]);
    sandbox.git("two", &["push", "--quiet"]);
    sandbox.git("one", &["pull", "--quiet"]);
    stored_is(sandbox, "one");
}

/// With and without a lease.
pub fn refs_are_forced_and_deleted(sandbox: &Sandbox) {
    two_machines(sandbox);
    sandbox.commit("one", "new", "from one");
    sandbox.git("one", &["push", "--quiet"]);
    sandbox.commit("two", "other", "from two");
    let said = sandbox.git_fails("two", &["push", "--force-with-lease", "origin", "main"]);
    assert!(said.contains("(stale info)"), "{said}");
    sandbox.git("two", &["push", "--quiet", "--force", "origin", "main"]);
    sandbox.git("two", &["push", "--quiet", "origin", "main:topic", "main:topic-2"]);
    sandbox.git("two", &["push", "--quiet", "origin", ":topic"]);
    let refs = sandbox.git("one", &["ls-remote", "--heads", "origin"]);
    assert!(refs.contains("refs/heads/topic-2"), "{refs}");
    assert!(!refs.lines().any(|line| line.ends_with("refs/heads/topic")), "{refs}");
    stored_is(sandbox, "two");
}

/// A history with merges goes to and fro.
pub fn branches_are_merged(sandbox: &Sandbox) {
    two_machines(sandbox);
    for round in 0..3 {
        let branch = format!("topic-{round}");
        sandbox.git("two", &["switch", "--quiet", "--create", &branch]);
        sandbox.commit("two", &branch, "work");
        sandbox.git("two", &["push", "--quiet", "origin", &branch]);
        sandbox.git("two", &["switch", "--quiet", "main"]);
        sandbox.commit("one", "file-0", &format!("meanwhile {round}"));
        sandbox.git("one", &["fetch", "--quiet"]);
        let topic = format!("origin/{branch}");
        sandbox.git("one", &["merge", "--quiet", "--no-ff", "--message", "merged", &topic]);
        sandbox.git("one", &["push", "--quiet", "origin", "main"]);
        sandbox.git("two", &["pull", "--quiet"]);
    }
    stored_is(sandbox, "two");
}

/// One push brings them, one takes half of them away.
pub fn a_hundred_refs_go_at_once(sandbox: &Sandbox) {
    sandbox.repository("one", 5);
    let all: Vec<String> =
        (0..100).map(|number| format!("HEAD~{}:refs/heads/b/{number}", number % 5)).collect();
    let url = sandbox.url("app");
    let words = |refspecs: &[String]| {
        let mut words = vec!["push".to_owned(), "--quiet".to_owned(), url.clone()];
        words.extend_from_slice(refspecs);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        sandbox.git("one", &words);
    };
    words(&["main:main".to_owned()]);
    words(&all);
    let listed = sandbox.git("one", &["ls-remote", "--heads", &url]);
    assert_eq!(listed.lines().count(), 101, "{listed}");
    let half: Vec<String> = (0..50).map(|number| format!(":refs/heads/b/{number}")).collect();
    words(&half);
    let listed = sandbox.git("one", &["ls-remote", "--heads", &url]);
    assert_eq!(listed.lines().count(), 51, "{listed}");
    stored_is(sandbox, "one");
}
