//! A workshop whose directories go by short names, with what tests of push and fetch say often.

use crate::{servers::Place, workshop::Workshop};
use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

/// A workshop whose directories go by short names: the empty one is the workshop itself.
#[derive(Debug, Default)]
pub struct Sandbox {
    workshop: Workshop,
}

impl Sandbox {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty one whose store is on a server.
    pub fn over(place: Place) -> Self {
        Self { workshop: Workshop::over(place) }
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.workshop.path(name)
    }

    /// The URL for git of the repository called `name` in the store of this sandbox.
    pub fn url(&self, name: &str) -> String {
        self.workshop.remote(name)
    }

    /// Where that repository's files are.
    pub fn stored(&self, name: &str) -> PathBuf {
        self.workshop.stored(name)
    }

    /// A program with a clean environment, in the directory called `dir`.
    pub fn command(&self, dir: &str, program: &str, arguments: &[&str]) -> Command {
        let mut command = self.workshop.command(program, &self.path(dir));
        command.args(arguments);
        command
    }

    /// Runs git, which must succeed, and gives what it printed.
    pub fn git(&self, dir: &str, arguments: &[&str]) -> String {
        text(
            &succeed(&self.command(dir, "git", arguments).output().expect("git runs"), arguments)
                .stdout,
        )
    }

    /// Runs git with `input`, which must succeed.
    pub fn git_with(&self, dir: &str, arguments: &[&str], input: &str) -> String {
        self.workshop.git_with(&self.path(dir), arguments, input.as_bytes())
    }

    /// Runs git, which must fail, and gives what it said on stderr.
    pub fn git_fails(&self, dir: &str, arguments: &[&str]) -> String {
        let output = self.command(dir, "git", arguments).output().expect("git runs");
        assert!(!output.status.success(), "git {arguments:?} succeeded");
        text(&output.stderr)
    }

    /// Runs `trunks`, which must succeed, and gives what it printed.
    pub fn trunks(&self, dir: &str, arguments: &[&str]) -> String {
        let output = self.command(dir, "trunks", arguments).output().expect("trunks runs");
        text(&succeed(&output, arguments).stdout)
    }

    /// Runs `trunks`, and gives its exit code and what it said on stderr.
    pub fn trunks_ends(&self, dir: &str, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.command(dir, "trunks", arguments).output().expect("trunks runs");
        (output.status.code(), text(&output.stderr))
    }

    /// A repository called `dir` with `commits` commits on main.
    pub fn repository(&self, dir: &str, commits: u32) {
        self.workshop.worktree(dir);
        for number in 1..=commits {
            self.commit(dir, &format!("file-{}", number % 7), &format!("content {number}\n"));
        }
    }

    /// Writes a file and commits it. Returns the commit.
    pub fn commit(&self, dir: &str, file: &str, content: &str) -> String {
        fs::write(self.path(dir).join(file), content).expect("written");
        self.git(dir, &["add", file]);
        self.git(dir, &["commit", "--quiet", "--message", &format!("{file}: {content}")]);
        self.git(dir, &["rev-parse", "HEAD"])
    }

    /// All objects of a repository, with type and size.
    pub fn objects(&self, dir: &str) -> Vec<String> {
        let list = self.git(dir, &["cat-file", "--batch-all-objects", "--batch-check"]);
        list.lines().map(str::to_owned).collect()
    }

    /// All refs of a repository, with what they name.
    pub fn refs(&self, dir: &str) -> String {
        self.git(dir, &["for-each-ref", "--format=%(objectname) %(refname)"])
    }

    /// Demands that git finds nothing to say of a repository.
    pub fn fsck(&self, dir: &str) {
        self.fsck_with(dir, &["fsck", "--full", "--strict"]);
    }

    /// The same where objects may lie that nobody names: those of pushes that lost or were forced away.
    pub fn fsck_beside_losers(&self, dir: &str) {
        self.fsck_with(dir, &["fsck", "--full", "--strict", "--no-dangling"]);
    }

    fn fsck_with(&self, dir: &str, words: &[&str]) {
        let output = self.command(dir, "git", words).output().expect("git runs");
        let said = [text(&output.stdout), text(&output.stderr)].concat();
        assert!(output.status.success() && said.is_empty(), "{dir}: {said}");
    }

    /// The same of the directory in which a repository is stored.
    pub fn fsck_stored(&self, name: &str) {
        self.fsck(&format!("store/trunks/{name}.trunk"));
    }
}

fn succeed<'o>(output: &'o Output, arguments: &[&str]) -> &'o Output {
    let said = text(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {}\n{said}", output.status);
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}
