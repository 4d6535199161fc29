//! What the programs say when something is wrong, and with which exit code.

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt, process::Command};
use trunks_tests::sandbox::Sandbox;

/// A repository that is connected and pushed.
fn connected() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository("my-app", 1);
    sandbox.trunks("my-app", &["init"]);
    let add = ["storage", "add", "--name", "primary", "--backend", "local", "--path", "../store"];
    sandbox.trunks("my-app", &add);
    sandbox.git("my-app", &["push", "--quiet"]);
    sandbox
}

/// Exit code, standard output and standard error.
fn ends(mut command: Command) -> (Option<i32>, String, String) {
    let output = command.output().expect("it runs");
    let [out, err] = [output.stdout, output.stderr]
        .map(|said| String::from_utf8_lossy(&said).trim_end().to_owned());
    (output.status.code(), out, err)
}

#[test]
fn every_command_ends_by_the_same_table() {
    let sandbox = connected();
    sandbox.git("my-app", &["branch", "side"]);
    sandbox.git("my-app", &["checkout", "--quiet", "side"]);
    sandbox.commit("my-app", "file-1", "other content");
    sandbox.git("my-app", &["checkout", "--quiet", "main"]);
    fs::write(sandbox.path("my-app/file-1"), "changed").expect("written");
    for (words, code, said) in [
        (&["branch", "create", "--name", "main"][..], 4, "there is a branch called main already"),
        (&["branch", "create", "--name", "main/below"], 4, "refs/heads/main"),
        (&["branch", "create", "--name", "new", "--from", "none"], 3, "no commit called none"),
        (&["branch", "create", "--name", "new", "--from=-D"], 3, "no commit called -D"),
        (&["branch", "switch", "--name", "none"], 3, "no branch called none"),
        (&["branch", "switch", "--name", "side"], 4, "file-1"),
        (&["branch", "delete", "--name", "none"], 3, "no branch called none"),
        (&["branch", "delete", "--name", "main"], 4, "check another out"),
        (&["branch", "delete", "--name", "side"], 4, "--force"),
        (&["repo", "create", "--name", "my-app"], 4, "exists already"),
        (&["repo", "delete", "--name", "my-app"], 4, "it has 1 ref\n"),
        (&["repo", "delete", "--name", "none"], 3, "none"),
        (&["repo", "list", "--backend", "local", "--path", "none"], 5, "is not there"),
        (&["storage", "ping", "none"], 3, "no storage called none"),
        (&["storage", "ping", "local:///no/such/dir"], 5, "/no/such/dir is not there"),
    ] {
        let (ended, told) = sandbox.trunks_ends("my-app", words);
        assert_eq!(ended, Some(code), "{words:?}: {told}");
        assert!(told.contains(said), "{words:?}: {told}");
        assert_eq!(told.matches("trunks: ").count(), 1, "{words:?} says it more than once: {told}");
        assert!(!told.contains("fatal:") && !told.contains("hint:"), "{words:?}: {told}");
    }
    let help = sandbox.trunks("", &["help"]);
    assert!(help.contains("Exit codes:") && help.contains("  3  what it is about"), "{help}");
}

/// A repository of another user was said to be none at all.
#[test]
fn a_repository_that_git_refuses_is_not_said_to_be_none() {
    let sandbox = connected();
    let mut command = sandbox.command("my-app", "trunks", &["status"]);
    command.env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");
    let (code, _, said) = ends(command);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("dubious ownership"), "{said}");
    assert!(said.contains("if you trust it: git config --global --add safe.directory"), "{said}");
    assert!(!said.contains("not in a git repository"), "{said}");
}

#[test]
fn the_bare_command_says_what_it_is_for_where_it_cannot_be() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("outside")).expect("made");
    let (code, said) = sandbox.trunks_ends("outside", &[]);
    assert_eq!(code, Some(3), "{said}");
    for words in ["git init", "trunks clone URL", "trunks help"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    sandbox.repository("my-app", 1);
    let (code, said) = sandbox.trunks_ends("my-app", &[]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("trunks init"), "{said}");
}

