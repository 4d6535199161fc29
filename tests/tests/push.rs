//! Stock git pushes through `git-remote-trunks`.

use trunks_tests::sandbox::Sandbox;

/// A repository that was pushed, and a clone of it made by someone else.
fn two_machines() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository("one", 3);
    sandbox.git("one", &["remote", "add", "origin", &sandbox.url("app")]);
    sandbox.git("one", &["push", "--quiet", "--set-upstream", "origin", "main"]);
    sandbox.git("", &["clone", "--quiet", &sandbox.url("app"), "two"]);
    sandbox
}

#[test]
fn a_mirror_goes_in_and_comes_out_the_same() {
    let sandbox = Sandbox::new();
    sandbox.repository("one", 20);
    sandbox.git("one", &["tag", "--annotate", "--message", "first", "v1", "HEAD~3"]);
    sandbox.git("one", &["tag", "light"]);
    sandbox.git("one", &["notes", "add", "--message", "a note", "HEAD~1"]);
    sandbox.git("one", &["branch", "topic/one/deep", "HEAD~5"]);
    sandbox.git("one", &["update-ref", "refs/odd/place", "HEAD~2"]);
    sandbox.git("one", &["push", "--quiet", "--mirror", &sandbox.url("team-app")]);
    sandbox.git("", &["clone", "--quiet", "--mirror", &sandbox.url("team-app"), "out"]);
    assert_eq!(sandbox.refs("out"), sandbox.refs("one"));
    assert_eq!(sandbox.objects("out"), sandbox.objects("one"));
    assert_eq!(sandbox.objects("store/trunks/team-app.trunk"), sandbox.objects("one"));
    sandbox.fsck("out");
    sandbox.fsck_stored("team-app");
    // A mirror that is pushed again deletes what is gone.
    sandbox.git("one", &["branch", "-D", "topic/one/deep"]);
    sandbox.git("one", &["push", "--quiet", "--mirror", &sandbox.url("team-app")]);
    assert_eq!(sandbox.refs("store/trunks/team-app.trunk"), sandbox.refs("one"));
}

#[test]
fn an_explicit_url_may_name_a_team() {
    let sandbox = Sandbox::new();
    sandbox.repository("one", 1);
    let url = sandbox.url("trunks/team/app.trunk");
    sandbox.git("one", &["push", "--quiet", &url, "main"]);
    sandbox.fsck_stored("team/app");
    sandbox.git("", &["clone", "--quiet", &url, "two"]);
    sandbox.fsck("two");
}

#[test]
fn the_first_push_chooses_the_branch_that_is_checked_out() {
    let sandbox = Sandbox::new();
    sandbox.repository("one", 1);
    sandbox.git("one", &["switch", "--quiet", "--create", "trunk"]);
    sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "main", "trunk"]);
    sandbox.git("", &["clone", "--quiet", &sandbox.url("app"), "two"]);
    assert_eq!(sandbox.git("two", &["branch", "--show-current"]), "trunk");
}

#[test]
fn a_dry_run_makes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.repository("one", 1);
    sandbox.git("one", &["push", "--quiet", "--dry-run", &sandbox.url("app"), "main"]);
    assert!(!sandbox.stored("app").exists());
}

#[test]
fn what_moves_backwards_is_refused_in_gits_words() {
    let sandbox = two_machines();
    sandbox.commit("one", "new", "from one");
    sandbox.git("one", &["push", "--quiet"]);
    sandbox.commit("two", "other", "from two");
    let said = sandbox.git_fails("two", &["push", "origin", "main"]);
    assert!(said.contains("[rejected]        main -> main (fetch first)"), "{said}");
    sandbox.git("two", &["fetch", "--quiet"]);
    let said = sandbox.git_fails("two", &["push", "origin", "main"]);
    assert!(said.contains("main -> main (non-fast-forward)"), "{said}");
    sandbox.git("two", &["pull", "--quiet", "--no-rebase"]);
    sandbox.git("two", &["push", "--quiet"]);
    sandbox.git("one", &["pull", "--quiet"]);
    assert_eq!(
        sandbox.refs("store/trunks/app.trunk"),
        sandbox.git("one", &["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads"],)
    );
    sandbox.fsck_stored("app");
}

#[test]
fn force_and_leases_do_what_they_say() {
    let sandbox = two_machines();
    let ours = sandbox.commit("one", "new", "from one");
    sandbox.git("one", &["push", "--quiet"]);
    let theirs = sandbox.commit("two", "other", "from two");
    let said = sandbox.git_fails("two", &["push", "--force-with-lease", "origin", "main"]);
    assert!(said.contains("(stale info)"), "{said}");
    let lease = format!("--force-with-lease=main:{ours}");
    sandbox.git("two", &["push", "--quiet", &lease, "origin", "main"]);
    assert_eq!(sandbox.git("store/trunks/app.trunk", &["rev-parse", "main"]), theirs);
    sandbox.git("one", &["push", "--quiet", "--force", "origin", "main"]);
    assert_eq!(sandbox.git("store/trunks/app.trunk", &["rev-parse", "main"]), ours);
    let said =
        sandbox.git_fails("one", &["push", "--force-with-lease=new:main", "origin", "HEAD:new"]);
    assert!(said.contains("(stale info)"), "{said}");
}

#[test]
fn refs_are_deleted_but_for_the_current_branch() {
    let sandbox = two_machines();
    sandbox.git("one", &["push", "--quiet", "origin", "main:topic", "main:topic-2"]);
    sandbox.git("one", &["push", "--quiet", "origin", ":topic"]);
    let said = sandbox.git_fails("one", &["push", "origin", ":main"]);
    assert!(said.contains("deletion of the current branch prohibited"), "{said}");
    let refs = sandbox.refs("store/trunks/app.trunk");
    assert!(refs.contains("refs/heads/main") && refs.contains("refs/heads/topic-2"), "{refs}");
    assert!(!refs.lines().any(|line| line.ends_with("refs/heads/topic")), "{refs}");
}

