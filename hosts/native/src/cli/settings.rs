//! What trunks keeps of a git repository: `.trunks/<repo>.trunk`.
//!
//! It stays on this machine: its directory is nobody else's to read, and git ignores it.

use super::{CliError, Exit};
use crate::store::{RemoteUrl, StoreUrl};
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};
use trunks_core::repository::RepoName;

/// The settings of one git repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    version: u32,
    /// The repository's name in every storage.
    pub repo: String,
    /// The first is the primary.
    pub storages: Vec<Storage>,
    /// The keys of git's configuration that trunks has set, to unset them again.
    #[serde(default)]
    pub git_keys: Vec<String>,
}

/// A storage that is connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storage {
    /// What the user calls it.
    pub name: String,
    /// The store's URL, without a repository.
    pub url: String,
}

impl Settings {
    /// The key of git's configuration that holds the repository's name.
    pub const REPO_KEY: &str = "trunks.repo";
    const VERSION: u32 = 1;
    const DIRECTORY: &str = ".trunks";

    /// Settings without storage.
    pub fn new(repo: &RepoName) -> Self {
        let repo = repo.as_str().to_owned();
        Self { version: Self::VERSION, repo, storages: Vec::new(), git_keys: Vec::new() }
    }

    /// The repository's name.
    pub fn name(&self) -> Result<RepoName, CliError> {
        Ok(RepoName::new(&self.repo)?)
    }

    /// The storage that git pushes to.
    ///
    /// # Errors
    /// `NotFound`: there is none yet.
    pub fn primary(&self) -> Result<&Storage, CliError> {
        self.storages.first().ok_or_else(|| {
            CliError::new(Exit::NotFound, format!("{} has no storage yet", self.repo)).advise(
                "connect one with: trunks storage add --name primary --backend local --path DIR",
            )
        })
    }

    /// The storage called `name`.
    ///
    /// # Errors
    /// `NotFound`: there is none.
    pub fn storage(&self, name: &str) -> Result<&Storage, CliError> {
        self.storages.iter().find(|storage| storage.name == name).ok_or_else(|| {
            CliError::new(Exit::NotFound, format!("there is no storage called {name}"))
                .advise("see them all with: trunks storage list")
        })
    }

    /// Where the settings of the repository called `repo` are.
    pub fn path(root: &Path, repo: &str) -> PathBuf {
        root.join(Self::DIRECTORY).join(format!("{repo}.trunk"))
    }

    /// Reads them; `None` when there are none.
    pub fn read(root: &Path, repo: &str) -> Result<Option<Self>, CliError> {
        let path = Self::path(root, repo);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(CliError::failed(format!("{}: {error}", path.display()))),
        };
        let settings: Self = serde_json::from_str(&text).map_err(|error| {
            CliError::failed(format!("{} cannot be read: {error}", path.display()))
                .advise("remove it, then run trunks init and trunks storage add again")
        })?;
        if settings.version != Self::VERSION {
            let version = settings.version;
            let message =
                format!("{} was written by another trunks, version {version}", path.display());
            return Err(CliError::failed(message).advise("use that trunks, or a newer one"));
        }
        Ok(Some(settings))
    }

    /// Writes them, whole or not at all.
    pub fn write(&self, root: &Path) -> Result<(), CliError> {
        let path = Self::path(root, &self.repo);
        let failed = |error: io::Error| {
            CliError::failed(format!("{} cannot be written: {error}", path.display()))
        };
        let dir = path.parent().unwrap_or(root);
        make_private(dir).map_err(failed)?;
        fs::write(root.join(Self::DIRECTORY).join(".gitignore"), "*\n").map_err(failed)?;
        let text = serde_json::to_string_pretty(self).map_err(|error| failed(error.into()))?;
        // A temporary file is its owner's alone from the start, and stays so.
        let mut file = tempfile::NamedTempFile::new_in(dir).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.write_all(b"\n")).map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

#[cfg(unix)]
fn make_private(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn make_private(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)
}

impl Storage {
    /// The store.
    pub fn store(&self) -> Result<StoreUrl, CliError> {
        Ok(StoreUrl::parse(&self.url)?)
    }

    /// Where the repository called `repo` is in it.
    pub fn remote(&self, repo: &RepoName) -> Result<RemoteUrl, CliError> {
        Ok(self.store()?.join(repo))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_kept_and_are_the_owners_alone() {
        let root = tempfile::tempdir().expect("a directory");
        let name = RepoName::new("team/app").expect("a name");
        let mut settings = Settings::new(&name);
        settings.storages.push(Storage { name: "primary".into(), url: "local:///dir".into() });
        settings.write(root.path()).expect("written");
        let read = Settings::read(root.path(), "team/app").expect("read");
        assert_eq!(read, Some(settings));
        assert_eq!(Settings::read(root.path(), "other").expect("read"), None);
        let ignored = fs::read_to_string(root.path().join(".trunks/.gitignore")).expect("read");
        assert_eq!(ignored, "*\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let file = fs::metadata(Settings::path(root.path(), "team/app")).expect("there");
            assert_eq!(file.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn settings_of_another_kind_are_refused() {
        let root = tempfile::tempdir().expect("a directory");
        fs::create_dir(root.path().join(".trunks")).expect("made");
        for text in ["", "{", r#"{"version":2,"repo":"app","storages":[]}"#] {
            fs::write(Settings::path(root.path(), "app"), text).expect("written");
            let error = Settings::read(root.path(), "app").expect_err(text);
            assert!(error.message.contains("app.trunk"), "{error}");
        }
    }
}
