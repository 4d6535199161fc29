//! What trunks keeps of a git repository: `.trunks/<repo>.trunk`.
//!
//! It stays on this machine: its directory is nobody else's to read, and git ignores it. It is the only
//! place in which secrets are saved.

mod error;
mod file;
mod lock;
mod saved;
mod url;

pub use error::SettingsError;
pub use lock::SettingsLock;
pub use url::StorageUrl;

use crate::store::{RemoteUrl, StoreOptions, StoreSpec, StoreUrl};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use trunks_core::repository::RepoName;

/// The settings of one git repository.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    version: u32,
    /// The repository's name in every storage.
    pub repo: String,
    /// The primary first, if there is one.
    pub storages: Vec<Storage>,
    /// What trunks has set in git's configuration, to put back what was there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub git: Vec<Replaced>,
    /// Whether the git remote that leads to the primary was made by trunks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub made_remote: bool,
}

/// A key of git's configuration that trunks has set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// The key.
    pub key: String,
    /// What trunks has set it to.
    pub value: String,
    /// What it was in the repository's own configuration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<String>,
}

/// A storage that is connected.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Storage {
    /// What the user calls it.
    pub name: String,
    /// Its [`StorageUrl`], without a repository and without a password.
    pub url: String,
    /// Whether it follows the primary.
    #[serde(default, rename = "mirror", skip_serializing_if = "std::ops::Not::not")]
    pub is_mirror: bool,
    /// What was said of it with flags.
    #[serde(default, with = "saved", skip_serializing_if = "saved::is_empty")]
    pub options: StoreOptions,
}

impl Settings {
    /// The key of git's configuration that holds the repository's name.
    pub const REPO_KEY: &str = "trunks.repo";
    const VERSION: u32 = 1;
    /// The directory that they are in.
    pub const DIRECTORY: &str = ".trunks";

    /// Settings without storage.
    pub fn new(repo: &RepoName) -> Self {
        let repo = repo.as_str().to_owned();
        let version = Self::VERSION;
        Self { version, repo, storages: Vec::new(), git: Vec::new(), made_remote: false }
    }

    /// The repository's name.
    ///
    /// # Errors
    /// The file was tampered with.
    pub fn name(&self) -> Result<RepoName, SettingsError> {
        Ok(RepoName::new(&self.repo)?)
    }

    /// The storage that git pushes to.
    ///
    /// # Errors
    /// `NoStorage`: there is none yet.
    pub fn primary(&self) -> Result<&Storage, SettingsError> {
        let none = || SettingsError::NoStorage { repo: self.repo.clone() };
        self.storages.iter().find(|storage| !storage.is_mirror).ok_or_else(none)
    }

    /// The storages that follow it.
    pub fn mirrors(&self) -> impl Iterator<Item = &Storage> {
        self.storages.iter().filter(|storage| storage.is_mirror)
    }

    /// The storage called `name`.
    ///
    /// # Errors
    /// `NoSuchStorage`: there is none.
    pub fn storage(&self, name: &str) -> Result<&Storage, SettingsError> {
        let none = || SettingsError::NoSuchStorage { name: name.to_owned() };
        self.storages.iter().find(|storage| storage.name == name).ok_or_else(none)
    }

    /// The storage at `url`.
    pub fn storage_at(&self, url: &StoreUrl) -> Option<&Storage> {
        self.storages.iter().find(|storage| storage.store().is_ok_and(|store| store == *url))
    }

    /// Where the settings of the repository called `repo` are.
    pub fn path(root: &Path, repo: &str) -> PathBuf {
        root.join(Self::DIRECTORY).join(format!("{repo}.trunk"))
    }
}

impl Storage {
    /// What the storage that git pushes to is called where nobody has named it.
    pub const PRIMARY: &str = "primary";

    /// Where it is.
    ///
    /// # Errors
    /// The file was tampered with.
    pub fn target(&self) -> Result<StorageUrl, SettingsError> {
        Ok(StorageUrl::parse(&self.url)?)
    }

    /// The store.
    ///
    /// # Errors
    /// `NotAStore`: it is a repository of git's. Or the file was tampered with.
    pub fn store(&self) -> Result<StoreUrl, SettingsError> {
        match self.target()? {
            StorageUrl::Store(url) => Ok(url),
            StorageUrl::Git(_) => Err(SettingsError::NotAStore { name: self.name.clone() }),
        }
    }

    /// All that is said of it here and in the environment.
    pub fn options_here(&self) -> StoreOptions {
        self.options.clone().or_environment(&[&self.name])
    }

    /// The store, which was connected once, and all that is said of it here and in the environment.
    ///
    /// # Errors
    /// `Open`: its directory is not there. Or the file was tampered with.
    pub fn connected(&self) -> Result<StoreSpec, SettingsError> {
        let spec = self.spec()?;
        spec.require_directory()?;
        Ok(spec)
    }

    /// The store, and all that is said of it here and in the environment.
    ///
    /// # Errors
    /// The file was tampered with.
    pub fn spec(&self) -> Result<StoreSpec, SettingsError> {
        Ok(StoreSpec::new(self.store()?, self.options_here()))
    }

    /// Where the repository called `repo` is in it.
    ///
    /// # Errors
    /// The file was tampered with.
    pub fn remote(&self, repo: &RepoName) -> Result<RemoteUrl, SettingsError> {
        Ok(self.store()?.join(repo))
    }
}

#[cfg(test)]
mod tests;
