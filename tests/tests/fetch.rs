//! Stock git clones and fetches through `git-remote-trunks`.

use trunks_tests::sandbox::Sandbox;

/// A repository of two branches and a tag, pushed.
fn pushed() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository("one", 10);
    sandbox.git("one", &["switch", "--quiet", "--create", "topic", "HEAD~4"]);
    sandbox.commit("one", "topic", "work");
    sandbox.git("one", &["tag", "--annotate", "--message", "first", "v1", "main~2"]);
    sandbox.git("one", &["switch", "--quiet", "main"]);
    sandbox.git("one", &["remote", "add", "origin", &sandbox.url("app")]);
    sandbox.git("one", &["push", "--quiet", "--all", "--set-upstream", "origin"]);
    sandbox.git("one", &["push", "--quiet", "--tags"]);
    sandbox
}

fn count(sandbox: &Sandbox, dir: &str) -> usize {
    sandbox.git(dir, &["rev-list", "--all", "--count"]).parse().expect("a number")
}

#[test]
fn a_clone_has_everything_in_every_version() {
    let sandbox = pushed();
    for version in ["0", "1", "2"] {
        let config = format!("protocol.version={version}");
        let dir = format!("clone-{version}");
        sandbox.git("", &["-c", &config, "clone", "--quiet", &sandbox.url("app"), &dir]);
        assert_eq!(sandbox.objects(&dir), sandbox.objects("one"), "version {version}");
        sandbox.fsck(&dir);
    }
}

#[test]
fn the_general_road_brings_the_same() {
    let sandbox = pushed();
    for version in ["0", "1", "2"] {
        let config = format!("protocol.version={version}");
        let dir = format!("clone-{version}");
        let url = sandbox.url("app");
        // Objects that must be checked one by one are not copied in packs.
        let checked = "transfer.fsckObjects=true";
        sandbox.git("", &["-c", &config, "-c", checked, "clone", "--quiet", &url, &dir]);
        assert_eq!(sandbox.objects(&dir), sandbox.objects("one"), "version {version}");
        sandbox.fsck(&dir);
    }
}

#[test]
fn refs_are_listed_as_git_lists_them() {
    let sandbox = pushed();
    let stored = sandbox.stored("app");
    let expected = sandbox.git("", &["ls-remote", &stored.display().to_string()]);
    assert_eq!(sandbox.git("", &["ls-remote", &sandbox.url("app")]), expected);
    // In an empty repository too, where a clone would go the short way.
    sandbox.git("", &["init", "--quiet", "empty"]);
    let short = sandbox.git("empty", &["ls-remote", &sandbox.url("app")]);
    let sorted = |list: &str| {
        let mut lines: Vec<String> = list.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&short), sorted(&expected));
}

#[test]
fn an_empty_repository_can_be_cloned_and_filled() {
    let sandbox = Sandbox::new();
    let store = format!("local://{}", sandbox.path("store").display());
    sandbox.trunks("", &["repo", "create", "--name", "app", "--backend", &store]);
    sandbox.git("", &["clone", "--quiet", &sandbox.url("app"), "one"]);
    sandbox.commit("one", "first", "content");
    sandbox.git("one", &["push", "--quiet", "origin", "HEAD"]);
    sandbox.git("", &["clone", "--quiet", &sandbox.url("app"), "two"]);
    assert_eq!(count(&sandbox, "two"), 1);
}

#[test]
fn a_repository_that_is_not_there_is_named() {
    let sandbox = Sandbox::new();
    let said = sandbox.git_fails("", &["clone", &sandbox.url("none"), "two"]);
    assert!(said.contains("there is no repository at local://"), "{said}");
    assert!(said.contains("/store/none"), "{said}");
    let said = sandbox.git_fails("", &["clone", "trunks::nonsense", "two"]);
    assert!(said.contains("must look like") && said.contains("local:///dir/my-app"), "{said}");
}

#[test]
fn later_fetches_bring_what_is_new() {
    let sandbox = pushed();
    sandbox.git("", &["clone", "--quiet", &sandbox.url("app"), "two"]);
    sandbox.commit("one", "later", "content");
    sandbox.git("one", &["tag", "--annotate", "--message", "second", "v2"]);
    sandbox.git("one", &["push", "--quiet", "--follow-tags"]);
    sandbox.git("two", &["pull", "--quiet"]);
    assert_eq!(sandbox.objects("two"), sandbox.objects("one"));
    assert_eq!(sandbox.git("two", &["tag"]), "v1\nv2");
    sandbox.fsck("two");
}

