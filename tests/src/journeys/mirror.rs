//! A primary on one server and a mirror on another.

use crate::{
    sandbox::Sandbox,
    servers::{Place, Process},
};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Command, Output, Stdio},
};

/// A repository whose primary is in one place and whose mirror in another.
#[derive(Debug)]
struct Pair {
    sandbox: Sandbox,
    primary: Place,
    mirror: Place,
}

impl Pair {
    /// Both are connected, and hold what was pushed.
    fn new(primary: Place, mirror: Place) -> Self {
        let sandbox = Sandbox::new();
        sandbox.repository("my-app", 3);
        sandbox.trunks("my-app", &["init"]);
        let pair = Self { sandbox, primary, mirror };
        pair.add("primary", &pair.primary, &[]);
        pair.sandbox.git("my-app", &["push", "--quiet"]);
        pair.add("backup", &pair.mirror, &["--mirror"]);
        pair
    }

    fn add(&self, name: &str, place: &Place, more: &[&str]) {
        let flags = place.flags();
        let mut words = vec!["storage", "add", "--name", name, "--url", &place.url];
        words.extend(more.iter().copied().chain(flags.iter().map(String::as_str)));
        self.sandbox.trunks("my-app", &words);
    }

    /// The refs of the repository in a place.
    fn refs(&self, place: &Place) -> String {
        let url = format!("trunks::{}", place.repository("my-app"));
        let mut git = self.sandbox.command("", "git", &["ls-remote", &url]);
        text(git.envs(place.variables()))
    }

    fn main(&self, place: &Place) -> String {
        let refs = self.refs(place);
        let main = refs.lines().find_map(|line| line.strip_suffix("\trefs/heads/main"));
        main.expect("main is there").to_owned()
    }

    /// Demands that the mirror holds what the primary holds, and that git finds nothing wrong with it.
    fn in_line(&self) {
        assert_eq!(self.refs(&self.mirror), self.refs(&self.primary));
        let url = format!("trunks::{}", self.mirror.repository("my-app"));
        let judge = self.sandbox.path("judge");
        let words = ["clone", "--quiet", "--mirror", &url, "judge"];
        text(self.sandbox.command("", "git", &words).envs(self.mirror.variables()));
        self.sandbox.fsck_beside_losers("judge");
        fs::remove_dir_all(judge).expect("removed");
    }

    /// Has git stop in a push, after it has asked for the refs and before it orders anything, and runs
    /// `act` then. Returns how the push ended and what it said.
    fn push_interrupted(&self, act: impl FnOnce()) -> Output {
        for pipe in ["stopped", "go"] {
            text(self.sandbox.command("", "mkfifo", &[pipe]).stderr(Stdio::inherit()));
        }
        let hook = self.sandbox.path("my-app/.git/hooks/pre-push");
        let script = "#!/bin/sh\necho > ../stopped\nread go < ../go\nexit 0\n";
        fs::write(&hook, script).expect("written");
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("our own");
        let mut git = self.sandbox.command("my-app", "git", &["push"]);
        git.stdout(Stdio::piped()).stderr(Stdio::piped());
        let running = git.spawn().expect("git is installed");
        // Each waits until the other end is opened.
        fs::read(self.sandbox.path("stopped")).expect("the hook runs");
        act();
        fs::write(self.sandbox.path("go"), "go\n").expect("the hook waits");
        let output = running.wait_with_output().expect("it ends");
        fs::remove_file(hook).expect("removed");
        output
    }
}

/// Every push reaches the mirror or fails and names it; nothing is lost, and pushing again completes
/// it.
///
/// `server`: the mirror's, which no other test uses.
pub fn a_mirror_is_kept_in_line(primary: Place, mirror: Place, server: &Process) {
    let pair = Pair::new(primary, mirror);
    let sandbox = &pair.sandbox;
    pair.in_line();
    sandbox.commit("my-app", "more", "work");
    sandbox.git("my-app", &["tag", "--annotate", "--message", "one", "v1"]);
    sandbox.git("my-app", &["push", "--quiet", "trunks", "main", "v1", "main:refs/heads/other"]);
    pair.in_line();
    sandbox.git("my-app", &["push", "--quiet", "trunks", ":other"]);
    pair.in_line();

    // Down before the push: nothing moves.
    let before = pair.refs(&pair.primary);
    let commit = sandbox.commit("my-app", "more", "while it was down");
    server.kill();
    let said = sandbox.git_fails("my-app", &["push"]);
    assert!(said.contains(&format!("mirror backup ({}", shown(&pair.mirror))), "{said}");
    assert_eq!(pair.refs(&pair.primary), before);
    server.start_again();
    sandbox.git("my-app", &["push", "--quiet"]);
    assert_eq!(pair.main(&pair.primary), commit);
    pair.in_line();

    // Down in the middle of one: the primary has it, and the mirror catches up.
    let commit = sandbox.commit("my-app", "more", "while it went down");
    let output = pair.push_interrupted(|| server.kill());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("mirror backup (") && said.contains("push again"), "{said}");
    assert_eq!(pair.main(&pair.primary), commit, "nothing is lost");
    server.start_again();
    assert_ne!(pair.main(&pair.mirror), commit);
    sandbox.trunks("my-app", &["push", "--quiet"]);
    pair.in_line();
}

/// Who knows the primary's URL alone finds the mirror, and is asked before git pushes past it.
pub fn a_fresh_machine_finds_the_mirror(primary: Place, mirror: Place) {
    let pair = Pair::new(primary, mirror);
    let Pair { sandbox, primary, mirror } = &pair;
    let url = primary.repository("my-app");
    fs::create_dir(sandbox.path("elsewhere")).expect("new");
    let there = |dir: &str, program: &str, words: &[&str]| {
        let mut command = sandbox.command(dir, program, words);
        command.env("HOME", sandbox.path("elsewhere"));
        command.envs(primary.variables());
        // Its keys are this machine's own; the map has its address only.
        command.envs(
            mirror
                .variables()
                .map(|(name, value)| (name.replace("STORAGE_PRIMARY_", "STORAGE_BACKUP_"), value)),
        );
        command
    };
    let flags = primary.flags();
    let mut words = vec!["clone", &url, "there"];
    words.extend(flags.iter().map(String::as_str));
    text(&mut there("elsewhere", "trunks", &words));
    let list = text(&mut there("elsewhere/there", "trunks", &["storage", "list"]));
    assert!(list.contains("backup") && list.contains("mirror"), "{list}");
    sandbox.commit("elsewhere/there", "more", "work");
    text(&mut there("elsewhere/there", "git", &["push", "--quiet"]));
    pair.in_line();

    let remote = format!("trunks::{url}");
    text(&mut there("elsewhere", "git", &["clone", "--quiet", &remote, "plain"]));
    let before = pair.refs(primary);
    sandbox.commit("elsewhere/plain", "still more", "work");
    let output = there("elsewhere/plain", "git", &["push"]).output().expect("git is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("storage add --mirror --name backup --url"), "{said}");
    for (name, value) in &mirror.options {
        assert!(!name.contains("key") || !said.contains(value.as_str()), "{name} is shown: {said}");
    }
    assert_eq!(pair.refs(primary), before);
}

/// The beginning of a place's URL, up to its host or bucket.
fn shown(place: &Place) -> &str {
    place.url.split_once("://").map_or("", |(scheme, _)| scheme)
}

/// Runs a command that must succeed, and gives what it printed.
fn text(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("it is installed");
    assert!(status.success(), "{command:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8_lossy(&stdout).trim_end().to_owned()
}
