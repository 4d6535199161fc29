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
    /// What is there stands in the way, or another writer was first.
    Conflict,
    /// The storage cannot be reached, or does not let us in.
    Unavailable,
    /// A check found something wrong.
    Corrupt,
    /// The storage answers, but repositories would not be safe in it.
    Unfit,
    /// What reads standard output has gone.
    Unread,
    /// A program that was run ended like this.
    Other(u8),
}

impl Exit {
    /// The codes, with their names in JSON and what they mean; other codes are those of programs that
    /// were run.
    pub const TABLE: [(Self, &str, &str); 8] = [
        (Self::Done, "done", "done"),
        (Self::Failed, "failed", "it failed, for a reason without a code of its own"),
        (Self::Usage, "usage", "the command line is wrong: an option, a name, a URL"),
        (Self::NotFound, "not_found", "what it is about does not exist"),
        (
            Self::Conflict,
            "conflict",
            "what is there stands in the way: it exists already, is in use or not empty; or another \
             writer was first",
        ),
        (Self::Unavailable, "unavailable", "the storage cannot be reached, or does not let us in"),
        (Self::Corrupt, "corrupt", "`check` found something wrong, or what is stored is corrupt"),
        (Self::Unfit, "unfit", "the storage answers, but repositories would not be safe in it"),
    ];

    /// The same as a number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Conflict => 4,
            Self::Unavailable => 5,
            Self::Corrupt => 6,
            Self::Unfit => 7,
            Self::Unread => SIGPIPE,
            Self::Other(code) => code,
        }
    }

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        let known = Self::TABLE.iter().find(|(exit, ..)| *exit == self);
        known.map_or("program", |(_, name, _)| name)
    }

    /// The table, for a command's help.
    pub fn help() -> String {
        let lines = Self::TABLE.map(|(exit, _, meaning)| format!("  {}  {meaning}", exit.code()));
        format!("Exit codes:\n{}\n  Others are those of git or the shell", lines.join("\n"))
    }
}

/// As a shell shows the end of a program by this signal, which is how others end there.
const SIGPIPE: u8 = 128 + 13;

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
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
            OpenError::NoDirectory { .. } => Self::new(Exit::Unavailable, error.to_string()),
            other => Self::new(Exit::Usage, other.to_string()),
        }
    }
}

impl From<SettingsError> for CliError {
    fn from(error: SettingsError) -> Self {
        let error = match error {
            SettingsError::Open(error) => return error.into(),
            error => error,
        };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_docs_have_the_same_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md");
        let docs = std::fs::read_to_string(path).expect("docs/cli.md");
        for (exit, name, meaning) in Exit::TABLE {
            let line = format!("| {} | `{name}` | {meaning} |", exit.code());
            assert!(docs.contains(&line), "docs/cli.md does not say: {line}");
            assert_eq!(exit.name(), name);
        }
    }
}
