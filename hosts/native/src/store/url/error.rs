//! Why something is not a URL that trunks can open.

use trunks_core::repository::InvalidRepoName;

/// Why something is not a URL that trunks can open. No message repeats a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It has no scheme at all.
    #[error(
        "{url:?} is not a store's URL: it must look like s3://bucket/my-app or local:///dir/my-app"
    )]
    NoScheme {
        /// What was given, masked.
        url: String,
    },
    /// Nobody's scheme.
    #[error(
        "{scheme}:// is not known: use one of s3, r2, tigris, b2, wasabi, spaces, gcs, azure, sftp, \
         postgres, local, file"
    )]
    UnknownScheme {
        /// The scheme.
        scheme: String,
    },
    /// What follows the scheme is not as it must be.
    #[error("{url:?} does not name a store: {reason}")]
    Malformed {
        /// What was given, masked.
        url: String,
        /// What is wrong, and what it should look like.
        reason: &'static str,
    },
    /// There is a store but no repository's name.
    #[error("{url:?} names no repository: add its name at the end, as in …/my-app")]
    NoName {
        /// What was given, masked.
        url: String,
    },
    /// The name is not allowed.
    #[error(transparent)]
    Name(#[from] InvalidRepoName),
}

/// A URL that may be shown, whatever it is: without what may be a password, or a query that may hold
/// one. URLs of files have neither.
pub fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return mask_login(url, "");
    };
    match scheme.strip_prefix("trunks::").unwrap_or(scheme) {
        "local" | "file" | "memory" => url.to_owned(),
        _ => mask_login(rest, &format!("{scheme}://")),
    }
}

fn mask_login(rest: &str, before: &str) -> String {
    // Whoever forgets to percent-code a password may have written @, / and ? in it: up to the last @
    // all is taken for the login.
    let (login, place) = match rest.rsplit_once('@') {
        Some((login, place)) => match login.split_once(':') {
            Some((user, _)) => (format!("{user}:***@"), place),
            None => (format!("{login}@"), place),
        },
        None => (String::new(), rest),
    };
    let (place, query) = match place.split_once('?') {
        Some((place, _)) => (place, "?***"),
        None => (place, ""),
    };
    format!("{before}{login}{place}{query}")
}
