//! What the system allows a process: little is enough, or the reason is told.

use std::{fs, process::Command};
use trunks_tests::sandbox::Sandbox;

/// A repository with more refs than files may be open, connected.
fn with_many_refs() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository("my-app", 1);
    sandbox.trunks("my-app", &["init"]);
    let add = ["storage", "add", "--name", "primary", "--backend", "local", "--path", "../store"];
    sandbox.trunks("my-app", &add);
    let refs: String =
        (0..REFS).map(|number| format!("create refs/heads/b/{number} HEAD\n")).collect();
    sandbox.git_with("my-app", &["update-ref", "--stdin"], &refs);
    sandbox
}

const REFS: usize = 400;

/// Git within a limit of the shell's. Exit code and what it says.
fn within(sandbox: &Sandbox, limit: &str, words: &[&str]) -> (Option<i32>, String) {
    let script = format!("ulimit {limit}; exec \"$@\"");
    let words = [&["-c", &script, "sh"], words].concat();
    ended(sandbox.command("my-app", "bash", &words))
}

fn ended(mut command: Command) -> (Option<i32>, String) {
    let output = command.output().expect("a shell runs");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Of 1,585 refs some were rejected, because each wanted files of its own at once.
#[test]
fn few_open_files_are_enough() {
    let sandbox = with_many_refs();
    let (code, said) = within(&sandbox, "-n 64", &["git", "push", "--quiet", "trunks", "--all"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(sandbox.refs("store/trunks/my-app.trunk").lines().count(), REFS + 1);
    let url = sandbox.url("my-app");
    let clone = ["git", "clone", "--quiet", "--mirror", &url, "../clone"];
    let (code, said) = within(&sandbox, "-n 64", &clone);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(sandbox.refs("clone"), sandbox.refs("store/trunks/my-app.trunk"));
    let (code, said) = within(&sandbox, "-n 64", &["trunks", "check", "--clean"]);
    assert_eq!(code, Some(0), "{said}");
}

/// It was a panic, or "an internal error in the core", or some file that could not be opened.
#[test]
fn too_few_open_files_are_said_to_be() {
    const ENOUGH: u32 = 24;
    let sandbox = with_many_refs();
    let said_so = format!("allow more (ulimit -n {ENOUGH})");
    let url = sandbox.url("my-app");
    let bare = url.replacen("trunks::", "", 1);
    for files in [6, 8, 9, 12, 16, ENOUGH - 1] {
        let limit = format!("-n {files}");
        for (code, words) in [
            (1, &["trunks", "check"][..]),
            (1, &["trunks", "--json", "cat", ":file-1"]),
            (128, &["git-remote-trunks", "trunks", &bare]),
        ] {
            let (ended, said) = within(&sandbox, &limit, words);
            assert_eq!(ended, Some(code), "{limit} {words:?}: {said}");
            assert!(said.contains(&said_so), "{limit} {words:?}: {said}");
            assert_eq!(said.lines().count(), 1, "{limit} {words:?}: {said}");
        }
    }
    let limit = format!("-n {ENOUGH}");
    for words in [
        &["git", "push", "--quiet", "trunks", "main", "b/1"][..],
        &["git", "clone", "--quiet", &url, "../clone"],
        &["trunks", "cat", ":file-1"],
        &["trunks", "storage", "ping"],
        &["trunks", "check", "--clean"],
    ] {
        let (code, said) = within(&sandbox, &limit, words);
        assert_eq!(code, Some(0), "{words:?}: {said}");
    }
    assert_eq!(within(&sandbox, "-n 12", &["trunks", "--version"]).0, Some(0));
}

/// It was "an internal error in the core".
#[test]
#[cfg(target_os = "linux")]
fn too_few_addresses_are_said_to_be() {
    let sandbox = with_many_refs();
    let (code, said) =
        within(&sandbox, "-v 2000000", &["git", "push", "--quiet", "trunks", "main"]);
    assert_ne!(code, Some(0), "the core ran within 2 GB of addresses: say so in docs/cli.md");
    assert!(said.contains("ulimit -v") && !said.contains("internal error"), "{said}");
    let (code, said) = within(&sandbox, "-v 2000000", &["trunks", "check"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("ulimit -v") && !said.contains("internal error"), "{said}");
    let (code, said) =
        within(&sandbox, "-v 6000000", &["git", "push", "--quiet", "trunks", "main"]);
    assert_eq!(code, Some(0), "{said}");
}

/// It was a panic, or "an internal error in the core".
#[test]
#[cfg(target_os = "linux")]
fn too_few_processes_are_said_to_be() {
    let sandbox = with_many_refs();
    let count = allowed_processes(&sandbox);
    for more in 0..12 {
        let limit = format!("-u {}", count + more);
        let words = ["-c", &format!("ulimit {limit}; exec trunks check"), "sh"];
        let (code, said) = ended(limited(&sandbox, &words));
        assert!(!said.contains("panicked") && !said.contains("internal error"), "{limit}: {said}");
        if code != Some(0) {
            assert!(said.contains("ulimit -u"), "{limit}: {said}");
        } else if more > 0 {
            return;
        }
    }
    panic!("trunks check needs more than 12 processes");
}

/// A command whose processes are counted for it alone, where the system lets us.
#[cfg(target_os = "linux")]
fn limited(sandbox: &Sandbox, words: &[&str]) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = sandbox.command("my-app", "bash", words);
    if is_root() {
        command.uid(NOBODY_ELSE).env("GIT_CONFIG_COUNT", "1");
        command.env("GIT_CONFIG_KEY_0", "safe.directory").env("GIT_CONFIG_VALUE_0", "*");
    }
    command
}

/// How many processes there are of the one whose limit is set: a limit is of all of a user's.
#[cfg(target_os = "linux")]
fn allowed_processes(sandbox: &Sandbox) -> usize {
    if is_root() {
        for directory in ["", "my-app", "store"] {
            open_to_all(&sandbox.path(directory));
        }
        return 1;
    }
    let own = fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own));
    let own = own.expect("a process of our own");
    let processes = fs::read_dir("/proc").expect("Linux").flatten().filter(|entry| {
        entry.metadata().is_ok_and(|found| std::os::unix::fs::MetadataExt::uid(&found) == own)
    });
    processes.filter_map(|entry| Some(fs::read_dir(entry.path().join("task")).ok()?.count())).sum()
}

#[cfg(target_os = "linux")]
const NOBODY_ELSE: u32 = 54_321;

#[cfg(target_os = "linux")]
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// Has everybody read and write what lies below a directory.
#[cfg(target_os = "linux")]
fn open_to_all(directory: &std::path::Path) {
    let ended = Command::new("chmod").arg("-R").arg("a+rwX").arg(directory).status();
    assert!(ended.expect("chmod runs").success());
}
