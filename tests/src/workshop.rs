//! A place to try the programs in: a directory of its own, git without this machine's settings, and
//! the binaries that were built.

use crate::servers::Place;
use std::{
    env,
    ffi::OsStr,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// Set to make the tests that repeat something at random repeat it as often as was promised, instead
/// of a fifth of that.
pub const LONG: &str = "TRUNKS_TEST_LONG";

/// A directory that is removed when dropped, with a store in it or on a server.
#[derive(Debug)]
pub struct Workshop {
    directory: TempDir,
    programs: PathBuf,
    place: Option<Place>,
}

impl Default for Workshop {
    fn default() -> Self {
        Self::new()
    }
}

impl Workshop {
    /// Makes the directory, the store's and the home's.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        for name in ["home", "store"] {
            fs::create_dir(directory.path().join(name)).expect("made");
        }
        Self { directory, programs: programs(), place: None }
    }

    /// The same, with the store on a server.
    pub fn over(place: Place) -> Self {
        Self { place: Some(place), ..Self::new() }
    }

    /// The path of something in the directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Where the repository called `name` is stored, if not on a server: a bare repository.
    pub fn stored(&self, name: &str) -> PathBuf {
        self.path(&format!("store/trunks/{name}.trunk"))
    }

    /// The URL of the repository called `name`, as `trunks` takes it.
    pub fn url(&self, name: &str) -> String {
        match &self.place {
            Some(place) => place.repository(name),
            None => format!("local://{}/{name}", self.path("store").display()),
        }
    }

    /// The same for git.
    pub fn remote(&self, name: &str) -> String {
        format!("trunks::{}", self.url(name))
    }

    /// A command with nothing of this machine's settings, that finds our programs and git.
    pub fn command(&self, program: impl AsRef<OsStr>, directory: &Path) -> Command {
        let path = env::var_os("PATH").unwrap_or_default();
        let path = [self.programs.clone()].into_iter().chain(env::split_paths(&path));
        let mut command = Command::new(program);
        command
            .current_dir(directory)
            .env_clear()
            .env("PATH", env::join_paths(path).expect("paths without colons"))
            .env("HOME", self.path("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_AUTHOR_NAME", "A U Thor")
            .env("GIT_AUTHOR_EMAIL", "author@example.com")
            .env("GIT_COMMITTER_NAME", "C O Mitter")
            .env("GIT_COMMITTER_EMAIL", "committer@example.com")
            .stdin(Stdio::null());
        command.envs(self.place.iter().flat_map(Place::variables));
        command
    }

    /// Runs git in `directory`, whatever comes of it.
    pub fn try_git(&self, directory: &Path, words: &[&str]) -> Output {
        self.command("git", directory).args(words).output().expect("git is installed")
    }

    /// Runs git in `directory`. Returns what it says, without the end of the last line.
    pub fn git(&self, directory: &Path, words: &[&str]) -> String {
        said("git", words, self.try_git(directory, words))
    }

    /// Runs git in `directory` with `input`.
    pub fn git_with(&self, directory: &Path, words: &[&str], input: &[u8]) -> String {
        let mut command = self.command("git", directory);
        command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("git is installed");
        let mut stdin = child.stdin.take().expect("piped");
        stdin.write_all(input).expect("git reads it all");
        drop(stdin);
        said("git", words, child.wait_with_output().expect("it ends"))
    }

    /// Runs `trunks`.
    pub fn trunks(&self, directory: &Path, words: &[&str]) -> String {
        let output = self.command("trunks", directory).args(words).output();
        said("trunks", words, output.expect("trunks is built"))
    }

    /// Makes an empty repository to work in.
    pub fn worktree(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        let words = ["init", "--quiet", "--initial-branch=main", name];
        self.git(self.directory.path(), &words);
        path
    }

    /// Makes a commit of one file in the repository at `directory`, and moves no branch. Returns it.
    pub fn commit(
        &self,
        directory: &Path,
        parent: Option<&str>,
        message: &str,
        file: &[u8],
    ) -> String {
        let blob = self.git_with(directory, &["hash-object", "-w", "--stdin"], file);
        let entry = format!("100644 blob {blob}\tfile\n");
        let tree = self.git_with(directory, &["mktree"], entry.as_bytes());
        let mut words = vec!["commit-tree", &tree, "-m", message];
        words.extend(parent.into_iter().flat_map(|parent| ["-p", parent]));
        self.git(directory, &words)
    }

    /// Has git judge a stored repository: nothing must be said but what merely nobody names.
    pub fn fsck(&self, stored: &Path) {
        let said = self.git(stored, &["fsck", "--full", "--strict", "--no-dangling"]);
        assert_eq!(said, "", "git fsck of {}", stored.display());
    }
}

/// Whether the tests run in their long form.
pub fn is_long() -> bool {
    env::var_os(LONG).is_some_and(|set| !set.is_empty() && set != "0")
}

/// Everything below `root` that is not a directory.
pub fn files(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).expect("a directory").flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                directories.push(path);
            } else {
                let path = path.strip_prefix(root).expect("below the root");
                files.push(path.to_string_lossy().into_owned());
            }
        }
    }
    files.sort();
    files
}

/// Where `trunks` and `git-remote-trunks` were built: next to the program that is running.
fn programs() -> PathBuf {
    let this = env::current_exe().expect("this program");
    let built = this.ancestors().skip(1).find(|directory| directory.join("trunks").is_file());
    let built = built.expect("trunks is not built: run the tests of the whole workspace");
    let helper = built.join("git-remote-trunks");
    assert!(helper.is_file(), "{} is not built", helper.display());
    built.to_owned()
}

fn said(program: &str, words: &[&str], output: Output) -> String {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {words:?}: {}\n{told}", output.status);
    String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned()
}
