//! The git repository that one stands in.

use super::{CliError, Exit, git, output::Output};
use crate::settings::{Settings, SettingsLock};
use std::{
    env,
    path::{Path, PathBuf},
    process::Stdio,
};

/// The git repository around the current directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// The directory that holds `.trunks`: the top of the main working tree, or a bare repository.
    pub root: PathBuf,
    /// Where the command was called.
    pub dir: PathBuf,
}

impl Workspace {
    /// Finds it.
    ///
    /// # Errors
    /// `NotFound`: there is none here. `Failed`: there is one that git refuses.
    pub fn find() -> Result<Self, CliError> {
        let dir = env::current_dir()
            .map_err(|error| CliError::failed(format!("the current directory: {error}")))?;
        let words = ["rev-parse", "--path-format=absolute", "--git-common-dir"];
        // So that its words are known.
        let mut asked = git::command();
        asked.current_dir(&dir).args(words).env("LC_ALL", "C").stdin(Stdio::null());
        let answer = asked.output().map_err(git::not_run)?;
        if !answer.status.success() {
            return Err(refused(&dir, &answer.stderr));
        }
        let common = git::path(answer.stdout)?;
        let root = if common.file_name().is_some_and(|name| name == ".git") {
            common.parent().map(Path::to_owned)
        } else {
            // A submodule's directory lies in another repository's; a bare one has no working tree.
            let top = git::run(&dir, &["rev-parse", "--show-toplevel"])?;
            if top.status.success() { Some(git::path(top.stdout)?) } else { None }
        };
        Ok(Self { root: root.unwrap_or(common), dir })
    }

    /// Demands that its objects are named by SHA-1, as those in every storage are.
    ///
    /// # Errors
    /// `Failed`: they are not.
    pub fn require_sha1(&self) -> Result<(), CliError> {
        let format = git::must(&self.dir, &["rev-parse", "--show-object-format"])?;
        if format == "sha1" {
            return Ok(());
        }
        let message =
            format!("this repository is of the object format {format}, and storage only of sha1");
        Err(CliError::failed(message).advise("make one with: git init --object-format=sha1"))
    }

    /// What trunks keeps of it.
    ///
    /// # Errors
    /// `NotFound`: it was never initialised.
    pub fn settings(&self) -> Result<Settings, CliError> {
        self.settings_if_any()?.ok_or_else(|| {
            let root = self.root.display();
            CliError::new(Exit::NotFound, format!("{root} has no trunk yet"))
                .advise("make one with: trunks init")
        })
    }

    /// What trunks keeps of it, to be changed: nobody else changes it until the lock is dropped.
    ///
    /// # Errors
    /// `NotFound`: it was never initialised.
    pub fn settings_to_change(
        &self,
        output: &Output,
    ) -> Result<(SettingsLock, Settings), CliError> {
        self.settings()?;
        let lock = self.lock(output)?;
        Ok((lock, self.settings()?))
    }

    /// Waits until no other command changes what trunks keeps of it.
    pub fn lock(&self, output: &Output) -> Result<SettingsLock, CliError> {
        let wait = || output.say("waiting for another trunks command in this repository");
        Ok(Settings::lock(&self.root, wait)?)
    }

    /// What trunks keeps of it, if it was initialised.
    pub fn settings_if_any(&self) -> Result<Option<Settings>, CliError> {
        match git::ask(&self.root, &["config", "--local", Settings::REPO_KEY])? {
            Some(repo) => Ok(Settings::read(&self.root, &repo)?),
            None => Ok(None),
        }
    }

    /// The branch that is checked out, in short, though it may not have a commit yet; `None` when
    /// `HEAD` is detached.
    ///
    /// # Errors
    /// `Failed`: its name is not UTF-8.
    pub fn branch(&self) -> Result<Option<String>, CliError> {
        let Some(branch) = self.head()? else { return Ok(None) };
        let branch = String::from_utf8(branch).map_err(|error| {
            let name = git::show(error.as_bytes());
            let message =
                format!("the branch's name is not UTF-8, which names in storage are: {name}");
            CliError::failed(message).advise("rename it with: git branch -m NAME")
        })?;
        Ok(Some(branch))
    }

    /// The commit that is checked out; `None` before the first one.
    pub fn commit(&self) -> Result<Option<String>, CliError> {
        git::ask(&self.dir, &["rev-parse", "--quiet", "--verify", "HEAD"])
    }

    /// The same as [`Self::branch`], where the name may be of any bytes.
    pub fn head(&self) -> Result<Option<Vec<u8>>, CliError> {
        let asked = git::run(&self.dir, &["symbolic-ref", "--quiet", "--short", "HEAD"])?;
        let name = asked.stdout.strip_suffix(b"\n").unwrap_or(&asked.stdout);
        Ok(asked.status.success().then(|| name.to_vec()))
    }
}

/// Why git finds no repository in `dir`.
fn refused(dir: &Path, stderr: &[u8]) -> CliError {
    let words = git::words_of(stderr);
    if words.contains("not a git repository") {
        let message = format!("{} is not in a git repository", dir.display());
        return CliError::new(Exit::NotFound, message)
            .advise("go into one, or make one with: git init");
    }
    let first = words.lines().next().unwrap_or("it does not say why");
    let error = CliError::failed(format!("git refuses the repository here: {first}"));
    match words.lines().map(str::trim).find(|line| line.starts_with("git config ")) {
        Some(command) => error.advise(format!("if you trust it: {command}")),
        None => error,
    }
}
