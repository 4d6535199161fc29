//! A directory with a home of its own, in which real git and our commands run undisturbed.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{self, Command, Output, Stdio},
    sync::atomic::{AtomicU64, Ordering},
};

/// A directory that is removed when the value is dropped.
#[derive(Debug)]
pub struct Sandbox {
    root: PathBuf,
}

impl Sandbox {
    /// An empty one. `trunks` and `git-remote-trunks` must have been built.
    pub fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let root = env::temp_dir().join(format!("trunks-tests-{}-{number}", process::id()));
        fs::create_dir_all(root.join("home")).expect("a directory");
        let sandbox = Self { root: root.canonicalize().expect("it was just made") };
        for program in ["trunks", "git-remote-trunks"] {
            let path = programs().join(program);
            assert!(path.is_file(), "{} is missing: cargo build --release", path.display());
        }
        sandbox
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The URL for git of the repository called `name` in the store of this sandbox.
    pub fn url(&self, name: &str) -> String {
        format!("trunks::local://{}/store/{name}", self.root.display())
    }

    /// Where that repository's files are.
    pub fn stored(&self, name: &str) -> PathBuf {
        self.root.join(format!("store/trunks/{name}.trunk"))
    }

    /// A program with a clean environment, in the directory called `dir`.
    pub fn command(&self, dir: &str, program: &str, arguments: &[&str]) -> Command {
        let path = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([programs()].into_iter().chain(env::split_paths(&path)));
        let mut command = Command::new(program);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("GIT_") {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .current_dir(self.root.join(dir))
            .env("PATH", path.expect("no colon in it"))
            .env("HOME", self.root.join("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "A U Thor")
            .env("GIT_AUTHOR_EMAIL", "author@example.com")
            .env("GIT_COMMITTER_NAME", "C O Mitter")
            .env("GIT_COMMITTER_EMAIL", "committer@example.com")
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", "init.defaultBranch")
            .env("GIT_CONFIG_VALUE_0", "main")
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        command
    }

    /// Runs git, which must succeed, and gives what it printed.
    pub fn git(&self, dir: &str, arguments: &[&str]) -> String {
        text(
            &succeed(&self.command(dir, "git", arguments).output().expect("git runs"), arguments)
                .stdout,
        )
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
        self.git("", &["init", "--quiet", dir]);
        for number in 1..=commits {
            self.commit(dir, &format!("file-{}", number % 7), &format!("content {number}\n"));
        }
    }

    /// Writes a file and commits it. Returns the commit.
    pub fn commit(&self, dir: &str, file: &str, content: &str) -> String {
        fs::write(self.root.join(dir).join(file), content).expect("written");
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
        let output = self.command(dir, "git", &["fsck", "--full", "--strict"]).output();
        let output = output.expect("git runs");
        let said = [text(&output.stdout), text(&output.stderr)].concat();
        assert!(output.status.success() && said.is_empty(), "{dir}: {said}");
    }

    /// The same of the directory in which a repository is stored.
    pub fn fsck_stored(&self, name: &str) {
        self.fsck(&format!("store/trunks/{name}.trunk"));
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// Where cargo puts the programs: beside the directory of the test's own.
fn programs() -> PathBuf {
    let test = env::current_exe().expect("the test's own path");
    test.ancestors().nth(2).map(Path::to_owned).expect("target/<profile>/deps/<test>")
}

fn succeed<'o>(output: &'o Output, arguments: &[&str]) -> &'o Output {
    let said = text(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {}\n{said}", output.status);
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}
