//! Asking for a secret, so that it stands in no command line.

use super::{CliError, Exit};
use crate::store::Key;
use secrecy::SecretString;
use std::io::{self, IsTerminal};

/// Asks at the terminal without showing the answer; where there is none, the answer is the next line
/// of standard input.
pub fn ask(key: Key) -> Result<SecretString, CliError> {
    let answer = if io::stdin().is_terminal() {
        rpassword::prompt_password(format!("{}: ", key.name().replace('_', " ")))
    } else {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    };
    let mut answer =
        answer.map_err(|error| CliError::failed(format!("standard input: {error}")))?;
    answer.truncate(answer.trim_end_matches(['\r', '\n']).len());
    if answer.is_empty() {
        let message = format!("nothing was given for {}", key.flag());
        return Err(CliError::new(Exit::Usage, message)
            .advise("give it at the prompt, or as a line of standard input"));
    }
    Ok(answer.into())
}
