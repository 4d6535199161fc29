//! Many push at once.

use crate::sandbox::Sandbox;
use std::{collections::HashSet, thread};

const WRITERS: usize = 4;
const COMMITS: usize = 3;

/// Each fetches, commits and pushes until that goes through: every acknowledged commit is there.
pub fn many_push_to_one_branch(sandbox: &Sandbox) {
    sandbox.repository("one", 1);
    sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "main"]);
    let pushed: Vec<String> = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| scope.spawn(move || write(sandbox, &format!("writer-{writer}"))))
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().expect("no panic")).collect()
    });
    sandbox.git("", &["clone", "--quiet", &sandbox.url("app"), "judge"]);
    sandbox.fsck_beside_losers("judge");
    let all = sandbox.git("judge", &["rev-list", "HEAD"]);
    let all: HashSet<&str> = all.lines().collect();
    let lost = pushed.iter().filter(|commit| !all.contains(commit.as_str())).count();
    assert_eq!(lost, 0, "acknowledged commits are lost");
    assert_eq!(all.len(), 1 + WRITERS * COMMITS);
}

fn write(sandbox: &Sandbox, name: &str) -> Vec<String> {
    const TRIES: usize = 100;
    sandbox.git("", &["clone", "--quiet", &sandbox.url("app"), name]);
    let mut pushed = Vec::new();
    for number in 0..COMMITS {
        let mut told = String::new();
        let done = (0..TRIES).any(|_| {
            sandbox.git(name, &["fetch", "--quiet", "origin"]);
            sandbox.git(name, &["reset", "--quiet", "--hard", "origin/main"]);
            sandbox.commit(name, name, &format!("{number}"));
            let push =
                sandbox.command(name, "git", &["push", "--quiet", "origin", "main"]).output();
            let push = push.expect("git is installed");
            told = String::from_utf8_lossy(&push.stderr).into_owned();
            let is_lost_race = ["fetch first", "rejected", "failed to update ref", "stale info"]
                .iter()
                .any(|words| told.contains(words));
            assert!(push.status.success() || is_lost_race, "{name}: {told}");
            push.status.success()
        });
        assert!(done, "{name} was never first in {TRIES} tries: {told}");
        pushed.push(sandbox.git(name, &["rev-parse", "HEAD"]));
    }
    pushed
}
