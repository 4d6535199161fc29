//! Repository names.

use alloc::{borrow::ToOwned, string::String};

/// A repository's name, such as `my-app` or `team/app`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RepoName(String);

/// Not a repository name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not a repository name: {reason}")]
pub struct InvalidRepoName {
    /// The name.
    pub name: String,
    /// The rule that it breaks.
    pub reason: &'static str,
}

impl RepoName {
    /// Checks a name: segments of printable characters between single slashes.
    pub fn new(name: &str) -> Result<Self, InvalidRepoName> {
        let invalid = |reason| Err(InvalidRepoName { name: name.to_owned(), reason });
        if name.is_empty() || name.len() > 512 {
            return invalid("it must have 1 to 512 bytes");
        }
        if name
            .chars()
            .any(|c| c.is_control() || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|'))
        {
            return invalid("control characters and \\ : * ? \" < > | are not allowed");
        }
        for segment in name.split('/') {
            if segment.is_empty() {
                return invalid("it must not begin or end with a slash or hold two in a row");
            }
            if segment.starts_with('.') || segment.ends_with('.') {
                return invalid("no part of it may begin or end with a dot");
            }
            if segment.ends_with(".trunk") || segment.ends_with(".lock") {
                return invalid("no part of it may end with .trunk or .lock");
            }
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
