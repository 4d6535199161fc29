//! Arguments that nobody else may see, though `ps` shows every command line to everybody.
//!
//! A secret on the command line is in sight from the start; what can be done is to make that short.
//! So a program that finds one runs itself again in the same process, the secrets masked and all its
//! arguments handed over in a pipe.

use super::{CliError, Exit};
use crate::store::{Key, masked};
use std::ffi::OsString;

/// What leads to the arguments in a pipe.
const MARK: &str = "--arguments-in-descriptor=";

/// The arguments of this process, the program's name first. Where a secret is among them, this does
/// not return at first: the program begins again without them in sight.
///
/// # Errors
/// `Failed`: the pipe broke.
pub fn arguments() -> Result<Vec<OsString>, CliError> {
    let all: Vec<OsString> = std::env::args_os().collect();
    if let [program, mark] = all.as_slice()
        && let Some(descriptor) = mark.to_str().and_then(|mark| mark.strip_prefix(MARK))
    {
        let mut arguments = vec![program.clone()];
        arguments.extend(system::receive(descriptor).map_err(|error| {
            CliError::new(Exit::Usage, format!("{MARK} is not for people: {error}"))
        })?);
        return Ok(arguments);
    }
    let words: Vec<&str> = all.iter().skip(1).filter_map(|word| word.to_str()).collect();
    // Where the words are not text, or the program cannot be run again, it goes on in sight.
    if words.len() + 1 == all.len() && holds_a_secret(&words) {
        system::run_again(&words);
    }
    Ok(all)
}

fn holds_a_secret(words: &[&str]) -> bool {
    let secrets: Vec<String> =
        Key::ALL.into_iter().filter(|key| key.is_secret()).map(Key::flag).collect();
    let is_flag = |word: &str| secrets.iter().any(|flag| flag == word);
    words.iter().enumerate().any(|(at, word)| match word.split_once('=') {
        Some((flag, value)) if is_flag(flag) => value != "-",
        _ if is_flag(word) => words.get(at + 1).is_some_and(|value| *value != "-"),
        _ => word.contains("://") && masked(word) != *word,
    })
}

#[cfg(unix)]
mod system {
    use super::MARK;
    use rustix::io::{FdFlags, fcntl_setfd};
    use std::{
        env,
        ffi::OsString,
        fs::File,
        io::{self, Read, Write},
        os::{fd::AsRawFd, unix::process::CommandExt},
        process::Command,
    };

    /// What fits into a pipe that nobody reads yet, in bytes.
    const PIPE_BYTES: usize = 16 * 1024;

    pub fn run_again(words: &[&str]) {
        let text = words.join("\0");
        if text.len() > PIPE_BYTES {
            return;
        }
        let Ok(program) = env::current_exe() else { return };
        let Ok((reader, mut writer)) = io::pipe() else { return };
        if writer.write_all(text.as_bytes()).is_err()
            || fcntl_setfd(&reader, FdFlags::empty()).is_err()
        {
            return;
        }
        drop(writer);
        let mark = format!("{MARK}{}", reader.as_raw_fd());
        let mut command = Command::new(program);
        if let Some(name) = env::args_os().next() {
            command.arg0(name);
        }
        // Comes back only where it fails.
        let _ = command.arg(mark).exec();
    }

    pub fn receive(descriptor: &str) -> io::Result<Vec<OsString>> {
        let descriptor: u32 = descriptor.parse().map_err(io::Error::other)?;
        let mut text = String::new();
        let pipe = File::open(format!("/dev/fd/{descriptor}"))?;
        pipe.take(PIPE_BYTES as u64).read_to_string(&mut text)?;
        Ok(text.split('\0').map(OsString::from).collect())
    }
}

#[cfg(not(unix))]
mod system {
    use std::{ffi::OsString, io};

    pub fn run_again(_: &[&str]) {}

    pub fn receive(_: &str) -> io::Result<Vec<OsString>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_where_they_stand() {
        for words in [
            &["storage", "add", "--secret-key", "geheim"][..],
            &["storage", "add", "--password=geheim"],
            &["storage", "ping", "postgres://me:geheim@host/db"],
            &["clone", "trunks::sftp://me:geheim@host/app"],
        ] {
            assert!(holds_a_secret(words), "{words:?}");
        }
        for words in [
            &["storage", "add", "--secret-key", "-"][..],
            &["storage", "add", "--password=-", "--region", "eu-1"],
            &["storage", "add", "--secret-key"],
            &["clone", "sftp://me@host/app"],
            &["clone", "local:///a:b@c/app"],
            &[],
        ] {
            assert!(!holds_a_secret(words), "{words:?}");
        }
    }
}
