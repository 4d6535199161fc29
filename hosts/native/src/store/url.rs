//! The URLs of stores and of the repositories in them.
//!
//! | URL | store | repository |
//! |---|---|---|
//! | `local:///dir/my-app` | the directory `/dir` | `my-app` |
//! | `local:///dir/trunks/team/app.trunk` | the directory `/dir` | `team/app` |
//! | `local:///dir` as a storage setting | the directory `/dir` | |
//! | `memory://scratch/team/app` | this process's memory called `scratch` | `team/app` |
//!
//! Paths stand as they are: nothing is percent-decoded, so that every directory can be named.

use std::{
    fmt,
    path::{Path, PathBuf},
};
use trunks_core::repository::{InvalidRepoName, Layout, RepoName};

/// Where a store is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreUrl {
    /// A directory: `local:///dir`.
    Local {
        /// Absolute.
        root: PathBuf,
    },
    /// The memory of this process, for tests: `memory://name`.
    Memory {
        /// Equal names are the same store.
        name: String,
    },
}

/// Where a repository is: a store, and a name in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RemoteUrl {
    /// The store.
    pub store: StoreUrl,
    /// The repository.
    pub name: RepoName,
}

/// Why something is not a URL that trunks can open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It has no scheme at all.
    #[error("{url:?} is not a store's URL: it must look like local:///dir/my-app")]
    NoScheme {
        /// What was given.
        url: String,
    },
    /// A provider that is planned.
    #[error("{scheme}:// is not built in yet: use local:///dir/my-app")]
    NotBuiltIn {
        /// The scheme.
        scheme: String,
    },
    /// Nobody's scheme.
    #[error("{scheme}:// is not known: use local:///dir/my-app")]
    UnknownScheme {
        /// The scheme.
        scheme: String,
    },
    /// The path is not absolute, or not plain.
    #[error("{url:?} does not name a directory: {reason}")]
    BadPath {
        /// What was given.
        url: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// There is a store but no repository's name.
    #[error("{url:?} names no repository: add a name, as in local:///dir/my-app")]
    NoName {
        /// What was given.
        url: String,
    },
    /// The name is not allowed.
    #[error(transparent)]
    Name(#[from] InvalidRepoName),
}

const PLANNED: &[&str] = &[
    "file", "s3", "r2", "tigris", "b2", "wasabi", "spaces", "gcs", "gs", "azure", "sftp",
    "postgres",
];

impl StoreUrl {
    /// Reads the URL of a store, without a repository's name.
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        match scheme(url)? {
            ("local", path) => Ok(Self::Local { root: root(url, path)? }),
            ("memory", name) if !name.is_empty() && !name.contains('/') => {
                Ok(Self::Memory { name: name.to_owned() })
            }
            (scheme, _) => Err(refusal(scheme, url)),
        }
    }

    /// The URL of the repository called `name` in this store.
    pub fn join(&self, name: &RepoName) -> RemoteUrl {
        RemoteUrl { store: self.clone(), name: name.clone() }
    }
}

impl RemoteUrl {
    /// Reads the URL of a repository. A leading `trunks::` is taken off.
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        let url = url.strip_prefix("trunks::").unwrap_or(url);
        match scheme(url)? {
            ("local", path) => local(url, path),
            ("memory", path) => {
                let (store, name) = path.split_once('/').unwrap_or((path, ""));
                if store.is_empty() || name.is_empty() {
                    return Err(UrlError::NoName { url: url.to_owned() });
                }
                let store = StoreUrl::Memory { name: store.to_owned() };
                Ok(Self { store, name: RepoName::new(name)? })
            }
            (scheme, _) => Err(refusal(scheme, url)),
        }
    }
}

/// The shortest form that reads back as the same.
impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local { root } => write!(f, "local://{}", root.display()),
            Self::Memory { name } => write!(f, "memory://{name}"),
        }
    }
}

/// The shortest form that reads back as the same.
impl fmt::Display for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.as_str();
        match &self.store {
            StoreUrl::Local { root } if name.contains('/') => {
                let root = if root == Path::new("/") { Path::new("") } else { root };
                write!(f, "local://{}/{}{name}{}", root.display(), Layout::TRUNKS, Layout::SUFFIX)
            }
            StoreUrl::Local { root } if root == Path::new("/") => write!(f, "local:///{name}"),
            store => write!(f, "{store}/{name}"),
        }
    }
}

fn scheme(url: &str) -> Result<(&str, &str), UrlError> {
    match url.split_once("://") {
        Some((scheme, rest))
            if !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric()) =>
        {
            Ok((scheme, rest))
        }
        _ => Err(UrlError::NoScheme { url: url.to_owned() }),
    }
}

fn refusal(scheme: &str, url: &str) -> UrlError {
    let scheme = scheme.to_owned();
    if PLANNED.contains(&scheme.as_str()) {
        UrlError::NotBuiltIn { scheme }
    } else if scheme == "memory" {
        UrlError::BadPath { url: url.to_owned(), reason: "use memory://name" }
    } else {
        UrlError::UnknownScheme { scheme }
    }
}

