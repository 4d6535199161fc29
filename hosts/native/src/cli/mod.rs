//! The `trunks` command.
//!
//! | file | what |
//! |---|---|
//! | `arguments` | every command and option |
//! | `workspace` | the git repository one stands in, with its settings |
//! | `backend`, `ask` | the store that options name, and secrets that they leave to a prompt |
//! | `hidden` | secrets on the command line, kept out of sight |
//! | `place` | the repository in a store that a command is about |
//! | `output` | lists and objects, for people and as JSON |
//! | `told` | what git has done, as JSON |
//! | the others | one for each group of commands |

mod arguments;
mod ask;
mod backend;
mod branch;
mod cat;
mod check;
mod error;
mod git;
mod hidden;
mod init;
mod output;
mod place;
mod repo;
mod shell;
mod status;
mod storage;
mod sync;
mod token;
mod told;
mod workspace;

pub use error::{CliError, Exit};
pub use git::command as git_command;

use crate::runtime;
use arguments::{Arguments, Command};
use clap::Parser;
use output::Output;
use std::{ffi::OsString, io, process::ExitCode, sync::LazyLock};
use tokio::runtime::Runtime;

/// Runs the command line and says how it went.
pub fn main() -> ExitCode {
    let arguments = match hidden::arguments() {
        Ok(words) => {
            let words = with_json_first(words);
            match Arguments::try_parse_from(&words) {
                Ok(arguments) => arguments,
                Err(error) => return refuse(&error, &words),
            }
        }
        Err(error) => {
            Output::new(false, false).error(&error);
            return error.exit.into();
        }
    };
    let output = Output::new(arguments.json, arguments.quiet);
    match run(arguments, &output) {
        Ok(exit) => exit.into(),
        Err(error) => {
            output.error(&error);
            error.exit.into()
        }
    }
}

/// Puts `--json` before the words that go to git, where it stands among them: it is never git's.
fn with_json_first(mut words: Vec<OsString>) -> Vec<OsString> {
    let command = words.iter().skip(1).find(|word| !word.as_encoded_bytes().starts_with(b"-"));
    if command.is_some_and(|command| ["push", "pull", "fetch"].iter().any(|git| command == git)) {
        let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
        if let Some(at) = words[..end].iter().rposition(|word| word == "--json") {
            let json = words.remove(at);
            words.insert(1, json);
        }
    }
    words
}

/// Says what is wrong with the command line, or what it asks to be told of it.
fn refuse(error: &clap::Error, words: &[OsString]) -> ExitCode {
    let mut options = words.iter().take_while(|word| *word != "--");
    if !error.use_stderr() || !options.any(|word| word == "--json") {
        error.exit();
    }
    let said = error.to_string();
    let first = said.split("\n\n").next().unwrap_or_default();
    let error = CliError::new(Exit::Usage, first.strip_prefix("error: ").unwrap_or(first).trim())
        .advise("see: trunks --help");
    Output::new(true, false).error(&error);
    error.exit.into()
}

fn run(arguments: Arguments, output: &Output) -> Result<Exit, CliError> {
    runtime::demand_files().map_err(|error| CliError::failed(error.to_string()))?;
    match arguments.command {
        None => shell::run(output),
        Some(Command::Init(arguments)) => init::run(&arguments, output),
        Some(Command::Storage { command }) => storage::run(command, output),
        Some(Command::Clone(arguments)) => sync::clone(&arguments, output),
        Some(Command::Push(arguments)) => sync::push(&arguments, output),
        Some(Command::Pull(arguments)) => sync::pull(&arguments, output),
        Some(Command::Fetch(arguments)) => sync::fetch(&arguments, output),
        Some(Command::Status) => status::run(output),
        Some(Command::Branch { command }) => branch::run(command, output),
        Some(Command::Repo { command }) => repo::run(*command, output),
        Some(Command::Check(arguments)) => check::run(&arguments, output),
        Some(Command::Cat(arguments)) => cat::run(&arguments, output),
        Some(Command::Token { command }) => token::run(command, output),
    }
}

/// Runs a future of the component or of a store to its end.
fn block_on<T>(future: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    // One for all: a store's connections live in the runtime that they were made in.
    static RUNTIME: LazyLock<io::Result<Runtime>> = LazyLock::new(runtime::start);
    match &*RUNTIME {
        Ok(runtime) => runtime.block_on(future),
        Err(error) => Err(CliError::failed(error.to_string())),
    }
}
