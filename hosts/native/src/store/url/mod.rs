//! The URLs of stores and of the repositories in them.
//!
//! | URL of a store | where it is |
//! |---|---|
//! | `local:///dir` | a directory on a disk of this machine |
//! | `file:///mnt/share` | a directory on a share: NFS, SMB |
//! | `memory://scratch` | this process's memory called `scratch` |
//! | `s3://bucket/prefix`, `r2: tigris: b2: wasabi: spaces:` | a bucket that speaks S3 |
//! | `gcs://bucket/prefix`, `gs:` | a bucket of Google Cloud Storage |
//! | `azure://account/container/prefix` | a container of Azure Blob Storage |
//! | `sftp://user@host:port/dir`, `sftp://host/~/dir` | a directory behind an SSH server |
//! | `postgres://user@host:port/database` | a table of a database |
//!
//! A repository in a store is one more segment, `s3://bucket/prefix/my-app`, or the directory that it
//! lies in, `s3://bucket/prefix/trunks/team/app.trunk`. What follows a memory's or a database's name is
//! all repository: `postgres://host/database/team/app`.
//!
//! In `sftp` and `postgres` URLs `%20` is a blank and so on, so that users and passwords may hold what
//! they like. All others stand as they are, so that every directory and key can be named.
//!
//! A password may be given in a URL and is never shown in one.

mod error;
mod parse;
mod percent;
mod show;
#[cfg(test)]
mod tests;

pub use error::{UrlError, masked};

use secrecy::{ExposeSecret, SecretString};
use std::{
    fmt,
    path::{Path, PathBuf},
};
use trunks_core::repository::RepoName;

/// Where a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreUrl {
    /// A directory on a disk: `local:///dir`.
    Local {
        /// Absolute.
        root: PathBuf,
    },
    /// A directory that other machines write to as well: `file:///mnt/share`.
    Share {
        /// Absolute.
        root: PathBuf,
    },
    /// The memory of this process, for tests: `memory://name`.
    Memory {
        /// Equal names are the same store.
        name: String,
    },
    /// A bucket: `s3://bucket/prefix`.
    Bucket {
        /// Whose.
        provider: Provider,
        /// Its name.
        bucket: String,
        /// What all keys begin with, without slashes around it; may be empty.
        prefix: String,
    },
    /// A container of Azure Blob Storage: `azure://account/container/prefix`.
    Azure {
        /// The storage account.
        account: String,
        /// The container.
        container: String,
        /// What all keys begin with, without slashes around it; may be empty.
        prefix: String,
    },
    /// A directory behind an SSH server: `sftp://user@host:port/dir`.
    Sftp {
        /// The server, and who signs in.
        server: Server,
        /// Absolute, or relative to the user's home when it begins with `~`.
        path: String,
    },
    /// A table of a Postgres database: `postgres://user@host:port/database`.
    Postgres {
        /// The server, and who signs in. An empty host is the local one.
        server: Server,
        /// The database.
        database: String,
        /// What was asked for with `?sslmode=`.
        ssl_mode: Option<String>,
    },
}

/// Who runs a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Provider {
    /// Amazon S3, and any server that speaks it: `s3://`.
    S3,
    /// Cloudflare R2: `r2://`.
    R2,
    /// Tigris: `tigris://`.
    Tigris,
    /// Backblaze B2: `b2://`.
    B2,
    /// Wasabi: `wasabi://`.
    Wasabi,
    /// DigitalOcean Spaces: `spaces://`.
    Spaces,
    /// Google Cloud Storage: `gcs://`.
    Gcs,
}

/// A server, and who signs in there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// `None`: whoever the provider's own rules say.
    pub user: Option<String>,
    /// As it stood in the URL.
    pub password: Option<Password>,
    /// Its name or address, an IPv6 one without brackets.
    pub host: String,
    /// `None`: the usual one.
    pub port: Option<u16>,
}

/// A password that stood in a URL.
#[derive(Clone, Debug)]
pub struct Password(pub SecretString);

impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl Eq for Password {}

/// Where a repository is: a store, and a name in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteUrl {
    /// The store.
    pub store: StoreUrl,
    /// The repository.
    pub name: RepoName,
}

impl StoreUrl {
    /// Reads the URL of a store, without a repository's name.
    ///
    /// # Errors
    /// It is none, or names no store.
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        parse::store(url)
    }

    /// The URL of the repository called `name` in this store.
    pub fn join(&self, name: &RepoName) -> RemoteUrl {
        RemoteUrl { store: self.clone(), name: name.clone() }
    }

    /// The scheme that it is shown with, without `://`: also the kind of backend.
    pub fn scheme(&self) -> &'static str {
        match self {
            Self::Local { .. } => "local",
            Self::Share { .. } => "file",
            Self::Memory { .. } => "memory",
            Self::Bucket { provider, .. } => provider.scheme(),
            Self::Azure { .. } => "azure",
            Self::Sftp { .. } => "sftp",
            Self::Postgres { .. } => "postgres",
        }
    }

    /// The directory that it is, where it is one.
    pub fn directory(&self) -> Option<&Path> {
        match self {
            Self::Local { root } | Self::Share { root } => Some(root),
            _ => None,
        }
    }

    /// Whether other programs find the repositories as directories of files, so that the files that a
    /// static file server needs are worth keeping.
    pub fn is_directory(&self) -> bool {
        self.directory().is_some()
    }

    /// Whether it is reached over a network by someone who signs in.
    pub fn is_far(&self) -> bool {
        !self.is_directory() && !matches!(self, Self::Memory { .. })
    }

    /// Takes the password out.
    pub fn take_password(&mut self) -> Option<SecretString> {
        match self {
            Self::Sftp { server, .. } | Self::Postgres { server, .. } => {
                server.password.take().map(|password| password.0)
            }
            _ => None,
        }
    }
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::S3, Self::R2, Self::Tigris, Self::B2, Self::Wasabi, Self::Spaces, Self::Gcs];

    /// The scheme of its URLs, without `://`.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::R2 => "r2",
            Self::Tigris => "tigris",
            Self::B2 => "b2",
            Self::Wasabi => "wasabi",
            Self::Spaces => "spaces",
            Self::Gcs => "gcs",
        }
    }
}

impl RemoteUrl {
    /// Reads the URL of a repository. A leading `trunks::` is taken off.
    ///
    /// # Errors
    /// It is none, or names no repository.
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        parse::remote(url.strip_prefix("trunks::").unwrap_or(url))
    }
}

/// The shortest form that reads back as the same, but without a password.
impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show::store(self, None, f)
    }
}

/// The shortest form that reads back as the same, but without a password.
impl fmt::Display for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show::store(&self.store, Some(&self.name), f)
    }
}
