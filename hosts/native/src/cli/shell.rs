//! `trunks` without a command: a shell in which plain git reaches the storage.

use super::{CliError, Exit, git, output::Output, workspace::Workspace};
use std::{env, ffi::OsString, process::Command};

/// Set in the shell, so that it is not opened twice.
const MARK: &str = "TRUNKS_SHELL";

/// Opens the shell and ends as it does.
pub fn run(output: &Output) -> Result<Exit, CliError> {
    let workspace = Workspace::find().map_err(explained)?;
    let settings = workspace.settings().map_err(explained)?;
    if env::var_os(MARK).is_some_and(|repo| repo == *settings.repo) {
        let message = format!("this is the trunks shell of {} already", settings.repo);
        return Err(CliError::new(Exit::Conflict, message).advise("leave it with: exit"));
    }
    match settings.primary() {
        Ok(storage) => output.say(&format!(
            "trunks: git push, pull and fetch go to {}. Leave with: exit",
            storage.remote(&settings.name()?)?
        )),
        Err(_) => output.say(
            "trunks: no storage yet (trunks storage add --name primary --backend local --path DIR). \
             Leave with: exit",
        ),
    }
    let shell = env::var_os("SHELL").filter(|shell| !shell.is_empty());
    let shell = shell.unwrap_or_else(|| OsString::from("/bin/sh"));
    let mut command = Command::new(&shell);
    command.env(MARK, &settings.repo);
    if let Some(path) = git::path_with_helper() {
        command.env("PATH", path);
    }
    let status = command.status().map_err(|error| {
        CliError::failed(format!("{} could not be run: {error}", shell.display()))
            .advise("name another shell in the environment variable SHELL")
    })?;
    Ok(git::exit_of(status))
}

/// Whoever types the bare name may not know yet what it is for.
fn explained(error: CliError) -> CliError {
    if error.exit != Exit::NotFound {
        return error;
    }
    let advice = error.advice.clone().unwrap_or_default();
    error.advise(format!(
        "`trunks` alone opens a shell in a repository that has storage\n  {advice}\n  \
         get one from storage with: trunks clone URL\n  see all commands with: trunks help"
    ))
}
