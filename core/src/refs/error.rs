//! Why a ref could not be read or moved.

use super::InvalidRefName;
use crate::{odb::ReadError, store::StoreError};
use alloc::string::String;

/// Why a ref could not be read or moved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefError {
    /// It is not what the update expected: fetch first.
    #[error("{name} is not what was expected: another writer moved it")]
    Stale {
        /// The ref.
        name: String,
    },
    /// Another ref's name is in the way: `a` and `a/b` cannot both be.
    #[error("{name} cannot be created: {other} exists")]
    NameConflict {
        /// The ref.
        name: String,
        /// The ref that is in its way.
        other: String,
    },
    /// What is stored is not a ref.
    #[error("{key} is corrupt: {reason}")]
    Corrupt {
        /// The file's key.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no repository, or nothing of that name in it.
    #[error("{name} does not exist")]
    Missing {
        /// The ref.
        name: String,
    },
    /// Not a ref name.
    #[error(transparent)]
    InvalidName(#[from] InvalidRefName),
    /// A tag could not be read to find what it leads to.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
