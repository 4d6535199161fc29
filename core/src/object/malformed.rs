//! What is wrong with an object that does not have the form of its kind.

use super::Kind;
use alloc::string::String;

/// An object whose content does not have the form of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed {}: {reason}", kind.as_str())]
pub struct Malformed {
    /// The kind that it should have been.
    pub kind: Kind,
    /// What is wrong with it.
    pub reason: String,
}

impl Malformed {
    pub(super) fn new(kind: Kind, reason: impl Into<String>) -> Self {
        Self { kind, reason: reason.into() }
    }
}
