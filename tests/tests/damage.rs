//! Repositories that are damaged in their store: what is wrong is named, and nothing wrong is given out.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};
use trunks_tests::sandbox::Sandbox;

/// A repository with two branches, pushed. Returns where it is stored.
fn pushed() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    sandbox.repository("one", 2);
    sandbox.git("one", &["branch", "other"]);
    sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "main", "other"]);
    let stored = sandbox.stored("app");
    (sandbox, stored)
}

/// The URL as `trunks` takes it.
fn url(sandbox: &Sandbox) -> String {
    sandbox.url("app").replacen("trunks::", "", 1)
}

/// Clones by the short road and by the general one must both end so.
fn no_clone_ends_well(sandbox: &Sandbox, words: &str) {
    let roads: [&[&str]; 4] = [
        &["clone", "--quiet"],
        &["clone", "--quiet", "--no-single-branch", "--depth=1"],
        &["-c", "protocol.version=0", "clone", "--quiet", "--no-single-branch", "--depth=1"],
        &["ls-remote"],
    ];
    for road in roads {
        let remote = sandbox.url("app");
        let mut command = [road, &[remote.as_str()]].concat();
        if road.contains(&"clone") {
            command.push("clone");
        }
        let told = sandbox.git_fails("", &command);
        assert!(told.contains(words), "{road:?}: {told}");
        assert!(!sandbox.path("clone").exists(), "{road:?}");
    }
}

/// A clone ended well, without the branch whose file was empty.
#[test]
fn a_ref_that_cannot_be_read_is_not_left_out_of_a_clone() {
    let (sandbox, stored) = pushed();
    for content in ["", "garbage\n", "ref: refs/heads/other\n"] {
        fs::write(stored.join("refs/heads/other"), content).expect("written");
        no_clone_ends_well(&sandbox, "refs/heads/other is corrupt");
    }
    // Who wants or writes another branch is not kept from it.
    sandbox.git("one", &["fetch", "--quiet", &sandbox.url("app"), "main"]);
    sandbox.commit("one", "more", "more");
    sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "main"]);
}

#[test]
fn a_repository_in_another_format_is_not_read() {
    let (sandbox, stored) = pushed();
    let config = "[core]\nrepositoryformatversion = 1\n[extensions]\nobjectFormat = sha256\n";
    fs::write(stored.join("config"), config).expect("written");
    no_clone_ends_well(&sandbox, "objectformat = sha256");
    let at = url(&sandbox);
    for words in [vec!["cat", &at, "main:file-1"], vec!["check", &at]] {
        let (exit, told) = sandbox.trunks_ends("", &words);
        assert!(exit != Some(0) && told.contains("objectformat = sha256"), "{words:?}: {told}");
    }
}

