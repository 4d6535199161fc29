//! The core's errors as the world's.

use crate::bindings::exports::trunks::core::repository::{Error, ErrorCode};
use trunks_core::code::{Code, Coded};

impl<E: Coded> From<E> for Error {
    fn from(error: E) -> Self {
        Error { code: error_code(error.code()), message: error.to_string() }
    }
}

/// An argument that is not well-formed.
pub fn invalid(message: &str) -> Error {
    Error { code: ErrorCode::Invalid, message: message.to_owned() }
}

fn error_code(code: Code) -> ErrorCode {
    match code {
        Code::NotFound => ErrorCode::NotFound,
        Code::Exists => ErrorCode::Exists,
        Code::Invalid => ErrorCode::Invalid,
        Code::Conflict => ErrorCode::Conflict,
        Code::Corrupt => ErrorCode::Corrupt,
        Code::TooLarge => ErrorCode::TooLarge,
        Code::Refused => ErrorCode::Refused,
        Code::Disconnected => ErrorCode::Disconnected,
        Code::Unavailable => ErrorCode::Unavailable,
        Code::Denied => ErrorCode::Denied,
        _ => ErrorCode::Failed,
    }
}
