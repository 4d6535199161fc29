//! Why the helper could not do what git asked.

use super::{git::GitError, transfer::TransferError};
use crate::{
    component::CoreError,
    mirror::MirrorError,
    settings::SettingsError,
    store::{OpenError, UrlError},
};
use std::{
    io,
    path::{Path, PathBuf},
};
use trunks_core::store::StoreError;

/// What ended a conversation with git.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HelperError {
    /// The URL is not one of ours.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A mirror does not hold what the primary holds.
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    /// What is saved of it cannot be read.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// There is no such repository.
    #[error("there is no repository at {url}: check the URL, or push to it to create it")]
    Missing {
        /// Where it was looked for.
        url: String,
    },
    /// The core refused or failed.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A pack could not be copied.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// A git command failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The local repository could not be read or written.
    #[error("{path}: {source}")]
    Local {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system allows too little to begin.
    #[error("{0}")]
    Start(io::Error),
    /// Git was told by the core, in the protocol, and tells the user.
    #[error("git was told why")]
    Told,
    /// The local repository is not of SHA-1.
    #[error(
        "this repository is not of the object format sha1, and storage is: make one with: git init \
         --object-format=sha1"
    )]
    ObjectFormat,
    /// An archive is asked for, which is a protocol of its own.
    #[error(
        "git archive cannot be asked of storage: clone the repository and run it there, or print one \
         file with trunks cat"
    )]
    Archive,
    /// A name is not UTF-8, and storage holds no others.
    #[error("{line} is not UTF-8, which names in storage are: rename it")]
    NotUtf8 {
        /// What git said, the bytes that are not UTF-8 escaped.
        line: String,
    },
    /// Standard input or output failed.
    #[error("the connection to git was lost: {0}")]
    Streams(io::Error),
    /// An idx was made for another pack.
    #[error("{idx} is corrupt: it does not belong to {pack}")]
    WrongIdx {
        /// The key of the idx.
        idx: String,
        /// The key of the pack.
        pack: String,
    },
    /// Git said something that this helper does not understand.
    #[error("git said {line:?}, which this helper does not understand")]
    Command {
        /// What it said.
        line: String,
    },
}

impl HelperError {
    /// What went wrong with a local file.
    pub fn local(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Local { path: path.to_owned(), source }
    }
}