#[test]
fn a_single_branch_brings_no_other() {
    let sandbox = pushed();
    let url = sandbox.url("app");
    for (dir, tags) in [("with", "--tags"), ("without", "--no-tags")] {
        sandbox.git(
            "",
            &["clone", "--quiet", "--single-branch", "--branch", "topic", tags, &url, dir],
        );
        assert_eq!(sandbox.git(dir, &["rev-list", "--count", "HEAD"]), "7");
        let main = sandbox.git("one", &["rev-parse", "main"]);
        sandbox.git_fails(dir, &["cat-file", "-e", &main]);
        sandbox.fsck(dir);
    }
    sandbox.git("one", &["switch", "--quiet", "topic"]);
    sandbox.commit("one", "topic", "more work");
    sandbox.git("one", &["push", "--quiet"]);
    sandbox.git("without", &["pull", "--quiet"]);
    assert_eq!(sandbox.git("without", &["rev-list", "--count", "HEAD"]), "8");
}

#[test]
fn a_shallow_clone_can_be_deepened() {
    let sandbox = pushed();
    let url = sandbox.url("app");
    sandbox.git("", &["clone", "--quiet", "--depth", "2", &url, "two"]);
    let depth = |dir: &str| sandbox.git(dir, &["rev-list", "--count", "HEAD"]);
    assert_eq!(depth("two"), "2");
    sandbox.git("two", &["fetch", "--quiet", "--deepen", "3"]);
    assert_eq!(depth("two"), "5");
    sandbox.commit("one", "later", "content");
    sandbox.git("one", &["push", "--quiet"]);
    sandbox.git("two", &["pull", "--quiet"]);
    assert_eq!(depth("two"), "6");
    sandbox.git("two", &["fetch", "--quiet", "--unshallow"]);
    assert_eq!(depth("two"), "11");
    sandbox.fsck("two");
}

#[test]
fn a_partial_clone_fetches_what_it_lacks() {
    let sandbox = pushed();
    sandbox.git(
        "",
        &["clone", "--quiet", "--filter=blob:none", "--no-checkout", &sandbox.url("app"), "two"],
    );
    let missing = sandbox.git("two", &["rev-list", "--objects", "--all", "--missing=print"]);
    assert!(missing.lines().any(|line| line.starts_with('?')), "{missing}");
    sandbox.git("two", &["checkout", "--quiet", "main"]);
    assert_eq!(
        sandbox.git("two", &["rev-parse", "HEAD^{tree}"]),
        sandbox.git("one", &["rev-parse", "main^{tree}"])
    );
    sandbox.commit("one", "later", "content");
    sandbox.git("one", &["push", "--quiet"]);
    sandbox.git("two", &["pull", "--quiet"]);
    sandbox.git("two", &["fsck"]);
}

#[test]
fn loose_objects_of_stock_git_are_cloned_too() {
    let sandbox = pushed();
    let path = sandbox.stored("app").display().to_string();
    sandbox.commit("one", "stock", "pushed by stock git");
    // So few objects stay loose.
    sandbox.git("one", &["push", "--quiet", &path, "main"]);
    sandbox.git("", &["clone", "--quiet", &sandbox.url("app"), "two"]);
    assert_eq!(
        sandbox.git("two", &["rev-parse", "main"]),
        sandbox.git("one", &["rev-parse", "main"])
    );
    sandbox.fsck("two");
}

#[test]
fn a_flipped_bit_in_the_store_is_found_and_named() {
    let sandbox = pushed();
    let packs = sandbox.stored("app").join("objects/pack");
    let pack = std::fs::read_dir(&packs)
        .expect("read")
        .map(|entry| entry.expect("read").path())
        .find(|path| path.extension().is_some_and(|extension| extension == "pack"))
        .expect("a pack");
    let mut bytes = std::fs::read(&pack).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::remove_file(&pack).expect("removed");
    std::fs::write(&pack, bytes).expect("written");
    let said = sandbox.git_fails("", &["clone", &sandbox.url("app"), "two"]);
    let name = pack.file_name().expect("a name").to_string_lossy().into_owned();
    assert!(said.contains("is corrupt") && said.contains(&name), "{said}");
    assert!(!sandbox.path("two").exists());
}
