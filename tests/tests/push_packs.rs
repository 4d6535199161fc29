//! What a push stores: packs that the core can read, and that no clean takes away.

use std::fs;
use trunks_tests::{sandbox::Sandbox, workshop::files};

/// The keys of a stored repository's packs.
fn packs(sandbox: &Sandbox, name: &str) -> Vec<String> {
    let mut packs = files(&sandbox.stored(name).join("objects/pack"));
    packs.retain(|file| file.ends_with(".pack"));
    packs
}

/// Commits a file that is too long for a commit's message.
fn commit_large(sandbox: &Sandbox, text: &str) {
    fs::write(sandbox.path("one/large"), text).expect("written");
    sandbox.git("one", &["add", "large"]);
    sandbox.git("one", &["commit", "--quiet", "--message", "large"]);
}

/// The objects of a repository that are longer than `size` bytes, and whether each is a delta.
fn large(sandbox: &Sandbox, dir: &str, size: u64) -> Vec<bool> {
    let format = "--batch-check=%(objectsize) %(deltabase)";
    let list = sandbox.git(dir, &["cat-file", "--batch-all-objects", format]);
    let objects = list.lines().filter_map(|line| line.split_once(' '));
    let large = objects.filter(|(bytes, _)| bytes.parse::<u64>().expect("a number") > size);
    large.map(|(_, base)| base.bytes().any(|digit| digit != b'0')).collect()
}

/// Git makes deltas of files of up to 512 MiB, which the core can read only up to 32 MiB: what git
/// had packed so was pushed, and could never be read again.
#[test]
fn large_files_are_not_stored_as_deltas() {
    const LIMIT: u64 = 32 << 20;
    let sandbox = Sandbox::new();
    sandbox.repository("one", 1);
    let mut text: String = (0..3_600_000_u64).map(|line| format!("{line:08} {line:x}\n")).collect();
    assert!(text.len() as u64 > LIMIT);
    commit_large(&sandbox, &text);
    text.push_str("one more line\n");
    commit_large(&sandbox, &text);
    // Loose, so that git makes the deltas now; and packed, so that it finds them made.
    for name in ["made-now", "found"] {
        sandbox.git("one", &["push", "--quiet", &sandbox.url(name), "main"]);
        let stored = format!("store/trunks/{name}.trunk");
        assert_eq!(large(&sandbox, &stored, LIMIT), [false, false], "{name}");
        sandbox.fsck_stored(name);
        let url = sandbox.url(name);
        let url = url.strip_prefix("trunks::").expect("for git");
        assert!(sandbox.trunks("", &["cat", url, "main:large"]) == text.trim_end(), "{name}");
        sandbox.git("one", &["-c", "core.bigFileThreshold=512m", "repack", "-adq"]);
        assert_eq!(large(&sandbox, "one", LIMIT).iter().filter(|is_delta| **is_delta).count(), 1);
    }
}

/// A push that came upon its own pack, named as rubbish by a clean, relied on it while the clean
/// went on to remove it.
#[test]
fn a_pack_that_a_clean_may_remove_is_stored_again() {
    let sandbox = Sandbox::new();
    sandbox.repository("one", 2);
    let url = sandbox.url("app");
    sandbox.git("one", &["push", "--quiet", &url, "main"]);
    let kept = packs(&sandbox, "app");
    sandbox.commit("one", "new", "content");
    sandbox.git("one", &["push", "--quiet", &url, "main:topic"]);
    sandbox.git("one", &["push", "--quiet", &url, ":topic"]);
    sandbox.trunks("", &["check", "--clean", url.strip_prefix("trunks::").expect("for git")]);
    let marked = packs(&sandbox, "app").into_iter().filter(|pack| !kept.contains(pack));
    let marked: Vec<String> = marked.collect();
    assert_eq!(marked.len(), 1, "{marked:?}");
    sandbox.git("one", &["push", "--quiet", &url, "main:topic"]);
    // What a clean would do that looked at the refs before the push.
    for pack in &marked {
        let pack = sandbox.stored("app").join("objects/pack").join(pack);
        fs::remove_file(pack.with_extension("idx")).expect("removed");
        fs::remove_file(pack).expect("removed");
    }
    sandbox.fsck_stored("app");
    assert_eq!(sandbox.objects("store/trunks/app.trunk"), sandbox.objects("one"));
}

/// A pack that was stored by a push that did not get to its ref is not stored twice.
#[test]
fn a_pack_that_is_there_already_is_used() {
    let sandbox = Sandbox::new();
    sandbox.repository("one", 2);
    let url = sandbox.url("app");
    sandbox.git("one", &["push", "--quiet", &url, "main", "main:topic"]);
    sandbox.commit("one", "new", "content");
    sandbox.git("one", &["push", "--quiet", &url, "main"]);
    sandbox.git("one", &["push", "--quiet", "--force", &url, "main~1:main"]);
    let before = packs(&sandbox, "app");
    sandbox.git("one", &["push", "--quiet", &url, "main"]);
    assert_eq!(packs(&sandbox, "app"), before);
    sandbox.fsck_stored("app");
}

/// The history that a graft hides was not stored: the push was acknowledged, and no clone ended well.
#[test]
fn what_a_graft_hides_is_stored_all_the_same() {
    let sandbox = Sandbox::new();
    sandbox.repository("one", 4);
    let cut = sandbox.git("one", &["rev-parse", "HEAD~2"]);
    fs::create_dir_all(sandbox.path("one/.git/info")).expect("made");
    fs::write(sandbox.path("one/.git/info/grafts"), format!("{cut}\n")).expect("written");
    assert_eq!(sandbox.git("one", &["rev-list", "--count", "HEAD"]), "3");
    let push = ["push", "--quiet", &sandbox.url("app"), "main"];
    let output = sandbox.command("one", "git", &push).output().expect("git runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.matches("info/grafts is deprecated").count() <= 1, "{said}");
    sandbox.fsck_stored("app");
    sandbox.git("", &["clone", "--quiet", &sandbox.url("app"), "two"]);
    assert_eq!(sandbox.git("two", &["rev-list", "--count", "HEAD"]), "4");
}

/// Packing may take long, and comes to nothing there.
#[test]
fn nothing_is_packed_for_a_share_that_is_not_there() {
    let sandbox = Sandbox::new();
    sandbox.repository("one", 1);
    let share = sandbox.path("share");
    let url = format!("trunks::file://{}/app", share.display());
    let mut push = sandbox.command("one", "git", &["push", &url, "main"]);
    let output = push.env("GIT_TRACE", "1").output().expect("git runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains(&format!("{} is not there: mount it", share.display())), "{said}");
    assert!(!said.contains("trunks: :") && !said.contains("git pack-objects"), "{said}");
}
