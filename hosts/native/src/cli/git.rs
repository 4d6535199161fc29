//! Running git.

use super::{CliError, Exit};
use crate::runtime::hint;
use std::{
    env,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Output, Stdio},
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
///
/// # Errors
/// `Failed`: it cannot be run, or what it prints is not UTF-8.
pub fn ask<S: AsRef<OsStr>>(dir: &Path, arguments: &[S]) -> Result<Option<String>, CliError> {
    let output = run(dir, arguments)?;
    if output.status.success() { text(output.stdout).map(Some) } else { Ok(None) }
}

/// Has git do something that must not fail.
///
/// # Errors
/// `Failed`: in git's words, if it says any.
pub fn must<S: AsRef<OsStr>>(dir: &Path, arguments: &[S]) -> Result<String, CliError> {
    text(must_print(dir, arguments)?)
}

/// The same, where it may print anything.
pub fn must_print<S: AsRef<OsStr>>(dir: &Path, arguments: &[S]) -> Result<Vec<u8>, CliError> {
    let output = run(dir, arguments)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let words = words_of(&output.stderr);
    if words.is_empty() {
        let words: Vec<_> = arguments.iter().map(|word| word.as_ref().to_string_lossy()).collect();
        return Err(CliError::failed(format!("git {} failed: {}", words.join(" "), output.status)));
    }
    Err(CliError::failed(words))
}

/// Runs git with nothing on its standard input.
pub fn run<S: AsRef<OsStr>>(dir: &Path, arguments: &[S]) -> Result<Output, CliError> {
    command().current_dir(dir).args(arguments).stdin(Stdio::null()).output().map_err(not_run)
}

/// What git complains of, without what it puts before it and without its hints, which are about its own
/// commands.
pub fn words_of(stderr: &[u8]) -> String {
    let said = show(stderr);
    let lines = said.lines().filter(|line| !line.starts_with("hint:"));
    let bare = |line| {
        ["fatal: ", "error: ", "trunks: "].iter().find_map(|&mark| str::strip_prefix(line, mark))
    };
    let lines: Vec<&str> = lines.map(|line| bare(line).unwrap_or(line)).collect();
    lines.join("\n").trim().to_owned()
}

/// What git has printed, without the end of its last line.
fn text(printed: Vec<u8>) -> Result<String, CliError> {
    let text = String::from_utf8(printed).map_err(|error| {
        CliError::failed(format!("{} is not UTF-8", show(error.as_bytes()).trim_end()))
    })?;
    Ok(text.trim_end_matches('\n').to_owned())
}

/// Bytes that may not be UTF-8, for people to read.
pub fn show(bytes: &[u8]) -> String {
    let chunks = bytes.utf8_chunks();
    chunks.map(|chunk| format!("{}{}", chunk.valid(), chunk.invalid().escape_ascii())).collect()
}

/// A path that git has printed.
pub fn path(mut printed: Vec<u8>) -> Result<PathBuf, CliError> {
    if printed.last() == Some(&b'\n') {
        printed.pop();
    }
    #[cfg(unix)]
    return Ok(PathBuf::from(<OsString as std::os::unix::ffi::OsStringExt>::from_vec(printed)));
    #[cfg(not(unix))]
    text(printed).map(PathBuf::from)
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

/// What to say where git cannot be run.
pub fn not_run(error: std::io::Error) -> CliError {
    let failed = CliError::failed(format!("git could not be run: {error}{}", hint(&error)));
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            failed.advise("install git 2.37 or newer and put it on PATH")
        }
        _ => failed,
    }
}
