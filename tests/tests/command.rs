//! The `trunks` command beside stock git.

use std::{fs, io::Write, process::Stdio};
use trunks_tests::sandbox::Sandbox;

/// A repository with one commit, connected to a storage.
fn connected() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository("my-app", 1);
    sandbox.trunks("my-app", &["init"]);
    connect(&sandbox, "my-app");
    sandbox
}

fn connect(sandbox: &Sandbox, dir: &str) {
    let add = ["storage", "add", "--name", "primary", "--backend", "local", "--path", "../store"];
    sandbox.trunks(dir, &add);
}

#[test]
fn plain_git_reaches_the_storage() {
    let sandbox = connected();
    sandbox.git("my-app", &["fetch", "--quiet"]);
    sandbox.git("my-app", &["push", "--quiet"]);
    sandbox.git("my-app", &["pull", "--quiet"]);
    sandbox.git("my-app", &["checkout", "--quiet", "-b", "feature/auth"]);
    sandbox.commit("my-app", "auth", "fixed");
    sandbox.git("my-app", &["push", "--quiet"]);
    sandbox.git("my-app", &["pull", "--quiet"]);
    assert_eq!(
        sandbox.git("my-app", &["rev-parse", "--abbrev-ref", "@{upstream}"]),
        "trunks/feature/auth"
    );
    sandbox.fsck_stored("my-app");
    assert_eq!(sandbox.git("my-app", &["status", "--porcelain"]), "");
}

#[test]
fn another_machine_goes_on_with_the_work() {
    let sandbox = connected();
    sandbox.git("my-app", &["push", "--quiet"]);
    let url = format!("local://{}/my-app", sandbox.path("store").display());
    sandbox.trunks("", &["clone", "--quiet", &url, "there"]);
    sandbox.commit("there", "more", "work");
    sandbox.git("there", &["push", "--quiet"]);
    sandbox.git("my-app", &["pull", "--quiet"]);
    assert!(sandbox.path("my-app/more").exists());
    sandbox.git("there", &["checkout", "--quiet", "-b", "other"]);
    sandbox.git("there", &["push", "--quiet"]);
    sandbox.trunks("my-app", &["fetch", "--quiet"]);
    sandbox.git("my-app", &["checkout", "--quiet", "other"]);
}

#[test]
fn an_origin_stays_as_it_is() {
    let sandbox = Sandbox::new();
    sandbox.git("", &["init", "--quiet", "--bare", "origin.git"]);
    sandbox.repository("my-app", 1);
    let origin = sandbox.path("origin.git").display().to_string();
    sandbox.git("my-app", &["remote", "add", "origin", &origin]);
    sandbox.git("my-app", &["push", "--quiet", "--set-upstream", "origin", "main"]);
    let before =
        sandbox.git("my-app", &["config", "--get-regexp", r"^remote\.origin|^branch\.main"]);
    sandbox.trunks("my-app", &["init"]);
    connect(&sandbox, "my-app");
    let after =
        sandbox.git("my-app", &["config", "--get-regexp", r"^remote\.origin|^branch\.main"]);
    assert_eq!(before, after);
    let commit = sandbox.commit("my-app", "new", "content");
    sandbox.git("my-app", &["push", "--quiet"]);
    assert_eq!(sandbox.git("store/trunks/my-app.trunk", &["rev-parse", "main"]), commit);
    assert_ne!(sandbox.git("origin.git", &["rev-parse", "main"]), commit);
    sandbox.git("my-app", &["pull", "--quiet"]);
    sandbox.trunks("my-app", &["pull", "--quiet"]);
}

#[test]
fn removing_the_storage_undoes_what_adding_did() {
    let sandbox = Sandbox::new();
    sandbox.repository("my-app", 1);
    sandbox.trunks("my-app", &["init"]);
    let before = sandbox.git("my-app", &["config", "--local", "--list"]);
    connect(&sandbox, "my-app");
    sandbox.trunks("my-app", &["storage", "remove", "primary"]);
    assert_eq!(sandbox.git("my-app", &["config", "--local", "--list"]), before);
    assert!(sandbox.stored("my-app").join("HEAD").exists(), "what is stored stays");
    connect(&sandbox, "my-app");
}

#[test]
fn the_shell_finds_the_helper() {
    let sandbox = connected();
    let mut shell = sandbox.command("my-app", "trunks", &[]);
    let shell = shell.env("SHELL", "/bin/sh").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut shell = shell.expect("trunks runs");
    let mut input = shell.stdin.take().expect("piped");
    input.write_all(b"git push --quiet && exit 7\n").expect("written");
    drop(input);
    let output = shell.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(7), "{said}");
    assert!(said.contains("Leave with: exit"), "{said}");
}

#[test]
fn settings_are_private_and_ignored() {
    let sandbox = connected();
    let ignore = fs::read_to_string(sandbox.path("my-app/.trunks/.gitignore")).expect("read");
    assert_eq!(ignore, "*\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for (path, rights) in [(".trunks", 0o700), (".trunks/my-app.trunk", 0o600)] {
            let file = fs::metadata(sandbox.path("my-app").join(path)).expect("there");
            assert_eq!(file.permissions().mode() & 0o777, rights, "{path}");
        }
    }
}

