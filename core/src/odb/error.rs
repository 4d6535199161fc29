//! Why an object cannot be read.

use crate::{object::ObjectId, store::StoreError};
use alloc::string::String;

/// Why an object cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// No pack and no loose file holds it.
    #[error("object {id} is missing")]
    Missing {
        /// The object.
        id: ObjectId,
    },
    /// It is not here, but may be in another repository that this one borrows from.
    #[error(
        "object {id} is missing here, and trunks does not follow {key} to look for it elsewhere: \
         bring all objects here with `git repack -ad` and remove that file"
    )]
    Elsewhere {
        /// The object.
        id: ObjectId,
        /// The key of the file that names the other repositories.
        key: String,
    },
    /// It is not here, in a repository whose history is cut off.
    #[error(
        "object {id} is missing: {key} says that history is cut off here, as in a shallow clone: \
         store all of it with `git fetch --unshallow`"
    )]
    CutOff {
        /// The object.
        id: ObjectId,
        /// The key of the file that says so.
        key: String,
    },
    /// What is stored is not the object.
    #[error("object {id} is corrupt: {reason}")]
    Corrupt {
        /// The object.
        id: ObjectId,
        /// What is wrong with it.
        reason: String,
    },
    /// A pack or idx file is not well-formed.
    #[error("{key} is corrupt: {reason}")]
    CorruptFile {
        /// The file's key.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It does not fit in memory.
    #[error("object {id} has {size_bytes} bytes, over the limit of {limit_bytes} for this use")]
    TooLarge {
        /// The object.
        id: ObjectId,
        /// Its length.
        size_bytes: u64,
        /// The bound.
        limit_bytes: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why one copy of an object cannot be read; another copy may be whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The file was there when it was listed and is not any more: a repack took its place.
    Gone,
    /// The bytes are not right.
    Corrupt(String),
    /// The object needs another one, as the base of its delta, and that is nowhere.
    NoBase(ObjectId),
    /// The object or one that it needs does not fit in memory.
    TooLarge(u64),
    /// The store or another file failed; trying another copy would not help.
    Read(ReadError),
}

impl Fault {
    pub(super) fn corrupt(reason: impl core::fmt::Display) -> Self {
        Fault::Corrupt(alloc::format!("{reason}"))
    }

    /// What is told when there is no other copy.
    pub(super) fn into_error(self, id: ObjectId, limit_bytes: u64) -> ReadError {
        match self {
            Fault::Gone => ReadError::Missing { id },
            Fault::Corrupt(reason) => ReadError::Corrupt { id, reason },
            Fault::NoBase(base) => ReadError::Corrupt {
                id,
                reason: alloc::format!("the base of its delta, {base}, is missing"),
            },
            Fault::TooLarge(size_bytes) => ReadError::TooLarge { id, size_bytes, limit_bytes },
            Fault::Read(error) => error,
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Fault::Read(ReadError::Store(error))
    }
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        Fault::Read(error)
    }
}
