//! Many processes push at once, by trunks and by stock git: every acknowledged commit is there.

use std::{collections::HashSet, path::Path, thread};
use trunks_tests::workshop::{Workshop, is_long};

/// How often a push is tried that others come before.
const TRIES: u32 = 500;

/// A writer with a repository of its own.
struct Writer<'w> {
    workshop: &'w Workshop,
    name: String,
    url: String,
}

impl Writer<'_> {
    /// Puts `count` commits on a branch of its own and on the shared one. Returns those of the shared
    /// one that were acknowledged, and the last of its own.
    fn work(&self, count: usize) -> (Vec<String>, String) {
        let directory = self.workshop.worktree(&self.name);
        let mut shared = Vec::new();
        let mut own: Option<String> = None;
        for number in 0..count {
            let message = format!("{} {number}", self.name);
            let bytes = message.repeat(100);
            let commit = |parent: &str, to: &str| {
                let file = format!("{bytes} {to}").into_bytes();
                self.workshop.commit(&directory, Some(parent), &message, &file)
            };
            let parent = match &own {
                Some(own) => own.clone(),
                None => self.tip(&directory, "shared"),
            };
            let next = commit(&parent, "own");
            self.until_pushed(&directory, || (next.clone(), format!("own/{}", self.name)));
            own = Some(next);
            let pushed = self.until_pushed(&directory, || {
                (commit(&self.tip(&directory, "shared"), "shared"), "shared".to_owned())
            });
            shared.push(pushed);
        }
        (shared, own.expect("at least one"))
    }

    /// The branch's commit. It is kept by a ref, as in a clone: the next fetch brings what is new since.
    fn tip(&self, directory: &Path, branch: &str) -> String {
        let refspec = format!("+refs/heads/{branch}:refs/remotes/there/{branch}");
        let words = ["fetch", "--quiet", "--no-auto-gc", &self.url, &refspec];
        self.workshop.git(directory, &words);
        self.workshop.git(directory, &["rev-parse", &format!("refs/remotes/there/{branch}")])
    }

    /// Pushes what `make` makes to the branch that it names until that goes through.
    fn until_pushed(&self, directory: &Path, make: impl Fn() -> (String, String)) -> String {
        let mut told = String::new();
        for _ in 0..TRIES {
            let (commit, branch) = make();
            let refspec = format!("{commit}:refs/heads/{branch}");
            let pushed =
                self.workshop.try_git(directory, &["push", "--quiet", &self.url, &refspec]);
            if pushed.status.success() {
                return commit;
            }
            told = String::from_utf8_lossy(&pushed.stderr).into_owned();
            assert!(is_a_lost_race(&told), "{} failed: {told}", self.name);
        }
        panic!("{} was never first in {TRIES} tries: {told}", self.name);
    }
}

/// Whether a push was refused because someone else was first, in the words of git.
fn is_a_lost_race(told: &str) -> bool {
    [
        "fetch first",
        "non-fast-forward",
        "stale info",
        "failed to update ref",
        "cannot lock ref",
        "remote rejected",
        "failed to lock",
    ]
    .iter()
    .any(|words| told.contains(words))
}

#[test]
fn every_acknowledged_commit_is_there() {
    let (writers, commits): (usize, usize) = if is_long() { (20, 20) } else { (6, 5) };
    let workshop = Workshop::new();
    let first = workshop.worktree("first");
    let root = workshop.commit(&first, None, "first", b"first");
    let refspec = format!("{root}:refs/heads/shared");
    workshop.git(&first, &["push", "--quiet", &workshop.remote("team-app"), &refspec]);
    let stored = workshop.stored("team-app");
    let by_file = format!("file://{}", stored.display());
    let by_trunks = workshop.remote("team-app");

    // One in four is stock git.
    let done: Vec<(String, Vec<String>, String)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..writers + writers.div_ceil(3))
            .map(|number| {
                let is_ours = number < writers;
                let name = format!("{}{number}", if is_ours { "trunks" } else { "git" });
                let url = if is_ours { &by_trunks } else { &by_file }.clone();
                let writer = Writer { workshop: &workshop, name, url };
                scope.spawn(move || {
                    let (shared, own) = writer.work(commits);
                    (writer.name, shared, own)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });

    let on_shared = workshop.git(&stored, &["rev-list", "refs/heads/shared"]);
    let on_shared: HashSet<&str> = on_shared.lines().collect();
    for (name, shared, own) in &done {
        let lost = shared.iter().filter(|id| !on_shared.contains(id.as_str())).count();
        assert_eq!(lost, 0, "{lost} of {} acknowledged commits of {name} are lost", shared.len());
        let tip = workshop.git(&stored, &["rev-parse", &format!("refs/heads/own/{name}")]);
        assert_eq!(tip, *own, "{name}'s own branch");
    }
    assert_eq!(on_shared.len(), 1 + done.len() * commits);
    workshop.fsck(&stored);
    workshop.trunks(&first, &["check", &workshop.url("team-app")]);
}
