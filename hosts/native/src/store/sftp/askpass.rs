//! Hands a password to `ssh` without an argument, an environment variable or a file's bytes holding it.
//!
//! `ssh` asks a program of ours, a script in a directory that only this user can enter. The script reads
//! one line from a named pipe in the same directory, where the secret waits in memory.

use super::config::SftpConfig;
use secrecy::{ExposeSecret, SecretString};
use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// Answers with the pipe that fits the question, and refuses every other one, such as whether an
/// unknown host is to be trusted.
const SCRIPT: &str = r#"#!/bin/sh
here=${0%/*}
case $1 in
*yes/no*) echo no; exit 0 ;;
*assphrase*) pipe=$here/passphrase ;;
*) pipe=$here/password ;;
esac
[ -p "$pipe" ] || exit 1
IFS= read -r line <"$pipe" && printf '%s\n' "$line"
"#;

/// A pipe takes so many bytes at once without a reader, everywhere.
const LONGEST_BYTES: usize = 400;

/// The script and its pipes. Removed when dropped.
#[derive(Debug)]
pub(super) struct Askpass {
    directory: TempDir,
    _pipes: Vec<File>,
}

impl Askpass {
    /// Lays out the secrets of `config`; `None`: it has none.
    ///
    /// # Errors
    /// Says what could not be made.
    pub fn new(config: &SftpConfig) -> io::Result<Option<Self>> {
        let secrets = [("password", &config.password), ("passphrase", &config.passphrase)];
        if secrets.iter().all(|(_, secret)| secret.is_none()) {
            return Ok(None);
        }
        let directory = tempfile::Builder::new().prefix("trunks-ssh-").tempdir()?;
        let mut script = OpenOptions::new();
        script.write(true).create_new(true).mode(0o700);
        script.open(directory.path().join("askpass"))?.write_all(SCRIPT.as_bytes())?;
        let mut pipes = Vec::new();
        for (name, secret) in secrets {
            let Some(secret) = secret else { continue };
            pipes.push(pipe(&directory.path().join(name), secret)?);
        }
        Ok(Some(Self { directory, _pipes: pipes }))
    }

    /// What `ssh` is to run when it has a question.
    pub fn program(&self) -> PathBuf {
        self.directory.path().join("askpass")
    }
}

/// Makes a pipe that holds `secret` for two questions: a server may ask by two methods.
fn pipe(path: &Path, secret: &SecretString) -> io::Result<File> {
    let secret = secret.expose_secret();
    if secret.len() > LONGEST_BYTES || secret.contains(['\n', '\0']) {
        return Err(io::Error::other(
            "a password must be one line of at most 400 bytes: use a key instead",
        ));
    }
    let made = Command::new("mkfifo").args(["-m", "600"]).arg(path).status()?;
    if !made.success() {
        return Err(io::Error::other("mkfifo failed"));
    }
    // Open at both ends, so that neither opening nor writing waits for the script.
    let mut pipe = OpenOptions::new().read(true).write(true).open(path)?;
    for _ in 0..2 {
        pipe.write_all(format!("{secret}\n").as_bytes())?;
    }
    Ok(pipe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn answer(askpass: &Askpass, question: &str) -> String {
        let output = Command::new(askpass.program()).arg(question).output().expect("run");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    #[test]
    fn questions_get_the_secret_that_fits_and_hosts_are_not_trusted() {
        let mut config = SftpConfig::new("host", "");
        assert!(Askpass::new(&config).expect("nothing to do").is_none());
        config.password = Some(SecretString::from(r"p\a$s' s"));
        config.passphrase = Some(SecretString::from("phrase"));
        let askpass = Askpass::new(&config).expect("made").expect("there are secrets");
        assert_eq!(answer(&askpass, "Enter passphrase for key '/k': "), "phrase\n");
        assert_eq!(answer(&askpass, "me@host's password: "), "p\\a$s' s\n");
        assert_eq!(answer(&askpass, "(me@host) Password: "), "p\\a$s' s\n");
        assert_eq!(answer(&askpass, "continue connecting (yes/no/[fingerprint])? "), "no\n");
        let directory = askpass.directory.path().to_owned();
        drop(askpass);
        assert!(fs::metadata(directory).is_err());
    }

    #[test]
    fn a_secret_of_two_lines_is_refused() {
        let mut config = SftpConfig::new("host", "");
        config.password = Some(SecretString::from("one\ntwo"));
        let error = Askpass::new(&config).expect_err("two lines").to_string();
        assert!(error.contains("one line") && !error.contains("two"), "{error}");
    }
}
