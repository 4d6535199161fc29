//! Why a call of the core failed.

use super::bindings::exports::trunks::core::repository as wit;
use std::fmt::Display;
use trunks_core::code::Code;

/// Why a call of the core failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CoreError {
    /// What the caller can do about it.
    pub code: Code,
    /// What happened and what to do.
    pub message: String,
    /// Whether the core was stopped, so that it could not tell its client.
    pub was_stopped: bool,
}

impl CoreError {
    /// A mistake in the core or in what runs it: nothing that the user did.
    pub(super) fn internal(reason: impl Display) -> Self {
        let message = format!("internal error in the core: {reason}; please report it");
        Self::stopped(Code::Failed, message)
    }

    /// Over one of the guest's bounds.
    pub(super) fn too_large(message: String) -> Self {
        Self::stopped(Code::TooLarge, message)
    }

    /// The system refused what the core cannot do without.
    pub(super) fn refused(message: String) -> Self {
        Self::stopped(Code::Failed, message)
    }

    fn stopped(code: Code, message: String) -> Self {
        Self { code, message, was_stopped: true }
    }
}

impl From<wit::Error> for CoreError {
    fn from(error: wit::Error) -> Self {
        let code = match error.code {
            wit::ErrorCode::NotFound => Code::NotFound,
            wit::ErrorCode::Exists => Code::Exists,
            wit::ErrorCode::Invalid => Code::Invalid,
            wit::ErrorCode::Conflict => Code::Conflict,
            wit::ErrorCode::Corrupt => Code::Corrupt,
            wit::ErrorCode::TooLarge => Code::TooLarge,
            wit::ErrorCode::Refused => Code::Refused,
            wit::ErrorCode::Disconnected => Code::Disconnected,
            wit::ErrorCode::Unavailable => Code::Unavailable,
            wit::ErrorCode::Denied => Code::Denied,
            wit::ErrorCode::Failed => Code::Failed,
        };
        Self { code, message: error.message, was_stopped: false }
    }
}
