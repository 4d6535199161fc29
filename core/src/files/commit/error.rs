//! Why a commit could not be made.

use crate::{
    code::{Code, Coded},
    hash::Collision,
    object::{Kind, ObjectId},
    odb::ReadError,
    refs::RefError,
    repository::RepositoryError,
    store::StoreError,
};
use alloc::string::String;

/// Why a commit could not be made. The branch is where it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// Git does not allow the path.
    #[error("{path:?} cannot be written: {reason}")]
    InvalidPath {
        /// The path.
        path: String,
        /// The rule that it breaks.
        reason: String,
    },
    /// There is nothing to remove.
    #[error("{path:?} cannot be removed: it does not exist")]
    MissingPath {
        /// The path.
        path: String,
    },
    /// A file is where a directory must be, or the other way round: remove it in the same commit.
    #[error("{path:?} is in the way: remove it first")]
    InTheWay {
        /// What is there.
        path: String,
    },
    /// The branch has moved on, and the path is not there what the change was made against.
    #[error("{path:?} was changed by another writer: read it again")]
    Touched {
        /// The path.
        path: String,
    },
    /// A name or an email that git does not allow.
    #[error("{text:?} cannot be part of a person's name or email: {reason}")]
    InvalidPerson {
        /// The name or the email.
        text: String,
        /// The rule that it breaks.
        reason: &'static str,
    },
    /// A message that git would cut off.
    #[error("the message holds a zero byte")]
    InvalidMessage,
    /// The parent is something else.
    #[error("the parent {id} is a {}", kind.as_str())]
    NotACommit {
        /// The object.
        id: ObjectId,
        /// What it is.
        kind: Kind,
    },
    /// More than one commit may hold.
    #[error("the commit has more than {limit_bytes} bytes of new objects: split it")]
    TooLarge {
        /// The bound.
        limit_bytes: u64,
    },
    /// A file was made to be taken for another.
    #[error(transparent)]
    Collision(#[from] Collision),
    /// What is there could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The branch could not be moved.
    #[error(transparent)]
    Ref(#[from] RefError),
    /// The repository is not there or could not be kept up to date.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Coded for CommitError {
    fn code(&self) -> Code {
        match self {
            Self::InvalidPath { .. }
            | Self::InTheWay { .. }
            | Self::InvalidPerson { .. }
            | Self::InvalidMessage
            | Self::NotACommit { .. } => Code::Invalid,
            Self::MissingPath { .. } => Code::NotFound,
            Self::Touched { .. } => Code::Conflict,
            Self::TooLarge { .. } => Code::TooLarge,
            Self::Collision(_) => Code::Refused,
            Self::Read(error) => error.code(),
            Self::Ref(error) => error.code(),
            Self::Repository(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }
}
