//! Why settings do not say what was asked of them.

use crate::store::{OpenError, UrlError};
use std::{io, path::PathBuf};
use trunks_core::repository::InvalidRepoName;

/// Why settings cannot be read or written, or do not say what was asked of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// No storage is connected.
    #[error("{repo} has no storage yet")]
    NoStorage {
        /// The repository.
        repo: String,
    },
    /// None of that name is.
    #[error("there is no storage called {name}")]
    NoSuchStorage {
        /// The name.
        name: String,
    },
    /// It is a repository that git pushes to.
    #[error("{name} is a repository of git's, not a store")]
    NotAStore {
        /// The name.
        name: String,
    },
    /// The file is not what it should be.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file was written by a program that came later.
    #[error("{path} was written by another trunks, version {version}")]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// The version that it says.
        version: u32,
    },
    /// The system does not let us.
    #[error("{path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A URL in it is none.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The repository's name in it is none.
    #[error(transparent)]
    Name(#[from] InvalidRepoName),
}

impl SettingsError {
    /// What to do about it.
    pub fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoStorage { .. } => {
                "connect one with: trunks storage add --name primary --backend local --path DIR"
            }
            Self::NoSuchStorage { .. } => "see them all with: trunks storage list",
            Self::Unreadable { .. } => {
                "remove it, then run trunks init and trunks storage add again"
            }
            Self::OtherVersion { .. } => "use that trunks, or a newer one",
            _ => return None,
        })
    }
}
