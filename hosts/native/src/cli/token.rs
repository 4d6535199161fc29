//! `trunks token`

use super::{
    CliError, Exit,
    arguments::{self, TokenAccess},
    output::{Output, Resource},
};
use serde::Serialize;
use std::{env, time::SystemTime};
use trunks_core::http::access::{Access, InvalidScope, Key, Scope, Token};

/// The variable that holds the secret: on the command line others could see it.
const SECRET: &str = "TRUNKS_SECRET";

/// Makes a token.
pub fn run(command: arguments::Token, output: &Output) -> Result<Exit, CliError> {
    let arguments::Token::Create { repo, access, expires } = command;
    let scope: Result<Scope, InvalidScope> = repo.parse();
    let scope = scope.map_err(|error| CliError::new(Exit::Usage, error.to_string()))?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now_s = now.map_err(|_| CliError::failed("the clock is before 1970"))?.as_secs();
    let allowed = match access {
        TokenAccess::Read => Access::Read,
        TokenAccess::Write => Access::Write,
    };
    let token = Token { scope, access: allowed, expires_s: now_s.saturating_add(expires) };
    let made = Made {
        token: token.write(&key()?),
        scope: token.scope.to_string(),
        access,
        expires: token.expires_s,
    };
    output.object(&made)?;
    Ok(Exit::Done)
}

/// The key that signs: the first, where the variable holds several.
fn key() -> Result<Key, CliError> {
    let secret = env::var(SECRET).unwrap_or_default();
    let Some(first) = secret.split_ascii_whitespace().next() else {
        return Err(CliError::failed(format!("{SECRET} is not set"))
            .advise("set it to the secret of whoever serves the repositories"));
    };
    Key::new(first).map_err(|error| CliError::failed(format!("{SECRET}: {error}")))
}

/// A new token. People are shown nothing else, so that it can be piped.
#[derive(Serialize)]
struct Made {
    token: String,
    scope: String,
    access: TokenAccess,
    /// Seconds since 1970.
    expires: u64,
}

impl Resource for Made {
    const OBJECT: &str = "token";

    fn line(&self) -> String {
        self.token.clone()
    }
}
