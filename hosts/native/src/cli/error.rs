//! Why a command failed, in words and as an exit code.

use crate::{
    component::CoreError,
    mirror::MirrorError,
    settings::SettingsError,
    store::{OpenError, UrlError},
};
use std::process::ExitCode;
use trunks_core::{code::Code, repository::InvalidRepoName, store::StoreError};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All went well.
    Done,
    /// It failed for a reason without a code of its own.
    Failed,
    /// The command line is wrong.
    Usage,
    /// What it is about does not exist.
    NotFound,
    /// It exists already, or another writer was first.
    Conflict,
    /// The storage cannot be reached, or does not let us in.
    Unavailable,
    /// A check found something wrong.
    Corrupt,
    /// A program that was run ended like this.
    Other(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::NotFound => 3,
            Exit::Conflict => 4,
            Exit::Unavailable => 5,
            Exit::Corrupt => 6,
            Exit::Other(code) => code,
        })
    }
}

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CliError {
    /// What happened.
    pub message: String,
    /// What to do about it.
    pub advice: Option<String>,
    /// How the process ends.
    pub exit: Exit,
}

impl CliError {
    /// An error that has an exit code of its own.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { message: message.into(), advice: None, exit }
    }

    /// An error without one.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    /// The same, and what to do about it.
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

impl From<CoreError> for CliError {
    fn from(error: CoreError) -> Self {
        let exit = match error.code {
            Code::NotFound => Exit::NotFound,
            Code::Exists | Code::Conflict => Exit::Conflict,
            Code::Invalid => Exit::Usage,
            Code::Corrupt => Exit::Corrupt,
            Code::Unavailable | Code::Denied => Exit::Unavailable,
            _ => Exit::Failed,
        };
        Self::new(exit, error.message)
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let exit = match error {
            StoreError::Conflict { .. } => Exit::Conflict,
            StoreError::Unavailable { .. } | StoreError::Denied { .. } => Exit::Unavailable,
            _ => Exit::Failed,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<UrlError> for CliError {
    fn from(error: UrlError) -> Self {
        Self::new(Exit::Usage, error.to_string())
    }
}

impl From<OpenError> for CliError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => error.into(),
            other => Self::new(Exit::Usage, other.to_string()),
        }
    }
}

impl From<SettingsError> for CliError {
    fn from(error: SettingsError) -> Self {
        let exit = match error {
            SettingsError::NoStorage { .. } | SettingsError::NoSuchStorage { .. } => Exit::NotFound,
            SettingsError::Url(_) | SettingsError::Name(_) => Exit::Usage,
            _ => Exit::Failed,
        };
        let advice = error.advice().map(str::to_owned);
        Self { message: error.to_string(), advice, exit }
    }
}

impl From<MirrorError> for CliError {
    fn from(error: MirrorError) -> Self {
        match error {
            MirrorError::Store(error) => error.into(),
            MirrorError::Core(error) => error.into(),
            MirrorError::Open(error) => error.into(),
            MirrorError::Settings(error) => error.into(),
            MirrorError::Map(error) => Self::new(Exit::Corrupt, error.to_string()),
            MirrorError::Missed { .. } => Self::new(Exit::Unavailable, error.to_string()),
            other => Self::new(Exit::Conflict, other.to_string()),
        }
    }
}

impl From<InvalidRepoName> for CliError {
    fn from(error: InvalidRepoName) -> Self {
        Self::new(Exit::Usage, error.to_string())
    }
}
            OpenError::NoDirectory { .. } => Self::new(Exit::Unavailable, error.to_string()),
        let error = match error {
            SettingsError::Open(error) => return error.into(),
            error => error,
        };
