//! A storage whose directory is not there: a disk that is not mounted, and that must not be made anew
//! in the place where it is missing.

use std::fs;
use trunks_tests::sandbox::Sandbox;

/// A repository that is connected and pushed, to a storage whose directory is gone.
fn unmounted() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository("my-app", 1);
    sandbox.trunks("my-app", &["init"]);
    add(&sandbox, "primary", "../store", &[]);
    sandbox.git("my-app", &["push", "--quiet"]);
    fs::rename(sandbox.path("store"), sandbox.path("away")).expect("moved");
    sandbox
}

fn add(sandbox: &Sandbox, name: &str, path: &str, more: &[&str]) {
    let words = ["storage", "add", "--name", name, "--backend", "local", "--path", path];
    sandbox.trunks("my-app", &[&words, more].concat());
}

/// A push used to make the directory again, so that it lay below the mount point.
#[test]
fn no_command_makes_it_anew() {
    let sandbox = unmounted();
    sandbox.commit("my-app", "more", "work");
    let named = format!("{} is not there: mount it", sandbox.path("store").display());
    let wrong = |said: &str| !said.contains(&named) || !said.contains("trunks storage add");
    for words in [&["push"][..], &["push", "--tags"], &["fetch"], &["pull"]] {
        let said = sandbox.git_fails("my-app", words);
        assert!(!wrong(&said), "{words:?}: {said}");
    }
    for words in [
        &["check"][..],
        &["check", "--clean"],
        &["cat", ":file-1"],
        &["repo", "list"],
        &["repo", "show"],
        &["repo", "create", "--name", "other"],
        &["repo", "create", "--name", "other", "--backend", "local", "--path", "../store"],
        &["repo", "delete", "--name", "my-app", "--force"],
        &["storage", "ping"],
        &["storage", "add", "--mirror", "--name", "m", "--backend", "local", "--path", "../m"],
    ] {
        let (code, said) = sandbox.trunks_ends("my-app", words);
        assert_eq!(code, Some(5), "{words:?}: {said}");
        assert!(!wrong(&said), "{words:?}: {said}");
    }
    let url = format!("local://{}", sandbox.path("nowhere").display());
    let (code, said) = sandbox.trunks_ends("", &["storage", "ping", &url]);
    assert_eq!(code, Some(5), "{said}");
    for name in ["store", "m", "nowhere"] {
        assert!(!sandbox.path(name).exists(), "{name}");
    }
    fs::rename(sandbox.path("away"), sandbox.path("store")).expect("moved back");
    sandbox.git("my-app", &["push", "--quiet"]);
    sandbox.fsck_stored("my-app");
}

#[test]
fn adding_it_again_makes_it_anew() {
    let sandbox = unmounted();
    add(&sandbox, "primary", "../store", &[]);
    sandbox.git("my-app", &["push", "--quiet"]);
    sandbox.fsck_stored("my-app");
    assert!(sandbox.trunks("my-app", &["storage", "list"]).lines().count() == 1);
    sandbox.trunks("my-app", &["storage", "remove", "primary"]);
    assert_eq!(sandbox.git("my-app", &["remote"]), "");
}

#[test]
fn a_mirror_is_not_made_anew_either() {
    let sandbox = unmounted();
    fs::rename(sandbox.path("away"), sandbox.path("store")).expect("moved back");
    add(&sandbox, "backup", "../mirror", &["--mirror"]);
    fs::remove_dir_all(sandbox.path("mirror")).expect("removed");
    sandbox.commit("my-app", "more", "work");
    let said = sandbox.git_fails("my-app", &["push"]);
    let named = format!("{} is not there: mount it", sandbox.path("mirror").display());
    assert!(said.contains("mirror backup") && said.contains(&named), "{said}");
    assert!(!sandbox.path("mirror").exists());
    add(&sandbox, "backup", "../mirror", &["--mirror"]);
    sandbox.git("my-app", &["push", "--quiet"]);
    assert_eq!(
        sandbox.refs("mirror/trunks/my-app.trunk"),
        sandbox.refs("store/trunks/my-app.trunk")
    );
}

#[test]
fn a_url_that_was_never_saved_makes_it() {
    let sandbox = Sandbox::new();
    sandbox.repository("my-app", 1);
    let url = format!("trunks::local://{}/my-app", sandbox.path("new").display());
    sandbox.git("my-app", &["push", "--quiet", &url, "main"]);
    sandbox.fsck("new/trunks/my-app.trunk");
}
