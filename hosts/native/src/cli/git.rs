//! Running git.

use super::{CliError, Exit};
use std::{
    env,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

/// A run of git that finds `git-remote-trunks`, wherever this program lies.
pub fn command() -> Command {
    let mut command = Command::new("git");
    if let Some(path) = path_with_helper() {
        command.env("PATH", path);
    }
    command
}

/// What `PATH` must be so that git finds `git-remote-trunks`; `None` when it is so already.
pub fn path_with_helper() -> Option<OsString> {
    let program = env::current_exe().ok()?;
    let dir = program.parent()?;
    let path = env::var_os("PATH").unwrap_or_default();
    let mut dirs: Vec<PathBuf> = env::split_paths(&path).collect();
    if dirs.iter().any(|other| other == dir) {
        return None;
    }
    dirs.insert(0, dir.to_owned());
    env::join_paths(dirs).ok()
}

/// Has git print something; `None` when it ends with an error, which it keeps to itself.
pub fn ask<S: AsRef<OsStr>>(dir: &Path, arguments: &[S]) -> Result<Option<String>, CliError> {
    let mut command = command();
    command.current_dir(dir).args(arguments).stdin(Stdio::null()).stderr(Stdio::null());
    let output = command.output().map_err(not_run)?;
    if !output.status.success() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(Some(text.trim_end_matches('\n').to_owned()))
}

/// Has git do something that must not fail, its errors shown.
pub fn must<S: AsRef<OsStr>>(dir: &Path, arguments: &[S]) -> Result<String, CliError> {
    let mut command = command();
    command.current_dir(dir).args(arguments).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().map_err(not_run)?;
    if !output.status.success() {
        let words: Vec<_> = arguments.iter().map(|word| word.as_ref().to_string_lossy()).collect();
        let exit = exit_of(output.status);
        return Err(CliError::new(exit, format!("git {} failed", words.join(" "))));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned())
}

/// Lets git take over the terminal, and ends as it does.
pub fn hand_over<S: AsRef<OsStr>>(dir: &Path, arguments: &[S]) -> Result<Exit, CliError> {
    hand_over_with(dir, arguments, std::iter::empty::<(&str, &str)>())
}

/// The same, with more in its environment.
pub fn hand_over_with<S: AsRef<OsStr>>(
    dir: &Path,
    arguments: &[S],
    variables: impl Iterator<Item = (impl AsRef<OsStr>, impl AsRef<OsStr>)>,
) -> Result<Exit, CliError> {
    let mut command = command();
    command.current_dir(dir).args(arguments).envs(variables);
    Ok(exit_of(command.status().map_err(not_run)?))
}

/// How a program's end is passed on.
pub fn exit_of(status: ExitStatus) -> Exit {
    const SIGNALLED: u8 = 128;
    match status.code() {
        Some(0) => Exit::Done,
        Some(code) => Exit::Other(u8::try_from(code).unwrap_or(u8::MAX)),
        None => Exit::Other(SIGNALLED),
    }
}

fn not_run(error: std::io::Error) -> CliError {
    CliError::failed(format!("git could not be run: {error}"))
        .advise("install git 2.37 or newer and put it on PATH")
}
