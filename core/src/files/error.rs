//! Why a file could not be read.

use crate::{
    object::{Kind, ObjectId},
    odb::ReadError,
    refs::RefError,
    repository::RepositoryError,
};
use alloc::string::String;

/// Why a revision, a path or a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Not a revision, or of a form that is not known here.
    #[error("{revision:?} is not a revision: {reason}")]
    InvalidRevision {
        /// The revision.
        revision: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No ref or object is meant by it, or it has no such parent.
    #[error("there is no revision {revision:?}")]
    NoRevision {
        /// The revision.
        revision: String,
    },
    /// The revision leads to an object of another kind than is needed.
    #[error("{revision:?} leads to a {found}, not to a {wanted}", found = found.as_str(), wanted = wanted.as_str())]
    WrongKind {
        /// The revision.
        revision: String,
        /// The kind that it leads to.
        found: Kind,
        /// The kind that is needed.
        wanted: Kind,
    },
    /// The revision holds no such file or directory.
    #[error("there is no {path} in {revision}")]
    NoPath {
        /// The path.
        path: String,
        /// The revision.
        revision: String,
    },
    /// What is there is a directory, and a file is needed.
    #[error("{path} is a directory")]
    IsADirectory {
        /// The path.
        path: String,
    },
    /// What is there is a file, and a directory is needed.
    #[error("{path} is not a directory")]
    NotADirectory {
        /// The path.
        path: String,
    },
    /// What is there belongs to another repository.
    #[error("{path} is a submodule at {id}")]
    IsASubmodule {
        /// The path.
        path: String,
        /// The other repository's commit.
        id: ObjectId,
    },
    /// Directories are nested deeper than is accepted.
    #[error("{path} is nested too deep")]
    TooDeep {
        /// The path.
        path: String,
    },
    /// An object could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A ref could not be read.
    #[error(transparent)]
    Ref(#[from] RefError),
    /// There is no repository, or it could not be looked for.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}
