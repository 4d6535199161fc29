//! Why something could not be done to a repository.

use super::InvalidRepoName;
use crate::{object::ObjectId, odb::ReadError, refs::RefError, store::StoreError};
use alloc::string::String;

/// Why something could not be done to a repository.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RepositoryError {
    /// There is one already.
    #[error("repository {name} exists already")]
    Exists {
        /// Its name.
        name: String,
    },
    /// There is none.
    #[error("repository {name} does not exist")]
    Missing {
        /// Its name.
        name: String,
    },
    /// A deletion of it was cut short, or is under way.
    #[error("repository {name} was deleted, but not to its end: delete it again")]
    Deleting {
        /// Its name.
        name: String,
    },
    /// Its `HEAD` was lost.
    #[error(
        "{key} is missing, but {found} is there: put it back with the line \"ref: {branch}\", or \
         delete what is left of the repository with --force"
    )]
    Headless {
        /// The key of `HEAD`.
        key: String,
        /// A key that is left.
        found: String,
        /// A branch that it may have followed, in full.
        branch: String,
    },
    /// There are files in its place that are none of a new one.
    #[error(
        "repository {name} cannot be created: {key} is in its place; remove it, or all that is left \
         there with --force"
    )]
    Remains {
        /// Its name.
        name: String,
        /// A key that is left of it.
        key: String,
    },
    /// It is stored in a format that is not known here.
    #[error("{key} asks for {what}, which trunks does not support")]
    Unsupported {
        /// The file's key.
        key: String,
        /// The version or the extension.
        what: String,
    },
    /// Its `trunk.json` or its `config` is not one.
    #[error("{key} is corrupt: {reason}")]
    Corrupt {
        /// The file's key.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Not a name.
    #[error(transparent)]
    InvalidName(#[from] InvalidRepoName),
    /// A ref failed.
    #[error(transparent)]
    Ref(#[from] RefError),
    /// The objects failed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a ref was not moved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpdateError {
    /// The object that it should name is not stored: store its pack first.
    #[error("{name} cannot name {id}: the object is missing")]
    MissingObject {
        /// The ref.
        name: String,
        /// The object.
        id: ObjectId,
    },
    /// A branch names a commit and nothing else.
    #[error("{name} cannot name {id}: a branch must name a commit")]
    NotACommit {
        /// The ref.
        name: String,
        /// The object.
        id: ObjectId,
    },
    /// The ref failed.
    #[error(transparent)]
    Ref(#[from] RefError),
    /// The object could not be looked at.
    #[error(transparent)]
    Read(#[from] ReadError),
}
