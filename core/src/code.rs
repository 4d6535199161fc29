//! One code for every error that leaves the core, by what the caller can do about it.

use crate::{
    check::CheckError,
    files::FileError,
    object::InvalidId,
    odb::ReadError,
    refs::{InvalidRefName, RefError},
    repository::{InvalidRepoName, RepositoryError, UpdateError},
    store::StoreError,
    walk::WalkError,
    wire::WireError,
};
use core::fmt::Display;

/// What the caller of a failed operation can do. `wit/repository.wit` has the same codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
    /// The repository, ref, path or object does not exist.
    NotFound,
    /// It exists already.
    Exists,
    /// An argument is not well-formed.
    Invalid,
    /// Another writer was first: re-read and decide.
    Conflict,
    /// What is stored is not what it should be.
    Corrupt,
    /// Over a limit.
    TooLarge,
    /// What was sent is not accepted, or broke the protocol.
    Refused,
    /// The client went away.
    Disconnected,
    /// The store is unavailable: try again.
    Unavailable,
    /// The credentials or the rights do not suffice.
    Denied,
    /// Anything else.
    Failed,
}

impl Code {
    /// The name, as in `wit/repository.wit`: `not-found`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Exists => "exists",
            Self::Invalid => "invalid",
            Self::Conflict => "conflict",
            Self::Corrupt => "corrupt",
            Self::TooLarge => "too-large",
            Self::Refused => "refused",
            Self::Disconnected => "disconnected",
            Self::Unavailable => "unavailable",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }
}

/// An error with a code. Its message is its `Display`.
pub trait Coded: Display {
    /// What the caller can do about it.
    fn code(&self) -> Code;
}

impl Coded for StoreError {
    fn code(&self) -> Code {
        match self {
            Self::Conflict { .. } => Code::Conflict,
            Self::Unavailable { .. } => Code::Unavailable,
            Self::Denied { .. } => Code::Denied,
            Self::Failed { .. } => Code::Failed,
        }
    }
}

impl Coded for ReadError {
    fn code(&self) -> Code {
        match self {
            Self::Missing { .. } => Code::NotFound,
            Self::Elsewhere { .. } | Self::CutOff { .. } => Code::Failed,
            Self::Corrupt { .. } | Self::CorruptFile { .. } => Code::Corrupt,
            Self::TooLarge { .. } => Code::TooLarge,
            Self::Store(error) => error.code(),
        }
    }
}

impl Coded for RefError {
    fn code(&self) -> Code {
        match self {
            Self::Stale { .. } => Code::Conflict,
            Self::NameConflict { .. } => Code::Exists,
            Self::Corrupt { .. } => Code::Corrupt,
            Self::InvalidName(_) => Code::Invalid,
            Self::Missing { .. } => Code::NotFound,
            Self::Read(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }
}

impl Coded for RepositoryError {
    fn code(&self) -> Code {
        match self {
            Self::Exists { .. } => Code::Exists,
            Self::Missing { .. } => Code::NotFound,
            Self::Remains { .. } | Self::Deleting { .. } | Self::Unsupported { .. } => Code::Failed,
            Self::Headless { .. } | Self::Corrupt { .. } => Code::Corrupt,
            Self::InvalidName(_) => Code::Invalid,
            Self::Ref(error) => error.code(),
            Self::Read(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }
}

impl Coded for WireError {
    fn code(&self) -> Code {
        match self {
            Self::Protocol { .. } | Self::Refused { .. } => Code::Refused,
            Self::Exchange(_) => Code::Disconnected,
            Self::Read(error) => error.code(),
            Self::Walk(error) => error.code(),
            Self::Ref(error) => error.code(),
            Self::Repository(error) => error.code(),
        }
    }
}

impl Coded for WalkError {
    fn code(&self) -> Code {
        match self {
            Self::Read(error) => error.code(),
            Self::Kind { .. } | Self::Malformed { .. } => Code::Corrupt,
            Self::TooDeep { .. } => Code::TooLarge,
        }
    }
}

impl Coded for UpdateError {
    fn code(&self) -> Code {
        match self {
            Self::MissingObject { .. } => Code::NotFound,
            Self::NotACommit { .. } => Code::Invalid,
            Self::Ref(error) => error.code(),
            Self::Read(error) => error.code(),
        }
    }
}

impl Coded for FileError {
    fn code(&self) -> Code {
        match self {
            Self::NoRevision { .. } | Self::NoPath { .. } => Code::NotFound,
            Self::InvalidRevision { .. }
            | Self::WrongKind { .. }
            | Self::IsADirectory { .. }
            | Self::NotADirectory { .. }
            | Self::IsASubmodule { .. } => Code::Invalid,
            Self::TooDeep { .. } => Code::TooLarge,
            // What a revision leads to is to be stored: nobody has named the object itself.
            Self::Read(ReadError::Missing { .. }) => Code::Corrupt,
            Self::Read(error) => error.code(),
            Self::Ref(error) => error.code(),
            Self::Repository(error) => error.code(),
        }
    }
}

impl Coded for CheckError {
    fn code(&self) -> Code {
        match self {
            Self::Store(error) => error.code(),
            Self::Read(error) => error.code(),
            Self::Ref(error) => error.code(),
            Self::Busy { .. } | Self::Overtaken { .. } => Code::Conflict,
            Self::Repository(error) => error.code(),
        }
    }
}

impl Coded for InvalidRepoName {
    fn code(&self) -> Code {
        Code::Invalid
    }
}

impl Coded for InvalidRefName {
    fn code(&self) -> Code {
        Code::Invalid
    }
}

impl Coded for InvalidId {
    fn code(&self) -> Code {
        Code::Invalid
    }
}