/// Bytes of another object were printed before the error.
#[test]
fn nothing_of_a_forged_object_is_printed() {
    let (sandbox, stored) = pushed();
    let large = "forged\n".repeat(100_000);
    fs::write(sandbox.path("forged"), &large).expect("written");
    let forged = sandbox.git("", &["--git-dir", &text(&stored), "hash-object", "-w", "forged"]);
    let id = sandbox.git("one", &["rev-parse", "main:file-1"]);
    for pack in fs::read_dir(stored.join("objects/pack")).expect("a directory").flatten() {
        fs::copy(pack.path(), sandbox.path("one/.git/objects/pack").join(pack.file_name()))
            .expect("copied");
        fs::remove_file(pack.path()).expect("removed");
    }
    // All is loose from here on.
    for pack in fs::read_dir(sandbox.path("one/.git/objects/pack")).expect("there").flatten() {
        if pack.path().extension().is_some_and(|end| end == "pack") {
            let input = File::open(pack.path()).expect("there");
            let unpack = ["--git-dir", &text(&stored), "unpack-objects", "-q"];
            let done = sandbox.command("", "git", &unpack).stdin(input).status();
            assert!(done.expect("git runs").success());
        }
    }
    let loose = |id: &str| stored.join("objects").join(&id[..2]).join(&id[2..]);
    fs::remove_file(loose(&id)).expect("removed");
    fs::rename(loose(&forged), loose(&id)).expect("renamed");
    let output = sandbox.command("", "trunks", &["cat", &url(&sandbox), "main:file-1"]).output();
    let output = output.expect("trunks runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains(&id), "{told}");
    assert_eq!(output.stdout.len(), 0);
}

/// It was said that `HEAD` is corrupt, which holds no branch there.
#[test]
fn refs_in_another_format_are_said_to_be() {
    let (sandbox, stored) = pushed();
    fs::remove_dir_all(&stored).expect("removed");
    let clone = ["clone", "--quiet", "--bare", "--ref-format=reftable", "one", &text(&stored)];
    sandbox.git("", &clone);
    no_clone_ends_well(&sandbox, "refstorage = reftable");
    let told = sandbox.git_fails("one", &["push", &sandbox.url("app"), "main"]);
    assert!(told.contains("refstorage = reftable"), "{told}");
}

/// Only the object was named that is not there.
#[test]
fn history_that_is_cut_off_is_said_to_be() {
    let (sandbox, stored) = pushed();
    fs::remove_dir_all(&stored).expect("removed");
    let whole = format!("file://{}", sandbox.path("one").display());
    sandbox.git("", &["clone", "--quiet", "--bare", "--depth=1", &whole, &text(&stored)]);
    let words = "shallow says that history is cut off here";
    let told = sandbox.git_fails("", &["clone", &sandbox.url("app"), "clone"]);
    assert!(told.contains(words), "{told}");
    let (exit, _, told) = prints(&sandbox, &["check", &url(&sandbox)]);
    assert!(exit == Some(6) && told.contains(words), "{told}");
}

/// Exit code, standard error and standard output.
fn prints(sandbox: &Sandbox, words: &[&str]) -> (Option<i32>, String, String) {
    let output = sandbox.command("", "trunks", words).output().expect("trunks runs");
    let [err, out] =
        [output.stderr, output.stdout].map(|said| String::from_utf8_lossy(&said).into_owned());
    (output.status.code(), err, out)
}

/// A branch that cannot be read was counted as none, and an object that is lost taken for a path that
/// never was.
#[test]
fn what_is_lost_is_told_from_what_never_was() {
    let (sandbox, stored) = pushed();
    fs::remove_dir_all(&stored).expect("removed");
    // Few objects are left loose by a fetch.
    sandbox.git("", &["init", "--quiet", "--bare", "--initial-branch=main", &text(&stored)]);
    let from = text(&sandbox.path("one"));
    sandbox.git("", &["--git-dir", &text(&stored), "fetch", "--quiet", &from, "main:main"]);
    let id = sandbox.git("one", &["rev-parse", "main:file-1"]);
    fs::remove_file(stored.join("objects").join(&id[..2]).join(&id[2..])).expect("it is loose");
    let at = url(&sandbox);
    let (exit, told) = sandbox.trunks_ends("", &["cat", &at, "main:file-1"]);
    assert_eq!(exit, Some(6), "{told}");
    assert!(told.contains(&id) && told.contains("trunks check"), "{told}");
    for target in ["main:none", &format!("{:040x}:file-1", 7)] {
        let (exit, told) = sandbox.trunks_ends("", &["cat", &at, target]);
        assert_eq!(exit, Some(3), "{target}: {told}");
    }
    let store = text(&sandbox.path("store"));
    let show = ["repo", "show", "--name", "app", "--backend", "local", "--path", &store];
    assert_eq!(sandbox.trunks_ends("", &show).0, Some(0));
    for content in ["", "garbage\n"] {
        fs::write(stored.join("refs/heads/main"), content).expect("written");
        let (exit, told) = sandbox.trunks_ends("", &show);
        assert_eq!(exit, Some(6), "{told}");
        assert!(told.contains("refs/heads/main is corrupt"), "{told}");
    }
}

/// It was a problem, as if something were corrupt.
#[test]
fn a_clean_that_a_work_tree_forbids_is_no_damage() {
    let (sandbox, stored) = pushed();
    sandbox.git_with("", &["--git-dir", &text(&stored), "hash-object", "-w", "--stdin"], "rubbish");
    fs::copy(sandbox.path("one/.git/index"), stored.join("index")).expect("copied");
    let clean = ["check", &url(&sandbox), "--clean", "--grace", "0"];
    let (exit, told, said) = prints(&sandbox, &clean);
    assert_eq!(exit, Some(0), "{told}{said}");
    assert!(said.contains("all well\nnothing was removed: ") && said.contains("/index"), "{said}");
    let (_, _, said) = prints(&sandbox, &[&clean[..], &["--json"]].concat());
    assert!(said.contains("\"problems\": []") && said.contains("\"kept\": ["), "{said}");
    fs::remove_file(stored.join("index")).expect("removed");
    let (exit, _, said) = prints(&sandbox, &clean);
    assert!(exit == Some(0) && said.contains("removed 1 file that"), "{said}");
}

/// What `docs/cli.md` says of the short road: git packs a damaged object as it is, a clone that takes the
/// pack does not look at it, and who asks git to check every object is told.
#[test]
fn objects_are_checked_one_by_one_for_who_asks() {
    let (sandbox, _) = pushed();
    sandbox.git("", &["clone", "--quiet", &sandbox.url("app"), "before"]);
    let other = sandbox.commit("one", "file-1", "as it is\n");
    let [id, forged] =
        ["main:file-1", "main:file-2"].map(|name| sandbox.git("one", &["rev-parse", name]));
    let loose = |id: &str| sandbox.path("one/.git/objects").join(&id[..2]).join(&id[2..]);
    fs::remove_file(loose(&id)).expect("it is loose");
    fs::copy(loose(&forged), loose(&id)).expect("copied");
    sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "main"]);
    sandbox.git("", &["clone", "--quiet", &sandbox.url("app"), "clone"]);
    assert_eq!(sandbox.git("clone", &["rev-parse", "HEAD"]), other);
    for key in ["fetch.fsckObjects=true", "transfer.fsckObjects=true"] {
        sandbox.git_fails("", &["-c", key, "clone", "--quiet", &sandbox.url("app"), "checked"]);
        sandbox.git_fails("before", &["-c", key, "fetch", "--quiet"]);
    }
    let (exit, _, said) = prints(&sandbox, &["check", &url(&sandbox)]);
    assert!(exit == Some(6) && said.contains(&id), "{said}");
}