#[test]
fn status_knows_a_detached_head_and_a_first_branch() {
    let sandbox = connected();
    sandbox.git("my-app", &["checkout", "--quiet", "--detach"]);
    let said = sandbox.trunks("my-app", &["status"]);
    assert!(said.contains("HEAD is detached at "), "{said}");
    assert!(said.contains("commits  all in the storage"), "{said}");
    sandbox.commit("my-app", "new", "content");
    let said = sandbox.trunks("my-app", &["status"]);
    assert!(said.contains("commits  1 not in the storage"), "{said}");
    let json = sandbox.trunks("my-app", &["status", "--json"]);
    assert!(json.contains(r#""branch": null"#) && json.contains(r#""ahead": 1"#), "{json}");
    sandbox.git("my-app", &["checkout", "--quiet", "--orphan", "fresh"]);
    let said = sandbox.trunks("my-app", &["status"]);
    assert!(said.contains("branch   fresh\n") && said.contains("commits  none yet"), "{said}");
}

/// Git prints what the core tells it, and the helper said it once more.
#[test]
fn what_git_has_told_is_not_told_again() {
    let sandbox = connected();
    fs::remove_dir_all(sandbox.stored("my-app")).expect("removed");
    for words in [&["fetch", "trunks"][..], &["ls-remote", "trunks"]] {
        let said = sandbox.git_fails("my-app", words);
        assert_eq!(said.matches("my-app does not exist").count(), 1, "{words:?}: {said}");
        assert!(!said.contains("trunks: "), "{words:?}: {said}");
    }
}

#[test]
fn errors_are_objects_where_json_is_asked_for() {
    let sandbox = connected();
    for (words, code, name) in [
        (&["storage", "show", "none"][..], 3, "not_found"),
        (&["branch", "create", "--name", "main"], 4, "conflict"),
        (&["frobnicate"], 2, "usage"),
        (&["branch", "create"], 2, "usage"),
        (&["push", "none"], 1, "program"),
        (&["clone", "local:///no/such/app"], 128, "program"),
    ] {
        let words = [&["--json"], words].concat();
        let (ended, out, said) = ends(sandbox.command("my-app", "trunks", &words));
        assert_eq!((ended, out.as_str()), (Some(code), ""), "{words:?}: {said}");
        for part in
            [r#"{"object":"error","#, &format!(r#""code":"{name}","exit_code":{code},"message":""#)]
        {
            assert!(said.contains(part), "{words:?}: {part}: {said}");
        }
        assert_eq!(said.lines().count(), 1, "{words:?} says something besides: {said}");
        assert!(said.ends_with('}'), "{said}");
    }
    let (code, out, _) = ends(sandbox.command("", "trunks", &["--json", "--help"]));
    assert!(code == Some(0) && out.contains("Usage:"), "{out}");
}

#[test]
fn what_git_does_for_us_has_json_too() {
    let sandbox = connected();
    let url = format!("local://{}/my-app", sandbox.path("store").display());
    let (code, out, said) =
        ends(sandbox.command("", "trunks", &["--json", "clone", &url, "there"]));
    assert_eq!((code, said.as_str()), (Some(0), ""), "{out}");
    let commit = sandbox.git("my-app", &["rev-parse", "HEAD"]);
    let commit = format!(r#""commit": "{commit}""#);
    for part in [r#""object": "clone""#, r#""repo": "my-app""#, r#""branch": "main""#, &commit] {
        assert!(out.contains(part), "{part}: {out}");
    }
    sandbox.commit("there", "new", "content");
    let pushed = sandbox.trunks("there", &["push", "--json"]);
    for part in [r#""object": "sync""#, r#""command": "push""#, r#""to": "refs/heads/main""#] {
        assert!(pushed.contains(part), "{part}: {pushed}");
    }
    for command in ["fetch", "pull"] {
        let told = sandbox.trunks("my-app", &[command, "--json"]);
        assert!(told.starts_with('{') && told.contains(&url), "{told}");
    }
    assert_eq!(sandbox.git("my-app", &["show", "HEAD:new"]), "content");
}

#[test]
fn repositories_of_another_object_format_are_refused() {
    let sandbox = connected();
    sandbox.git("", &["init", "--quiet", "--object-format=sha256", "other"]);
    sandbox.commit("other", "file", "content");
    let (code, said) = sandbox.trunks_ends("other", &["init"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("sha256") && said.contains("--object-format=sha1"), "{said}");
    assert!(!sandbox.path("other/.trunks").exists());
    let url = sandbox.url("other");
    for words in [&["push", &url, "HEAD:refs/heads/main"][..], &["fetch", &sandbox.url("my-app")]] {
        let said = sandbox.git_fails("other", words);
        assert!(said.contains("sha1"), "{words:?}: {said}");
    }
    assert!(!sandbox.stored("other").exists(), "a push that is refused makes nothing");
}

#[test]
fn an_archive_of_a_url_is_refused_with_a_way_out() {
    let sandbox = connected();
    let said = sandbox.git_fails("my-app", &["archive", "--remote=trunks", "main"]);
    assert!(said.contains("git archive") && said.contains("clone"), "{said}");
}

/// Names that are not UTF-8 were passed on as others, or ended in a panic.
#[test]
fn names_that_are_not_utf8_work_or_are_refused() {
    let sandbox = connected();
    let odd = |name: &[u8]| OsStr::from_bytes(name).to_owned();
    let branch = odd(b"br\xe9");
    let mut checkout = sandbox.command("my-app", "git", &["checkout", "--quiet", "-b"]);
    assert_eq!(
        ends({
            checkout.arg(&branch);
            checkout
        })
        .0,
        Some(0)
    );
    let list = sandbox.trunks("my-app", &["branch", "list"]);
    assert!(list.contains(r"* br\xe9 ") && list.contains("main"), "{list}");
    let status = sandbox.trunks("my-app", &["status"]);
    assert!(status.contains(r"branch   br\xe9"), "{status}");
    sandbox.git("my-app", &["branch", "plain"]);
    let said = sandbox.git_fails("my-app", &["push", "trunks", "--all"]);
    assert!(said.contains("its name is not UTF-8"), "{said}");
    let refs = sandbox.refs("store/trunks/my-app.trunk");
    assert!(refs.contains("refs/heads/plain") && refs.lines().count() == 2, "{refs}");
    let (code, said) = sandbox.trunks_ends("my-app", &["pull"]);
    assert!(code == Some(1) && said.contains("not UTF-8"), "{said}");

    let url = sandbox.url("my-app");
    // What is pushed from a shallow clone goes through the core.
    sandbox.trunks("", &["clone", "--quiet", &url, "shallow", "--", "--depth", "1"]);
    let refspec = odd(b"HEAD:refs/heads/sh\xe9");
    let mut push = sandbox.command("shallow", "git", &["push"]);
    push.args([OsStr::new(&url), &refspec, OsStr::new("HEAD:refs/heads/whole")]);
    let (code, _, said) = ends(push);
    assert!(code == Some(1) && said.contains("sh"), "{said}");
    let refs = sandbox.refs("store/trunks/my-app.trunk");
    assert!(refs.contains("refs/heads/whole") && refs.lines().count() == 3, "{refs}");

    let mut clone = sandbox.command("", "trunks", &["clone", "--quiet", &url]);
    clone.arg(odd(b"cl\xe9"));
    assert_eq!(ends(clone), (Some(0), String::new(), String::new()));
    let there = sandbox.path("").join(odd(b"cl\xe9"));
    assert!(there.join(".trunks/my-app.trunk").is_file());
    for words in [&["status"][..], &["push"], &["fetch"], &["pull"]] {
        let mut command = sandbox.command("", "trunks", words);
        command.current_dir(&there);
        let (code, _, said) = ends(command);
        assert_eq!(code, Some(0), "{words:?}: {said}");
    }
    let mut init = sandbox.command("", "git", &["init", "--quiet"]);
    init.arg(odd(b"in\xe9"));
    assert_eq!(ends(init).0, Some(0));
    let mut init = sandbox.command("", "trunks", &["init"]);
    init.current_dir(sandbox.path("").join(odd(b"in\xe9")));
    let (code, _, said) = ends(init);
    assert!(code == Some(2) && said.contains("--name NAME"), "{said}");
    let mut helper = sandbox.command("", "git-remote-trunks", &[]);
    helper.args([odd(b"r\xe9"), odd(b"local:///d\xe9/app")]);
    let (code, _, said) = ends(helper);
    assert!(code == Some(2) && said.contains("not UTF-8"), "{said}");
}

/// A list of more than twenty ended there without a word.
#[test]
fn a_list_that_is_cut_short_says_so() {
    let sandbox = connected();
    for number in 1..=21 {
        sandbox.git("my-app", &["branch", &format!("b-{number}")]);
    }
    let list = |words: &[&str]| {
        let words = [&["branch", "list"], words].concat();
        ends(sandbox.command("my-app", "trunks", &words))
    };
    let (_, out, said) = list(&[]);
    assert_eq!(out.lines().count(), 20);
    assert_eq!(said, "20 of 22 shown: --offset 20 shows more, --limit 22 all of them");
    let (_, out, said) = list(&["--limit", "2", "--offset", "3"]);
    assert_eq!(out.lines().count(), 2);
    assert_eq!(said, "2 of 22 shown: --offset 5 shows more, --limit 22 all of them");
    for (words, lines) in
        [(&["--offset", "20"][..], 2), (&["--limit", "22"], 22), (&["--quiet"], 20)]
    {
        let (_, out, said) = list(words);
        assert_eq!((out.lines().count(), said.as_str()), (lines, ""), "{words:?}");
    }
    let (_, out, said) = list(&["--json"]);
    assert!(out.contains("\"has_more\": true") && said.is_empty(), "{said}");
}

/// Whoever had read enough was told of a lost connection.
#[test]
fn nobody_is_told_that_nobody_reads() {
    let sandbox = connected();
    fs::write(sandbox.path("my-app/large"), "a line\n".repeat(200_000)).expect("written");
    sandbox.git("my-app", &["add", "large"]);
    sandbox.git("my-app", &["commit", "--quiet", "--message", "large"]);
    sandbox.git("my-app", &["push", "--quiet"]);
    for words in [
        &["cat", ":large"][..],
        &["cat", ":file-1"],
        &["status"],
        &["branch", "list"],
        &["repo", "list", "--json"],
        &["storage", "show", "primary"],
        &["check"],
        &["push", "--json"],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = sandbox.command("my-app", "trunks", words);
        command.stdout(writer);
        let (code, _, said) = ends_of(command);
        assert_eq!((code, said.as_str()), (Some(141), ""), "{words:?}");
        let full = fs::File::options().write(true).open("/dev/full").expect("on Linux");
        let mut command = sandbox.command("my-app", "trunks", words);
        command.stdout(full);
        let (code, _, said) = ends_of(command);
        assert_eq!(code, Some(1), "{words:?}: {said}");
        assert!(said.starts_with("trunks: standard output: No space left"), "{words:?}: {said}")
    }
}

/// The same as [`ends`], where standard output goes elsewhere.
fn ends_of(mut command: Command) -> (Option<i32>, String, String) {
    let child = command.stderr(std::process::Stdio::piped()).spawn().expect("it runs");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
    let said =
        said.replace(r#"{"object":"error","code":"failed","exit_code":1,"message":""#, "trunks: ");
    (output.status.code(), String::new(), said)
}

/// Where a name was empty nothing stood before the colon.
#[test]
fn no_message_begins_with_nothing() {
    let sandbox = Sandbox::new();
    sandbox.repository("my-app", 1);
    sandbox.trunks("my-app", &["init"]);
    fs::write(sandbox.path("file"), "").expect("written");
    for (kind, path, code) in
        [("local", "../file", 1), ("file", "../file", 1), ("file", "../none", 5)]
    {
        let add = ["storage", "add", "--name", "primary", "--backend", kind, "--path", path];
        let (ended, said) = sandbox.trunks_ends("my-app", &add);
        assert_eq!(ended, Some(code), "{kind} {path}: {said}");
        assert!(!said.contains(": :") && said.contains(&path[3..]), "{said}");
    }
    let mut shell = sandbox.command("my-app", "trunks", &["--quiet"]);
    shell.env("SHELL", "");
    assert_eq!(ends(shell), (Some(0), String::new(), String::new()));
}

/// Among words for git it was handed to git.
#[test]
fn json_may_stand_anywhere_before_a_double_dash() {
    let sandbox = connected();
    for words in [
        &["pull", "--no-edit", "--json"][..],
        &["pull", "--no-edit", "main", "--json"],
        &["fetch", "--prune", "--json"],
        &["push", "main", "--json", "--force"],
        &["push", "--quiet", "--json"],
        &["--json", "fetch", "--prune"],
    ] {
        let (code, out, said) = ends(sandbox.command("my-app", "trunks", words));
        assert_eq!((code, said.as_str()), (Some(0), ""), "{words:?}");
        assert!(out.contains(r#""object": "sync""#), "{words:?}: {out}");
    }
    let url = sandbox.url("my-app");
    let clone = ["clone", &url, "there", "--json", "--", "--depth=1"];
    let (code, out, said) = ends(sandbox.command("", "trunks", &clone));
    assert!(code == Some(0) && out.contains(r#""object": "clone""#), "{said}");
    let (code, _, said) = ends(sandbox.command("my-app", "trunks", &["push", "none", "--json"]));
    assert!(code == Some(1) && said.contains(r#""object":"error""#), "{said}");
}
