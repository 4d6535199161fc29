//! Storage and its secrets, as `trunks storage` keeps them.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};
use trunks_tests::{sandbox::Sandbox, workshop::files};

const SECRET: &str = "geheim-4711";

/// A repository without storage.
fn initialised() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository("my-app", 1);
    sandbox.trunks("my-app", &["init"]);
    sandbox
}

/// All that a run says, on either stream, with its exit code.
fn said(mut command: Command) -> (Option<i32>, String) {
    let output = command.output().expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn a_share_must_be_there() {
    let sandbox = initialised();
    let share = sandbox.path("share").display().to_string();
    let add = ["storage", "add", "--name", "primary", "--backend", "file", "--path", &share];
    let (code, said) = sandbox.trunks_ends("my-app", &add);
    assert_ne!(code, Some(0), "{said}");
    assert!(!sandbox.path("share").exists(), "it would lie on the disk below the mount point");
    fs::create_dir(&share).expect("made");
    sandbox.trunks("my-app", &add);
    sandbox.git("my-app", &["push", "--quiet"]);
    sandbox.fsck("share/trunks/my-app.trunk");
    let shown = sandbox.trunks("my-app", &["storage", "show", "primary"]);
    assert!(shown.contains(&format!("file://{share}/my-app")), "{shown}");
    let clone = format!("trunks::file://{share}/my-app");
    sandbox.git("", &["clone", "--quiet", &clone, "clone"]);
    assert_eq!(sandbox.objects("clone"), sandbox.objects("my-app"));
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_saved() {
    let sandbox = initialised();
    let before = fs::read(sandbox.path("my-app/.trunks/my-app.trunk")).expect("read");
    for (words, why) in [
        (&["--backend", "local", "--path", "x", "--region", "eu-1"][..], "--region means nothing"),
        (&["--backend", "local", "--path", "x", "--password", SECRET], "--password means nothing"),
        (&["--backend", "s3"], "needs --bucket"),
        (&["--backend", "floppy"], "is not known"),
        (&["--url", "ftp://me:geheim-4711@host/dir"], "is not known"),
        (&["--url", "sftp://me:geheim-4711@host:x/dir"], "port"),
        (&["--backend", "memory://x"], "gone when this command ends"),
    ] {
        let words = [&["storage", "add", "--name", "primary"], words].concat();
        let (code, said) = said(sandbox.command("my-app", "trunks", &words));
        assert_eq!(code, Some(2), "{words:?}: {said}");
        assert!(said.contains(why), "{words:?}: {said}");
        assert!(!said.contains(SECRET), "{said}");
    }
    for name in ["", "a/b", "-a", "a b"] {
        let name = format!("--name={name}");
        let words = ["storage", "add", &name, "--backend", "local", "--path", "x"];
        let (code, said) = sandbox.trunks_ends("my-app", &words);
        assert_eq!(code, Some(2), "{name}: {said}");
    }
    let after = fs::read(sandbox.path("my-app/.trunks/my-app.trunk")).expect("read");
    assert_eq!(before, after);
    assert!(!sandbox.path("my-app/x").exists());
}

#[test]
#[cfg(target_os = "linux")]
fn a_secret_is_out_of_sight_of_other_processes() {
    let sandbox = Sandbox::new();
    let url = format!("postgres://me:{SECRET}@127.0.0.1:1/db");
    let words = ["storage", "ping", &url, "--password", SECRET, "--passphrase", "-"];
    let mut command = sandbox.command("", "trunks", &words);
    command.stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("trunks runs");
    let proc = |file: &str| {
        let text = fs::read(format!("/proc/{}/{file}", child.id())).unwrap_or_default();
        String::from_utf8_lossy(&text).into_owned()
    };
    // It begins again, then allows no core dump, then waits for the passphrase.
    while !proc("cmdline").contains("--arguments-in-descriptor") {
        std::thread::yield_now();
    }
    let no_core = |line: &str| line.starts_with("Max core file size") && line.contains(" 0 ");
    while !proc("limits").lines().any(no_core) {
        std::thread::yield_now();
    }
    let title = proc("cmdline");
    assert!(title.contains("trunks") && !title.contains(SECRET), "{title}");
    let environment = proc("environ");
    assert!(!environment.contains(SECRET), "{environment}");
    let mut input = child.stdin.take().expect("piped");
    writeln!(input, "{SECRET}").expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(said.contains("--passphrase means nothing"), "{said}");
    assert!(!said.contains(SECRET), "{said}");
}

#[test]
fn a_clone_signs_in_without_a_secret_in_sight() {
    // Nobody answers there: what counts is what is said and left behind.
    let sandbox = Sandbox::new();
    let url = format!("sftp://me:{SECRET}@127.0.0.1:1/dir/my-app");
    let mut command = sandbox.command("", "trunks", &["clone", &url]);
    command.env("GIT_TRACE", "1").env("GIT_TRACE2_EVENT", sandbox.path("trace"));
    let (code, said) = said(command);
    assert_ne!(code, Some(0), "{said}");
    assert!(!said.contains(SECRET), "{said}");
    let trace = fs::read_to_string(sandbox.path("trace")).expect("git traces");
    assert!(trace.contains("sftp://me@127.0.0.1") && !trace.contains(SECRET), "{trace}");
    for file in files(&sandbox.path("")) {
        let content = fs::read(sandbox.path(&file)).unwrap_or_default();
        let content = String::from_utf8_lossy(&content);
        assert!(!content.contains(SECRET), "{file}");
    }
}

#[test]
fn a_secret_is_asked_for_and_not_echoed() {
    let sandbox = Sandbox::new();
    let words = ["storage", "ping", "local:///no-such-dir", "--password", "-"];
    let mut command = sandbox.command("", "trunks", &words);
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("trunks runs");
    let mut input = child.stdin.take().expect("piped");
    writeln!(input, "{SECRET}").expect("it reads");
    let errors = BufReader::new(child.stderr.take().expect("piped"));
    let said: Vec<String> = errors.lines().map(|line| line.expect("text")).collect();
    assert!(said[0].contains("--password means nothing to local://"), "{said:?}");
    assert!(!said.concat().contains(SECRET));
    assert_eq!(child.wait().expect("it ends").code(), Some(2));
}
