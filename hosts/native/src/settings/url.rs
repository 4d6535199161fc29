//! Where a storage is: a store, or for a mirror any repository that git can push to.

use crate::store::{StoreUrl, UrlError, masked};
use std::fmt;

/// Where a storage is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageUrl {
    /// A store.
    Store(StoreUrl),
    /// A repository, as git takes it: `https://host/app.git`, `host:app.git`, a path.
    Git(String),
}

impl StorageUrl {
    /// What the second kind begins with where it is written down.
    const GIT: &str = "git:";

    /// Reads what was written down.
    ///
    /// # Errors
    /// It is no store's URL.
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        match url.strip_prefix(Self::GIT) {
            Some(url) => Ok(Self::Git(url.to_owned())),
            None => Ok(Self::Store(StoreUrl::parse(url)?)),
        }
    }

    /// Whether it is a store.
    pub fn is_store(&self) -> bool {
        matches!(self, Self::Store(_))
    }

    /// The kind of backend.
    pub fn scheme(&self) -> &'static str {
        match self {
            Self::Store(url) => url.scheme(),
            Self::Git(_) => "git",
        }
    }
}

/// As it is written down, without a password.
impl fmt::Display for StorageUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(url) => write!(f, "{url}"),
            Self::Git(url) if url.contains("://") => write!(f, "{}{}", Self::GIT, masked(url)),
            Self::Git(url) => write!(f, "{}{url}", Self::GIT),
        }
    }
}
