//! The git repository that one stands in.

use super::{CliError, Exit, git};
use crate::settings::Settings;
use std::{
    env,
    path::{Path, PathBuf},
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
    /// `NotFound`: there is none here.
    pub fn find() -> Result<Self, CliError> {
        let dir = env::current_dir()
            .map_err(|error| CliError::failed(format!("the current directory: {error}")))?;
        let words = ["rev-parse", "--path-format=absolute", "--git-common-dir"];
        let common = git::ask(&dir, &words)?.ok_or_else(|| {
            CliError::new(Exit::NotFound, format!("{} is not in a git repository", dir.display()))
                .advise("go into one, or make one with: git init")
        })?;
        let common = PathBuf::from(common);
        let root = if common.file_name().is_some_and(|name| name == ".git") {
            common.parent().map(Path::to_owned)
        } else {
            // A submodule's directory lies in another repository's; a bare one has no working tree.
            git::ask(&dir, &["rev-parse", "--show-toplevel"])?.map(PathBuf::from)
        };
        Ok(Self { root: root.unwrap_or(common), dir })
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

    /// What trunks keeps of it, if it was initialised.
    pub fn settings_if_any(&self) -> Result<Option<Settings>, CliError> {
        match git::ask(&self.root, &["config", "--local", Settings::REPO_KEY])? {
            Some(repo) => Ok(Settings::read(&self.root, &repo)?),
            None => Ok(None),
        }
    }

    /// The branch that is checked out, in short, though it may not have a commit yet; `None` when
    /// `HEAD` is detached.
    pub fn branch(&self) -> Result<Option<String>, CliError> {
        git::ask(&self.dir, &["symbolic-ref", "--quiet", "--short", "HEAD"])
    }
}
