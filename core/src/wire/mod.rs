//! Git's wire protocol, the server's side, over an [`Exchange`](crate::exchange::Exchange).

#[cfg(test)]
pub(crate) mod bridge;
pub mod pktline;
mod receive_pack;
pub mod sideband;
#[cfg(test)]
pub(crate) mod testing;
mod upload_pack;

pub use receive_pack::{ReceiveOptions, receive_pack};
pub use upload_pack::{UploadOptions, upload_pack};

use crate::exchange::ExchangeError;
use alloc::string::String;

/// The version of the protocol that a client asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// The one without a name.
    #[default]
    V0,
    /// V0 behind a line that says `version 1`.
    V1,
    /// Commands: gitprotocol-v2(5).
    V2,
}

/// How much of a conversation one call holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Session {
    /// All of it, over a duplex stream: advertisement, requests, answers.
    #[default]
    Duplex,
    /// The advertisement only: `GET info/refs`.
    Advertise,
    /// One request and its answer, after an advertisement elsewhere: `POST git-upload-pack`.
    Request,
}

/// Why a conversation ended early. The client was told, as far as the protocol allows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// The client broke the protocol.
    #[error("protocol error: {reason}")]
    Protocol {
        /// What was wrong with what it sent.
        reason: String,
    },
    /// The client asked for what it may not have or sent what is not accepted.
    #[error("{reason}")]
    Refused {
        /// Why.
        reason: String,
    },
    /// The stream broke.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// An object failed.
    #[error(transparent)]
    Read(#[from] crate::odb::ReadError),
    /// History or a tree is not what it should be.
    #[error(transparent)]
    Walk(crate::walk::WalkError),
    /// A ref failed.
    #[error(transparent)]
    Ref(#[from] crate::refs::RefError),
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] crate::repository::RepositoryError),
}

impl From<crate::walk::WalkError> for WireError {
    fn from(error: crate::walk::WalkError) -> Self {
        match error {
            crate::walk::WalkError::Read(error) => Self::Read(error),
            error => Self::Walk(error),
        }
    }
}