#[test]
fn a_name_and_a_name_below_it_cannot_both_be() {
    let sandbox = two_machines();
    sandbox.git("one", &["push", "--quiet", "origin", "main:topic"]);
    let said = sandbox.git_fails("one", &["push", "origin", "main:topic/below"]);
    assert!(said.contains("[remote rejected]"), "{said}");
    // The prefix of a name is no part of it.
    sandbox.git("one", &["push", "--quiet", "origin", "main:topic-2/below", "main:top"]);
    sandbox.git("one", &["push", "--quiet", "origin", ":topic"]);
    sandbox.git("one", &["push", "--quiet", "origin", "main:topic/below"]);
    sandbox.fsck_stored("app");
}

#[test]
fn a_tag_moves_only_by_force() {
    let sandbox = two_machines();
    sandbox.git("one", &["tag", "v1", "HEAD~1"]);
    sandbox.git("one", &["push", "--quiet", "origin", "v1"]);
    sandbox.git("one", &["tag", "--force", "v1", "HEAD"]);
    let said = sandbox.git_fails("one", &["push", "origin", "v1"]);
    assert!(said.contains("already exists"), "{said}");
    sandbox.git("one", &["push", "--quiet", "--force", "origin", "v1"]);
}

#[test]
fn atomic_is_for_one_ref() {
    let sandbox = two_machines();
    sandbox.git("one", &["push", "--quiet", "--atomic", "origin", "main:a"]);
    let said = sandbox.git_fails("one", &["push", "--atomic", "origin", "main:b", "main:c"]);
    assert!(said.contains("atomic push of several refs is not supported"), "{said}");
    let refs = sandbox.refs("store/trunks/app.trunk");
    assert!(!refs.contains("refs/heads/b") && !refs.contains("refs/heads/c"), "{refs}");
}

#[test]
fn a_detached_head_is_pushed_by_name() {
    let sandbox = two_machines();
    sandbox.git("one", &["checkout", "--quiet", "--detach", "HEAD~1"]);
    let commit = sandbox.commit("one", "new", "detached");
    sandbox.git("one", &["push", "--quiet", "origin", "HEAD:refs/heads/side"]);
    assert_eq!(sandbox.git("store/trunks/app.trunk", &["rev-parse", "side"]), commit);
}

#[test]
fn nothing_is_left_of_a_push() {
    let sandbox = two_machines();
    sandbox.commit("one", "new", "content");
    sandbox.git("one", &["push", "--quiet"]);
    for entry in std::fs::read_dir(sandbox.path("one/.git/objects")).expect("read") {
        let name = entry.expect("read").file_name();
        assert!(!name.to_string_lossy().starts_with("tmp_"), "{name:?}");
    }
}

#[test]
fn shallow_and_partial_clones_can_push() {
    let sandbox = two_machines();
    let url = sandbox.url("app");
    sandbox.git("", &["clone", "--quiet", "--depth", "1", &url, "shallow"]);
    sandbox.commit("shallow", "new", "from a shallow clone");
    sandbox.git("shallow", &["push", "--quiet", "origin", "main:shallow"]);
    sandbox.git("", &["clone", "--quiet", "--filter=blob:none", &url, "partial"]);
    sandbox.commit("partial", "newer", "from a partial clone");
    sandbox.git("partial", &["push", "--quiet", "origin", "main:partial"]);
    sandbox.fsck_stored("app");
}

#[test]
fn push_options_and_followed_tags_are_taken() {
    let sandbox = two_machines();
    sandbox.commit("one", "new", "content");
    sandbox.git("one", &["tag", "--annotate", "--message", "two", "v2"]);
    sandbox.git(
        "one",
        &["push", "--quiet", "--follow-tags", "--push-option=ci.skip", "origin", "main"],
    );
    assert!(sandbox.refs("store/trunks/app.trunk").contains("refs/tags/v2"));
}

/// The first push of another branch put it in the place of the one that was asked for.
#[test]
fn a_default_branch_that_was_chosen_stays() {
    let sandbox = Sandbox::new();
    sandbox.repository("one", 1);
    sandbox.git("one", &["branch", "side"]);
    let store = sandbox.path("store");
    let create = |name: &str, words: &[&str]| {
        let path = store.to_str().expect("UTF-8");
        let create = ["repo", "create", "--name", name, "--backend", "local", "--path", path];
        sandbox.trunks("", &[&create, words].concat());
        sandbox.git("one", &["push", "--quiet", &sandbox.url(name), "side"]);
        sandbox.git(&format!("store/trunks/{name}.trunk"), &["symbolic-ref", "HEAD"])
    };
    assert_eq!(create("chosen", &["--default-branch", "trunk"]), "refs/heads/trunk");
    assert_eq!(create("not-chosen", &[]), "refs/heads/side");
    let manifest = |name: &str| std::fs::read_to_string(sandbox.stored(name).join("trunk.json"));
    assert!(manifest("chosen").expect("there").contains("\"head_chosen\": true"));
    assert!(!manifest("not-chosen").expect("there").contains("head_chosen"));
    sandbox.git("one", &["push", "--quiet", &sandbox.url("chosen"), "side:trunk"]);
    sandbox.git("", &["clone", "--quiet", &sandbox.url("chosen"), "two"]);
    assert_eq!(sandbox.git("two", &["branch", "--show-current"]), "trunk");
    let url = sandbox.url("chosen").replacen("trunks::", "", 1);
    sandbox.trunks("", &["check", &url]);
}
