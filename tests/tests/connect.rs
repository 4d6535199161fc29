//! What `storage add` changes in a repository's settings, and that `storage remove` puts it back.

use std::{fs, process::Stdio};
use trunks_tests::sandbox::Sandbox;

fn initialised() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository("my-app", 1);
    sandbox.trunks("my-app", &["init"]);
    sandbox
}

const ADD: [&str; 8] =
    ["storage", "add", "--name", "primary", "--backend", "local", "--path", "../store"];

fn configuration(sandbox: &Sandbox) -> Vec<String> {
    let list = sandbox.git("my-app", &["config", "--local", "--list"]);
    let mut lines: Vec<String> = list.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// `storage remove` used to unset what the user had set before trunks came.
#[test]
fn what_the_user_had_set_is_there_again() {
    let sandbox = initialised();
    for (key, value) in [
        ("push.autoSetupRemote", "true"),
        ("remote.pushDefault", "origin"),
        ("push.default", "simple"),
        ("branch.main.remote", "origin"),
        ("branch.main.merge", "refs/heads/main"),
    ] {
        sandbox.git("my-app", &["config", key, value]);
    }
    sandbox.git("my-app", &["config", "--add", "remote.pushDefault", "other"]);
    let before = configuration(&sandbox);
    sandbox.trunks("my-app", &ADD);
    assert_eq!(sandbox.git("my-app", &["config", "remote.pushDefault"]), "trunks");
    sandbox.git("my-app", &["push", "--quiet", "trunks", "main"]);
    sandbox.trunks("my-app", &["storage", "remove", "primary"]);
    assert_eq!(configuration(&sandbox), before);
}

#[test]
fn what_the_user_has_set_since_stays() {
    let sandbox = initialised();
    sandbox.trunks("my-app", &ADD);
    sandbox.git("my-app", &["config", "push.default", "upstream"]);
    sandbox.trunks("my-app", &["storage", "remove", "primary"]);
    assert_eq!(sandbox.git("my-app", &["config", "push.default"]), "upstream");
    assert_eq!(sandbox.git("my-app", &["remote"]), "");
}

#[test]
fn a_remote_that_leads_there_already_is_taken_as_it_is() {
    let sandbox = initialised();
    let url = sandbox.url("my-app");
    sandbox.git("my-app", &["remote", "add", "trunks", &url]);
    sandbox.trunks("my-app", &ADD);
    sandbox.git("my-app", &["push", "--quiet"]);
    sandbox.trunks("my-app", &["storage", "remove", "primary"]);
    assert_eq!(sandbox.git("my-app", &["remote", "get-url", "trunks"]), url, "it was the user's");
    sandbox.git("my-app", &["remote", "set-url", "trunks", "https://example.org/app.git"]);
    let (code, said) = sandbox.trunks_ends("my-app", &ADD);
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("git remote rename trunks NAME"), "{said}");
}

#[test]
fn the_remote_of_a_clone_goes_with_its_storage() {
    let sandbox = initialised();
    sandbox.trunks("my-app", &ADD);
    sandbox.git("my-app", &["push", "--quiet"]);
    sandbox.trunks("", &["clone", "--quiet", &sandbox.url("my-app"), "there"]);
    sandbox.trunks("there", &["storage", "remove", "primary"]);
    assert_eq!(sandbox.git("there", &["remote"]), "");
}

/// Each read the settings, and each wrote what it had read and its own: one was lost.
#[test]
fn storage_that_is_added_at_once_is_all_kept() {
    let sandbox = initialised();
    sandbox.trunks("my-app", &ADD);
    sandbox.git("my-app", &["push", "--quiet"]);
    let names: Vec<String> = (1..=4).map(|number| format!("mirror-{number}")).collect();
    let children = names.iter().map(|name| {
        let path = format!("../{name}");
        let words =
            ["storage", "add", "--mirror", "--name", name, "--backend", "local", "--path", &path];
        let mut command = sandbox.command("my-app", "trunks", &words);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("trunks runs")
    });
    for mut child in children.collect::<Vec<_>>() {
        assert!(child.wait().expect("it ends").success());
    }
    let list = sandbox.trunks("my-app", &["storage", "list"]);
    for name in &names {
        assert!(list.contains(&format!("{name}  mirror")), "{name}: {list}");
    }
    sandbox.commit("my-app", "new", "content");
    sandbox.git("my-app", &["push", "--quiet"]);
    let refs = sandbox.refs("store/trunks/my-app.trunk");
    for name in &names {
        assert_eq!(sandbox.refs(&format!("{name}/trunks/my-app.trunk")), refs, "{name}");
    }
}

#[test]
fn of_two_that_add_a_primary_at_once_one_is_told_why_not() {
    let sandbox = initialised();
    let children = ["one", "two"].map(|name| {
        let path = format!("../{name}");
        let words = ["storage", "add", "--name", name, "--backend", "local", "--path", &path];
        let mut command = sandbox.command("my-app", "trunks", &words);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("trunks runs")
    });
    let ended = children.map(|child| child.wait_with_output().expect("it ends"));
    let codes = ended.each_ref().map(|output| output.status.code());
    assert!(codes.contains(&Some(0)) && codes.contains(&Some(4)), "{codes:?}");
    let loser = ended.iter().find(|output| !output.status.success()).expect("one lost");
    let said = String::from_utf8_lossy(&loser.stderr);
    assert!(said.contains("is the primary storage already"), "{said}");
    sandbox.git("my-app", &["push", "--quiet"]);
    let file = fs::read_to_string(sandbox.path("my-app/.trunks/my-app.trunk")).expect("read");
    assert!(file.ends_with("}\n"), "{file}");
}