#[test]
fn lists_have_one_envelope() {
    let sandbox = connected();
    sandbox.trunks("my-app", &["branch", "create", "--name", "agent/run-7", "--from", "main"]);
    sandbox.trunks("my-app", &["branch", "switch", "--name", "agent/run-7"]);
    let list = sandbox.trunks("my-app", &["branch", "list", "--json", "--limit", "1"]);
    for part in [
        r#""object": "list""#,
        r#""object": "branch""#,
        r#""name": "agent/run-7""#,
        r#""limit": 1"#,
        r#""offset": 0"#,
        r#""total_count": 2"#,
        r#""has_more": true"#,
    ] {
        assert!(list.contains(part), "{part}: {list}");
    }
    let empty = sandbox.trunks("my-app", &["branch", "list", "--json", "--offset", "2"]);
    assert!(empty.contains(r#""data": []"#) && empty.contains(r#""has_more": false"#), "{empty}");
    let repos = sandbox.trunks("my-app", &["repo", "list", "--json"]);
    assert!(repos.contains(r#""name": "my-app""#), "{repos}");
    sandbox.trunks("my-app", &["branch", "switch", "--name", "main"]);
    sandbox.trunks("my-app", &["branch", "delete", "--name", "agent/run-7"]);
}

#[test]
fn status_tells_what_is_not_pushed() {
    let sandbox = connected();
    assert!(sandbox.trunks("my-app", &["status"]).contains("not pushed yet"));
    sandbox.trunks("my-app", &["push", "--quiet"]);
    assert!(sandbox.trunks("my-app", &["status"]).contains("up to date"));
    sandbox.commit("my-app", "new", "content");
    let status = sandbox.trunks("my-app", &["status", "--json"]);
    for part in [r#""object": "status""#, r#""ahead": 1"#, r#""behind": 0"#, r#""dirty": 0"#] {
        assert!(status.contains(part), "{part}: {status}");
    }
}

#[test]
fn repositories_are_made_shown_and_deleted() {
    let sandbox = connected();
    sandbox.trunks("my-app", &["repo", "create", "--name", "team/app"]);
    assert!(
        sandbox.trunks("my-app", &["repo", "show", "--name", "team/app"]).contains("branches  0")
    );
    let (code, said) = sandbox.trunks_ends("my-app", &["repo", "create", "--name", "team/app"]);
    assert_eq!(code, Some(4), "{said}");
    sandbox.trunks("my-app", &["repo", "delete", "--name", "team/app"]);
    sandbox.trunks("my-app", &["push", "--quiet"]);
    let (code, said) = sandbox.trunks_ends("my-app", &["repo", "delete", "--name", "my-app"]);
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("--force"), "{said}");
    sandbox.trunks("my-app", &["repo", "delete", "--name", "my-app", "--force"]);
    assert!(!sandbox.stored("my-app").join("HEAD").exists());
}

#[test]
fn a_deletion_that_was_cut_short_can_be_finished() {
    let sandbox = connected();
    sandbox.trunks("my-app", &["push", "--quiet"]);
    fs::remove_file(sandbox.stored("my-app").join("HEAD")).expect("removed");
    let (code, said) = sandbox.trunks_ends("my-app", &["repo", "delete", "--name", "my-app"]);
    assert_eq!(code, Some(6), "{said}");
    assert!(said.contains("--force"), "{said}");
    sandbox.trunks("my-app", &["repo", "delete", "--name", "my-app", "--force"]);
    sandbox.trunks("my-app", &["push", "--quiet"]);
    sandbox.fsck_stored("my-app");
}

#[test]
fn a_check_finds_what_is_wrong_and_cleans_what_is_left() {
    let sandbox = connected();
    sandbox.trunks("my-app", &["push", "--quiet"]);
    assert!(sandbox.trunks("my-app", &["check"]).contains("all well"));
    assert!(
        sandbox.trunks("my-app", &["check", "--clean", "--json"]).contains(r#""problems": []"#)
    );
    let refs = sandbox.stored("my-app").join("refs/heads/broken");
    fs::write(refs, format!("{}\n", "1".repeat(40))).expect("written");
    let (code, _) = sandbox.trunks_ends("my-app", &["check"]);
    assert_eq!(code, Some(6));
}

#[test]
fn mistakes_are_named_and_have_codes() {
    let sandbox = connected();
    sandbox.git("", &["init", "--quiet", "bare-bones"]);
    fs::create_dir(sandbox.path("outside")).expect("made");
    for (dir, arguments, code, words) in [
        ("outside", &["status"][..], 3, "is not in a git repository"),
        ("bare-bones", &["status"], 3, "trunks init"),
        ("bare-bones", &["init", "--name", "../up"], 2, "not a repository name"),
        ("my-app", &["init", "--name", "other"], 4, "is called my-app already"),
        ("my-app", &["storage", "show", "none"], 3, "no storage called none"),
        ("my-app", &["storage", "ping", "ftp://bucket"], 2, "ftp:// is not known"),
        (
            "my-app",
            &["storage", "add", "--name", "b", "--backend", "local", "--path", "/tmp"],
            4,
            "primary",
        ),
        ("my-app", &["branch", "switch", "--name=-f"], 2, "not a valid branch name"),
        ("my-app", &["branch", "delete", "--name", "none"], 3, "no branch called none"),
        ("my-app", &["repo", "show", "--name", "none"], 3, "none"),
        ("my-app", &["cat", "README.md"], 2, "names no file"),
        ("my-app", &["frobnicate"], 2, "frobnicate"),
    ] {
        let (ended, said) = sandbox.trunks_ends(dir, arguments);
        assert_eq!(ended, Some(code), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}
