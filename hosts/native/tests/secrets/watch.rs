//! Running programs while looking for secrets in all that they show.

use super::{Road, Store};
use base64::Engine as _;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Command, Output},
};
use trunks_tests::sandbox::Sandbox;

/// What is run, with what lets one in, and all that can be said switched on.
pub struct Watch<'s> {
    pub sandbox: Sandbox,
    /// The server's, as settings and URLs have it.
    pub address: String,
    store: &'s Store,
    road: Road,
    /// The secrets, and what they look like in disguise.
    forms: Vec<String>,
}

/// Have programs say whatever they can.
const TALK: [(&str, &str); 8] = [
    ("RUST_LOG", "trace"),
    ("RUST_BACKTRACE", "full"),
    ("GIT_TRACE", "1"),
    ("GIT_TRACE_PACKET", "1"),
    ("GIT_TRACE_SETUP", "1"),
    ("GIT_CURL_VERBOSE", "1"),
    ("GIT_TRACE_CURL", "1"),
    ("GIT_TRANSPORT_HELPER_DEBUG", "1"),
];

impl<'s> Watch<'s> {
    pub fn over(store: &'s Store, road: Road, sandbox: Sandbox) -> Self {
        if road == Road::OwnFiles {
            let (name, content) = store.own_file.as_ref().expect("there is one");
            let path = sandbox.path("home").join(name);
            fs::create_dir_all(path.parent().expect("a directory")).expect("made");
            fs::write(&path, content).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("our own");
        }
        let plain = store.secrets.iter().map(|secret| (*secret).to_owned());
        let base64 = |secret: &&str| base64::prelude::BASE64_STANDARD.encode(secret);
        let coded = |secret: &&str| {
            secret.replace('%', "%25").replace('/', "%2F").replace('+', "%2B").replace(' ', "%20")
        };
        let coded = store.secrets.iter().map(coded);
        let base64 = store.secrets.iter().map(base64);
        let forms = plain.chain(coded).chain(base64).collect();
        let address = store.proxy.address().to_string();
        Self { sandbox, address, store, road, forms }
    }

    /// Whether a secret stands there.
    pub fn is_seen(&self, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes);
        self.forms.iter().any(|form| text.contains(form))
    }

    /// A program with what lets one in.
    pub fn command(&self, dir: &str, program: &str, words: &[&str]) -> Command {
        let mut command = self.sandbox.command(dir, program, words);
        command.envs(TALK).env("GIT_TRACE2_EVENT", self.sandbox.path("trace"));
        match self.road {
            Road::Variables => {
                command.envs(self.store.place.variables());
            }
            Road::OwnVariables => {
                let own = self.store.own_variables.iter().map(|(name, value)| (name, value));
                command.envs(own);
            }
            Road::Flags | Road::OwnFiles => {}
        }
        command
    }

    /// Runs a program, which succeeds and shows no secret.
    pub fn runs(&mut self, dir: &str, program: &str, words: &[&str]) {
        let output = self.command(dir, program, words).output().expect("it runs");
        self.hears(program, &output);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{:?}: {program} {}: {said}", self.road, words[0]);
    }

    /// Runs a program, which fails and shows no secret.
    pub fn fails(&mut self, dir: &str, program: &str, words: &[&str]) {
        let mut command = self.command(dir, program, words);
        let output = command.env("TRUNKS_STORAGE_PRIMARY_TIMEOUT", "2").output();
        let output = output.expect("it runs");
        self.hears(program, &output);
        assert!(!output.status.success(), "{:?}: {program} {words:?} succeeded", self.road);
    }

    /// Listens to what was said.
    pub fn hears(&self, who: &str, output: &Output) {
        for said in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(said);
            assert!(!self.is_seen(said), "{:?}: {who} says a secret: {text}", self.road);
        }
    }

    /// The process of the helper that `git` has started, once it lets nobody dump it.
    pub fn helper_of(&self, git: u32) -> u32 {
        let is_helper = |id: &u32| {
            let name = fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
            let limits = fs::read_to_string(format!("/proc/{id}/limits")).unwrap_or_default();
            let has_no_core = |line: &str| {
                let mut words = line.split_whitespace().skip(4);
                line.starts_with("Max core file size") && words.next() == Some("0")
            };
            name.starts_with("git-remote-trun") && limits.lines().any(has_no_core)
        };
        loop {
            if let Some(id) = family(git).into_iter().find(is_helper) {
                return id;
            }
            assert!(is_alive(git), "the push ended before it was looked at");
            std::thread::yield_now();
        }
    }

    /// Looks at what the system shows of a process and all that come from it.
    pub fn looks_at(&self, process: u32) {
        let is_users_own = matches!(self.road, Road::Variables | Road::OwnVariables);
        for id in family(process) {
            let see = |file: &str| fs::read(format!("/proc/{id}/{file}")).unwrap_or_default();
            assert!(!self.is_seen(&see("cmdline")), "a secret stands in a command line");
            // What the user says in the environment is there for all that come after.
            assert!(is_users_own || !self.is_seen(&see("environ")), "{:?}: environment", self.road);
        }
    }
}

/// Has a process crash. What the runtime of its language handles at first, it handles once.
pub fn crash(process: u32, signal: &str) {
    while is_alive(process) {
        let kill = Command::new("kill").args(["-s", signal, &process.to_string()]).output();
        kill.expect("kill is installed");
        std::thread::yield_now();
    }
}

/// Whether there is such a process, not merely its exit code that nobody has asked for.
fn is_alive(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with(['Z', 'X']))
}

/// A process and all that come from it.
fn family(of: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
        .expect("Linux")
        .flatten()
        .filter_map(|process| {
            let stat = fs::read_to_string(process.path().join("stat")).ok()?;
            let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
            Some((process.file_name().to_str()?.parse().ok()?, parent))
        })
        .collect();
    let mut family = vec![of];
    let mut at = 0;
    while let Some(&parent) = family.get(at) {
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(id, _)| *id));
        at += 1;
    }
    family
}