fn root(url: &str, path: &str) -> Result<PathBuf, UrlError> {
    let bad = |reason| UrlError::BadPath { url: url.to_owned(), reason };
    if !path.starts_with('/') {
        return Err(bad("the path must be absolute, with three slashes: local:///dir"));
    }
    if path.contains('\0') {
        return Err(bad("it holds a zero byte"));
    }
    if path.split('/').any(|segment| segment == "." || segment == "..") {
        return Err(bad("it must not hold . or .. segments"));
    }
    Ok(Path::new(path).components().collect())
}

fn local(url: &str, path: &str) -> Result<RemoteUrl, UrlError> {
    let path = path.trim_end_matches('/');
    root(url, path)
        .or_else(|error| if path.is_empty() { Ok(PathBuf::new()) } else { Err(error) })?;
    let no_name = || UrlError::NoName { url: url.to_owned() };
    if let Some(stem) = path.strip_suffix(Layout::SUFFIX) {
        // With several `trunks/` in the path each split names the same files: take the last.
        let mark = format!("/{}", Layout::TRUNKS);
        if let Some(at) = stem.rfind(&mark) {
            let name = RepoName::new(&stem[at + mark.len()..])?;
            let root = root(url, if at == 0 { "/" } else { &stem[..at] })?;
            return Ok(RemoteUrl { store: StoreUrl::Local { root }, name });
        }
    }
    let (dir, name) = path.rsplit_once('/').ok_or_else(no_name)?;
    let root = root(url, if dir.is_empty() { "/" } else { dir })?;
    Ok(RemoteUrl { store: StoreUrl::Local { root }, name: RepoName::new(name)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(url: &str) -> (String, String) {
        let remote = RemoteUrl::parse(url).expect(url);
        assert_eq!(RemoteUrl::parse(&remote.to_string()).as_ref(), Ok(&remote), "{url}");
        (remote.store.to_string(), remote.name.as_str().to_owned())
    }

    #[test]
    fn the_last_segment_is_the_name() {
        for (url, store, name) in [
            ("local:///dir/my-app", "local:///dir", "my-app"),
            ("trunks::local:///dir/my-app", "local:///dir", "my-app"),
            ("local:///dir//deep/my-app/", "local:///dir/deep", "my-app"),
            ("local:///my-app", "local:///", "my-app"),
            ("local:///with space/%41/my app", "local:///with space/%41", "my app"),
            ("local:///dir/trunks/my-app", "local:///dir/trunks", "my-app"),
        ] {
            assert_eq!(remote(url), (store.to_owned(), name.to_owned()), "{url}");
        }
    }

    #[test]
    fn an_explicit_directory_may_hold_slashes_in_the_name() {
        for (url, store, name) in [
            ("local:///dir/trunks/team/app.trunk", "local:///dir", "team/app"),
            ("local:///dir/trunks/app.trunk/", "local:///dir", "app"),
            ("local:///trunks/team/app.trunk", "local:///", "team/app"),
            ("local:///a/trunks/b/trunks/c.trunk", "local:///a/trunks/b", "c"),
        ] {
            assert_eq!(remote(url), (store.to_owned(), name.to_owned()), "{url}");
        }
    }

    #[test]
    fn memory_is_named() {
        assert_eq!(
            remote("memory://scratch/team/app"),
            ("memory://scratch".to_owned(), "team/app".to_owned())
        );
        assert!(StoreUrl::parse("memory://").is_err());
        assert!(StoreUrl::parse("memory://a/b").is_err());
        assert!(RemoteUrl::parse("memory://a").is_err());
    }

    #[test]
    fn the_root_alone_is_a_store() {
        for (url, shown) in [
            ("local:///dir", "local:///dir"),
            ("local:///", "local:///"),
            ("local:///d/", "local:///d"),
        ] {
            assert_eq!(StoreUrl::parse(url).expect(url).to_string(), shown);
        }
    }

    #[test]
    fn what_is_not_a_url_of_ours_is_refused_with_what_would_be() {
        for (url, said) in [
            ("my-app", "must look like local:///dir/my-app"),
            ("", "must look like"),
            ("://x", "must look like"),
            ("s3://bucket/my-app", "s3:// is not built in yet"),
            ("postgres://u:p@h/db/app", "postgres:// is not built in yet"),
            ("ftp://host/app", "ftp:// is not known"),
            ("local://dir/app", "three slashes"),
            ("local:///dir/../app", ".. segments"),
            ("local:///", "names no repository"),
            ("local:///dir/.hidden", "begin or end with a dot"),
            ("local:///dir/trunks/.trunk", "1 to 512 bytes"),
        ] {
            let error = RemoteUrl::parse(url).expect_err(url).to_string();
            assert!(error.contains(said), "{url}: {error}");
        }
    }

    #[test]
    fn an_error_does_not_repeat_a_password() {
        let error = RemoteUrl::parse("postgres://user:secret@host/db").expect_err("planned");
        assert!(!error.to_string().contains("secret"));
    }
}
