//! The repository that is measured with, compact, and a scratch folder for all that is made of it.

use crate::{
    command::{cargo, command, output, run, target_dir},
    demo::history,
};
use anyhow::{Context, Result};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// How many commits the repository that is made has.
const COMMITS: u32 = 20_000;

/// What every case starts from.
pub struct Fixture {
    /// Where everything is made; removed at the end.
    pub scratch: PathBuf,
    /// A bare repository, fully repacked.
    pub compact: PathBuf,
    /// The folder of the release binaries.
    pub binaries: PathBuf,
}

impl Fixture {
    /// Builds the binaries and a compact bare copy of `repo`, or of a repository that is made.
    pub fn prepare(repo: Option<&Path>) -> Result<Self> {
        run(&mut cargo("build --release --package trunks --bins"))?;
        let scratch = target_dir().join("bench");
        if scratch.exists() {
            fs::remove_dir_all(&scratch).context("the last bench cannot be removed")?;
        }
        fs::create_dir_all(&scratch)?;
        let compact = scratch.join("compact.git");
        let fixture = Self { binaries: target_dir().join("release"), scratch, compact };
        match repo {
            Some(repo) => {
                let from = env::current_dir()?.join(repo);
                let mut git = fixture.git(&fixture.scratch);
                git.args(["clone", "--quiet", "--mirror", "--no-local"]).arg(from);
                run(git.arg(&fixture.compact))?;
                fixture.ask(&["config", "--unset", "remote.origin.mirror"])?;
            }
            None => history::make(&fixture.compact, COMMITS)?,
        }
        fixture.ask(&["repack", "-a", "-d", "-q"])?;
        fixture.ask(&["pack-refs", "--all"])?;
        Ok(fixture)
    }

    /// Removes all that was made.
    pub fn remove(self) -> Result<()> {
        fs::remove_dir_all(&self.scratch).context("what was measured cannot be removed")
    }

    /// Git in `dir`, which finds `git-remote-trunks` as it would once that is installed.
    pub fn git(&self, dir: &Path) -> Command {
        self.git_finding(&self.binaries, dir)
    }

    /// Git in `dir` with `folder` searched first for programs.
    pub fn git_finding(&self, folder: &Path, dir: &Path) -> Command {
        let mut git = Command::new("git");
        let rest = env::var("PATH").unwrap_or_default();
        git.current_dir(dir).env("PATH", format!("{}:{rest}", folder.display()));
        git
    }

    /// A path in the scratch folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.scratch.join(name)
    }

    /// The URL of the trunk called `name` in the scratch store.
    pub fn trunk(&self, name: &str) -> String {
        format!("trunks::local://{}/{name}", self.path("store").display())
    }

    /// The `file://` URL of a path in the scratch folder.
    pub fn file(&self, name: &str) -> String {
        format!("file://{}", self.path(name).display())
    }

    /// What git prints about the compact repository.
    pub fn ask(&self, args: &[&str]) -> Result<String> {
        let mut git = command("git", args);
        Ok(output(git.current_dir(&self.compact))?.trim().to_owned())
    }
}