#[test]
fn a_lost_head_is_named_and_can_be_put_back() {
    let (sandbox, stored) = pushed();
    let head = fs::read_to_string(stored.join("HEAD")).expect("there");
    fs::remove_file(stored.join("HEAD")).expect("removed");
    no_clone_ends_well(&sandbox, "HEAD is missing");
    let told = sandbox.git_fails("one", &["push", &sandbox.url("app"), "main:refs/heads/new"]);
    assert!(told.contains("HEAD is missing"), "{told}");
    let store = text(&sandbox.path("store"));
    let delete = ["repo", "delete", "--name", "app", "--backend", "local", "--path", &store];
    let (_, told) = sandbox.trunks_ends("", &delete);
    assert!(told.contains("HEAD is missing"), "{told}");
    let (_, told) = sandbox.trunks_ends("", &["check", &url(&sandbox)]);
    let line = told.split('"').nth(1).expect("it says what HEAD is to hold");
    fs::write(stored.join("HEAD"), format!("{line}\n")).expect("written");
    assert_eq!(format!("{line}\n"), head);
    sandbox.trunks("", &["check", &url(&sandbox)]);
    sandbox.git("", &["clone", "--quiet", &sandbox.url("app"), "clone"]);
}

#[test]
fn a_deletion_that_was_cut_short_is_brought_to_its_end() {
    let (sandbox, stored) = pushed();
    fs::create_dir_all(stored.join("journals")).expect("made");
    fs::write(stored.join("journals/deleting"), "").expect("written");
    fs::remove_file(stored.join("HEAD")).expect("removed");
    no_clone_ends_well(&sandbox, "was deleted, but not to its end");
    let told = sandbox.git_fails("one", &["push", &sandbox.url("app"), "main"]);
    assert!(told.contains("was deleted, but not to its end"), "{told}");
    let store = text(&sandbox.path("store"));
    sandbox
        .trunks("", &["repo", "delete", "--name", "app", "--backend", "local", "--path", &store]);
    assert!(!stored.exists());
    sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "main"]);
}

#[test]
fn a_directory_in_the_place_of_a_file_is_not_taken_for_nothing() {
    let (sandbox, stored) = pushed();
    for name in ["packed-refs", "trunk.json"] {
        let _ = fs::remove_file(stored.join(name));
        fs::create_dir(stored.join(name)).expect("made");
        let (exit, told) = sandbox.trunks_ends("", &["check", &url(&sandbox)]);
        assert_ne!(exit, Some(0), "{name}");
        assert!(told.contains(name) && told.contains("it is a directory"), "{told}");
        fs::remove_dir(stored.join(name)).expect("removed");
    }
    sandbox.trunks("", &["check", &url(&sandbox)]);
}

/// Of killed programs empty directories and git's locks were left for ever.
#[test]
fn a_clean_leaves_nothing_of_the_dead() {
    let (sandbox, stored) = pushed();
    let before = tree(&stored);
    fs::create_dir_all(stored.join(".trunks-tmp")).expect("made");
    let old = SystemTime::now() - Duration::from_secs(15 * 24 * 60 * 60);
    let locks = ["HEAD.lock", "refs/heads/gone/main.lock", "objects/info/commit-graph.lock"];
    for lock in locks {
        let lock = stored.join(lock);
        fs::create_dir_all(lock.parent().expect("it has one")).expect("made");
        File::create(&lock).and_then(|file| file.set_modified(old)).expect("made");
    }
    File::create(stored.join("config.lock")).expect("made");
    let told = sandbox.trunks("", &["check", &url(&sandbox), "--clean"]);
    assert!(told.contains("removed 3 files"), "{told}");
    // Of a lock that is young the owner may live.
    fs::remove_file(stored.join("config.lock")).expect("it is still there");
    let left: Vec<String> =
        tree(&stored).into_iter().filter(|path| !before.contains(path)).collect();
    // Empty directories of refs are git's own way.
    assert!(left.iter().all(|path| path.starts_with("refs/heads/gone")), "{left:?}");
}

/// The paths below a directory.
fn tree(root: &Path) -> Vec<String> {
    let output =
        Command::new("find").arg(".").current_dir(root).output().expect("find is installed");
    let paths = String::from_utf8(output.stdout).expect("UTF-8");
    paths.lines().map(|path| path.trim_start_matches("./").to_owned()).collect()
}

fn text(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}
