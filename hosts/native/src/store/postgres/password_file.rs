//! The password file that all of PostgreSQL's clients share.
//!
//! # Source
//! PostgreSQL, "libpq: The Password File"

use secrecy::SecretString;
use std::{
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

/// What a password is looked up for.
pub(super) struct Login<'a> {
    pub host: &'a str,
    pub port: u16,
    pub database: &'a str,
    pub user: &'a str,
}

/// The password for `login` in the file at `path`; `None` if there is none.
///
/// # Errors
/// Why the file was not read, in words for the user.
pub(super) fn find(path: &Path, login: &Login<'_>) -> Result<Option<SecretString>, String> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{} cannot be read: {error}", path.display())),
    };
    if metadata.is_file() && metadata.permissions().mode() & 0o077 != 0 {
        return Err(format!(
            "{path} is passed over because others (owner {owner}, mode {mode:o}) may read it: chmod \
             600 {path}",
            path = path.display(),
            owner = metadata.uid(),
            mode = metadata.mode() & 0o777
        ));
    }
    let text = fs::read_to_string(path)
        .map(SecretText)
        .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    Ok(text.0.lines().find_map(|line| password_in(line, login)))
}

/// The file's text, which is wiped when it has been searched.
struct SecretText(String);

impl Drop for SecretText {
    fn drop(&mut self) {
        use secrecy::zeroize::Zeroize;
        self.0.zeroize();
    }
}

/// The password of a line, if it is for this login: `host:port:database:user:password`, where `*`
/// matches all and a backslash takes the next character as it is.
fn password_in(line: &str, login: &Login<'_>) -> Option<SecretString> {
    if line.starts_with('#') {
        return None;
    }
    // A socket's directory is `localhost` in this file.
    let host = if login.host.starts_with('/') { "localhost" } else { login.host };
    let port = login.port.to_string();
    let mut rest = line;
    for wanted in [host, &port, login.database, login.user] {
        let (field, after) = field(rest)?;
        let matches = rest.starts_with("*:") || field == wanted;
        // A socket's directory may also stand there by itself.
        let is_directory = wanted == host && field == login.host;
        if !matches && !is_directory {
            return None;
        }
        rest = after;
    }
    let (password, _) = field(rest).unwrap_or_else(|| (unescape(rest), ""));
    (!password.is_empty()).then(|| password.into())
}

/// The text up to the next colon that is not escaped, and what follows that.
fn field(text: &str) -> Option<(String, &str)> {
    let mut is_escaped = false;
    let at = text.char_indices().find(|&(_, c)| {
        let is_end = c == ':' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    });
    let (at, _) = at?;
    Some((unescape(&text[..at]), &text[at + 1..]))
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn found(line: &str, host: &str) -> Option<String> {
        let login = Login { host, port: 5432, database: "mine", user: "me" };
        password_in(line, &login).map(|password| password.expose_secret().to_owned())
    }

    #[test]
    fn a_line_is_for_the_login_that_it_names() {
        for (line, password) in [
            ("h:5432:mine:me:pw", Some("pw")),
            ("*:*:*:*:pw", Some("pw")),
            ("h:*:mine:*:p\\:w\\\\", Some("p:w\\")),
            ("h:5432:mine:me:pw:more", Some("pw")),
            ("other:5432:mine:me:pw", None),
            ("h:5433:mine:me:pw", None),
            ("h:5432:yours:me:pw", None),
            ("h:5432:mine:you:pw", None),
            ("#h:5432:mine:me:pw", None),
            ("h:5432:mine:me:", None),
            ("h:5432", None),
            ("", None),
            ("\\*:5432:mine:me:pw", None),
        ] {
            assert_eq!(found(line, "h").as_deref(), password, "{line}");
        }
    }

    #[test]
    fn a_socket_is_localhost() {
        assert_eq!(found("localhost:5432:mine:me:pw", "/run/pg").as_deref(), Some("pw"));
        assert_eq!(found("/run/pg:5432:mine:me:pw", "/run/pg").as_deref(), Some("pw"));
        assert_eq!(found("h:5432:mine:me:pw", "/run/pg"), None);
    }
}
