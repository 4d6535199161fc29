//! Pushes of real git, and of clients that break the rules.

use super::*;
use crate::{
    limits::Limits,
    repository::CreateOptions,
    store::{Expected, Memory},
    testing::{
        Counting, TempDir, block_on, git, git_text, git_with_input, keys, repo_name, try_git,
        unload,
    },
    wire::{bridge::serve, testing::Script},
};
use alloc::{borrow::ToOwned, format};
use std::path::Path;

mod pushes;
mod rules;
mod shallow;

const ROOT: &str = "trunks/x.trunk/";

/// A store with an empty repository.
fn empty() -> Memory {
    let store = Memory::new();
    let options = CreateOptions {
        default_branch: "main".to_owned(),
        is_static: false,
        id: "00000000-0000-4000-8000-000000000000".to_owned(),
    };
    block_on(Repository::create(&store, &repo_name(), &options)).unwrap();
    store
}

/// A repository with some commits on `main`, each of which changes one file.
fn work(commits: u32) -> TempDir {
    let dir = TempDir::new();
    git(dir.path(), &["init", "-q", "."]);
    for number in 1..=commits {
        commit(dir.path(), &format!("file{}", number % 5), &format!("{number}\n"));
    }
    dir
}

/// Commits a file.
fn commit(dir: &Path, name: &str, text: &str) {
    std::fs::write(dir.join(name), text).unwrap();
    git(dir, &["add", name]);
    git(dir, &["commit", "-q", "-m", &format!("change {name}")]);
}

/// Pushes and gives what git said; it must succeed, or must not.
fn push(store: &Memory, dir: &Path, arguments: &[&str], succeeds: bool) -> String {
    let ((is_success, _, said), _) = serve(store, |url| {
        git(dir, &["config", "remote.t.url", &format!("{url}x")]);
        try_git(dir, &[&["push", "t"], arguments].concat(), b"")
    });
    assert_eq!(is_success, succeeds, "{arguments:?}: {said}");
    said
}

/// Has git look at what is stored, and gives its refs as `for-each-ref` prints them.
fn judge(store: &Memory) -> String {
    let dir = TempDir::new();
    git(dir.path(), &["init", "-q", "--bare", "."]);
    unload(store, ROOT, dir.path());
    let arguments = ["fsck", "--full", "--strict", "--no-dangling"];
    let (is_success, said, errors) = try_git(dir.path(), &arguments, b"");
    let said = String::from_utf8(said).unwrap() + &errors;
    // That there are no branches yet is no fault.
    let is_quiet = said.lines().all(|line| line.starts_with("notice: "));
    assert!(is_success && is_quiet, "{said}");
    git_text(dir.path(), &["for-each-ref", "--format=%(objectname) %(refname)"])
}

/// One request to a server, as over HTTP, and its answer.
fn request(store: &Memory, limits: Limits, input: &[&[u8]]) -> (Result<(), WireError>, String) {
    let repository = Repository::open(store, &repo_name(), limits);
    let mut script = Script::new(input);
    let options =
        ReceiveOptions { session: Session::Request, nonce: [3; 20], ..ReceiveOptions::default() };
    let outcome = block_on(receive_pack(&repository, &mut script, &options));
    (outcome, String::from_utf8_lossy(&script.sent()).into_owned())
}

fn frame(payload: &str) -> String {
    format!("{:04x}{payload}", payload.len() + 4)
}

/// Commands that ask for a report.
fn commands(commands: &[(&str, &str, &str)]) -> String {
    let line = |(number, (old, new, name)): (usize, &(&str, &str, &str))| {
        let capabilities = if number == 0 { "\0report-status" } else { "" };
        frame(&format!("{old} {new} {name}{capabilities}"))
    };
    let lines: Vec<String> = commands.iter().enumerate().map(line).collect();
    lines.concat() + "0000"
}

/// The pack of what `revisions` give.
fn pack(dir: &Path, revisions: &str) -> Vec<u8> {
    git_with_input(dir, &["pack-objects", "--stdout", "--revs", "-q"], revisions.as_bytes())
}

const ZERO: &str = "0000000000000000000000000000000000000000";
