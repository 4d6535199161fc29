//! Stock git clones and fetches from a static file server over the directory of a store.

use std::{collections::BTreeSet, fs};
use trunks_tests::{sandbox::Sandbox, static_server::StaticServer};

const STORED: &str = "store/trunks/app.trunk";

/// A repository with all sorts of refs that was pushed in two packs, and a server over its store.
fn served() -> (Sandbox, StaticServer) {
    let sandbox = Sandbox::new();
    sandbox.repository("one", 5);
    sandbox.git("one", &["remote", "add", "origin", &sandbox.url("app")]);
    sandbox.git("one", &["push", "--quiet", "origin", "main"]);
    sandbox.commit("one", "new", "content");
    sandbox.git("one", &["tag", "--annotate", "--message", "one", "v1", "HEAD~2"]);
    sandbox.git("one", &["tag", "--annotate", "--message", "of a tag", "v1-again", "v1"]);
    sandbox.git("one", &["tag", "light", "HEAD~1"]);
    sandbox.git("one", &["branch", "topic/deep/one", "HEAD~3"]);
    sandbox.git("one", &["push", "--quiet", "--tags", "origin", "main", "topic/deep/one"]);
    let server = StaticServer::start(sandbox.path("store"));
    (sandbox, server)
}

/// Demands that the two files say what git would have them say.
fn judge(sandbox: &Sandbox) {
    let stored = sandbox.stored("app");
    let read = |name: &str| fs::read_to_string(stored.join(name)).expect("kept");
    let (refs, packs) = (read("info/refs"), read("objects/info/packs"));
    let list = sandbox.git(STORED, &["show-ref", "--dereference"]);
    let list: String = list.lines().map(|line| line.replacen(' ', "\t", 1) + "\n").collect();
    assert_eq!(refs, list);
    let there: BTreeSet<String> = fs::read_dir(stored.join("objects/pack"))
        .expect("a directory")
        .map(|entry| entry.expect("read").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".pack"))
        .collect();
    let listed = packs.lines().filter_map(|line| Some(line.strip_prefix("P ")?.to_owned()));
    assert_eq!(listed.collect::<BTreeSet<_>>(), there);
}

#[test]
fn a_clone_is_whole_and_follows_what_is_pushed() {
    let (sandbox, server) = served();
    judge(&sandbox);
    let url = server.url("trunks/app.trunk");
    sandbox.git("", &["clone", "--quiet", "--mirror", &url, "mirror"]);
    sandbox.git("", &["clone", "--quiet", &url, "two"]);
    assert_eq!(sandbox.refs("mirror"), sandbox.refs(STORED));
    assert_eq!(sandbox.objects("mirror"), sandbox.objects(STORED));
    sandbox.fsck("mirror");
    assert_eq!(sandbox.git("two", &["branch", "--show-current"]), "main");
    assert_eq!(
        sandbox.git("two", &["rev-parse", "v1^{}"]),
        sandbox.git("one", &["rev-parse", "HEAD~2"])
    );

    let second = sandbox.commit("one", "newer", "content");
    sandbox.git("one", &["tag", "--annotate", "--message", "two", "v2"]);
    sandbox
        .git("one", &["push", "--quiet", "origin", "main", "v2", "main:other", ":topic/deep/one"]);
    judge(&sandbox);
    sandbox.git("mirror", &["fetch", "--quiet", "--prune"]);
    assert_eq!(sandbox.refs("mirror"), sandbox.refs(STORED));
    assert!(!sandbox.refs("mirror").contains("topic"));
    sandbox.git("two", &["pull", "--quiet"]);
    assert_eq!(sandbox.git("two", &["rev-parse", "HEAD", "v2^{}"]), format!("{second}\n{second}"));

    sandbox.git("one", &["push", "--quiet", "--force", "origin", "HEAD~2:main", ":v2", ":other"]);
    judge(&sandbox);
    sandbox.git("mirror", &["fetch", "--quiet", "--prune"]);
    assert_eq!(sandbox.refs("mirror"), sandbox.refs(STORED));
    sandbox.fsck("two");
}

#[test]
fn what_stock_git_writes_is_served_after_the_next_push() {
    let (sandbox, server) = served();
    sandbox.git(STORED, &["update-ref", "refs/heads/theirs", "main~1"]);
    sandbox.git(STORED, &["update-ref", "-d", "refs/heads/topic/deep/one"]);
    sandbox.git(STORED, &["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
    sandbox.git(STORED, &["pack-refs", "--all"]);
    sandbox.commit("one", "newer", "content");
    sandbox.git("one", &["push", "--quiet", "origin", "main"]);
    judge(&sandbox);
    let url = server.url("trunks/app.trunk");
    sandbox.git("", &["clone", "--quiet", "--mirror", &url, "mirror"]);
    let resolved =
        |dir: &str| sandbox.git(dir, &["for-each-ref", "--format=%(objectname) %(refname)"]);
    assert_eq!(resolved("mirror"), resolved(STORED));
    assert_eq!(
        sandbox.git("mirror", &["rev-parse", "alias"]),
        sandbox.git("one", &["rev-parse", "main"])
    );
    // Moved once more, with nothing said of the other.
    sandbox.commit("one", "newest", "content");
    sandbox.git("one", &["push", "--quiet", "origin", "main"]);
    judge(&sandbox);
}

#[test]
fn an_empty_repository_and_one_without_its_current_branch_are_served() {
    let sandbox = Sandbox::new();
    sandbox
        .trunks("", &["repo", "create", "--backend", "local", "--path", "store", "--name", "app"]);
    let server = StaticServer::start(sandbox.path("store"));
    let url = server.url("trunks/app.trunk");
    sandbox.git("", &["clone", "--quiet", &url, "empty"]);
    sandbox.repository("one", 2);
    sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "main:topic"]);
    sandbox.git("empty", &["fetch", "--quiet"]);
    assert_eq!(
        sandbox.git("empty", &["rev-parse", "origin/topic"]),
        sandbox.git("one", &["rev-parse", "main"])
    );
}
