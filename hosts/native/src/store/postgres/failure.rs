//! What the server's and the network's errors mean to the caller.

use std::error::Error as _;
use tokio_postgres::error::{DbError, SqlState};
use trunks_core::store::StoreError;

/// Why a statement did not do what it should, by what can be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It was refused or rolled back for certain, and may be tried again.
    Busy(String),
    /// No answer came: it may have taken effect.
    Lost(String),
    /// The host cannot be reached at all.
    Unreachable(String),
    /// There is no such table or column.
    NoTables,
    /// It names chunks that are not there, or removes some that a value holds.
    Reference,
    /// The login or the rights do not suffice.
    Denied(String),
    /// Anything that trying again will not mend.
    Failed(String),
}

impl Failure {
    /// What the caller is told of a call on `key`.
    pub fn into_error(self, key: &str) -> StoreError {
        let key = key.to_owned();
        match self {
            Self::Busy(reason) | Self::Lost(reason) | Self::Unreachable(reason) => {
                StoreError::Unavailable { key, reason }
            }
            Self::Denied(reason) => StoreError::Denied { key, reason },
            Self::Failed(reason) => StoreError::Failed { key, reason },
            Self::NoTables => {
                StoreError::Failed { key, reason: "the tables of trunks are not there".to_owned() }
            }
            Self::Reference => StoreError::Failed {
                key,
                reason: "this upload was finished, aborted or swept".to_owned(),
            },
        }
    }
}

/// What an error of a statement means.
impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(said) => of_server(said),
            None if error.is_closed() => Self::Lost("the connection was closed".to_owned()),
            None => {
                let text = with_causes(&error);
                // These are found before anything is sent.
                if text.starts_with("error serializing") || text.starts_with("error encoding") {
                    Self::Failed(text)
                } else {
                    Self::Lost(text)
                }
            }
        }
    }
}

/// What the server said.
///
/// # Source
/// PostgreSQL, appendix "PostgreSQL Error Codes"
pub(super) fn of_server(said: &DbError) -> Failure {
    let message = said.message();
    let code = said.code();
    let advised = |advice: &str| format!("{message}: {advice}");
    match *code {
        SqlState::UNDEFINED_TABLE | SqlState::UNDEFINED_COLUMN | SqlState::INVALID_SCHEMA_NAME => {
            Failure::NoTables
        }
        SqlState::FOREIGN_KEY_VIOLATION => Failure::Reference,
        SqlState::INSUFFICIENT_PRIVILEGE => Failure::Denied(advised(
            "let the owner grant usage on the schema, and select, insert, update and delete on its \
             tables",
        )),
        SqlState::READ_ONLY_SQL_TRANSACTION => Failure::Denied(advised(
            "the server or the role is read-only; name the primary server to write",
        )),
        SqlState::DISK_FULL => {
            Failure::Failed(advised("free some space on the server and try again"))
        }
        SqlState::QUERY_CANCELED => Failure::Busy(advised("the server took too long")),
        SqlState::T_R_SERIALIZATION_FAILURE
        | SqlState::T_R_DEADLOCK_DETECTED
        | SqlState::LOCK_NOT_AVAILABLE
        | SqlState::TOO_MANY_CONNECTIONS
        | SqlState::OUT_OF_MEMORY
        | SqlState::CANNOT_CONNECT_NOW => Failure::Busy(message.to_owned()),
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN => Failure::Lost(message.to_owned()),
        SqlState::PROGRAM_LIMIT_EXCEEDED => {
            Failure::Failed(advised("the key or the value is too long for this store"))
        }
        _ if code.code().starts_with("08") || code.code() == "57P05" => {
            Failure::Lost(message.to_owned())
        }
        _ => Failure::Failed(format!("{message} (SQLSTATE {})", code.code())),
    }
}

/// The error and what led to it, in one line.
pub(super) fn with_causes(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text.replace('\n', " ")
}
