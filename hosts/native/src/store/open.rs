//! Opening the store that a URL and options name.

use super::{
    AnyStore, Azure, Disk, Gcs, Postgres, PostgresConfig, S3, Sftp, SftpConfig, StoreOptions,
    StoreUrl, bucket,
};
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};
use trunks_core::store::{Memory, StoreError};

/// Why a store cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Something is said of the store that it has no use for.
    #[error("{flag} means nothing to {scheme}://: leave it out")]
    Misplaced {
        /// What is said, as a flag.
        flag: String,
        /// The store's scheme.
        scheme: &'static str,
    },
    /// What is said cannot be.
    #[error("{flag} must be {expects}")]
    BadValue {
        /// What is said, as a flag.
        flag: String,
        /// What it must be.
        expects: &'static str,
    },
    /// The directory that the store was connected with is not there.
    #[error(
        "the store's directory {} is not there: mount it, or connect it anew with: trunks storage add",
        root.display()
    )]
    NoDirectory {
        /// The directory.
        root: PathBuf,
    },
    /// The store itself.
    #[error(transparent)]
    Store(#[from] StoreError),
}

static MEMORIES: LazyLock<Mutex<HashMap<String, Arc<Memory>>>> = LazyLock::new(Mutex::default);

/// Opens the store at `url`, of which `options` say the rest. Makes no request: it may turn out not to exist.
pub(super) fn open(url: &StoreUrl, options: &StoreOptions) -> Result<AnyStore, OpenError> {
    if let Some(key) = options.misplaced(url) {
        return Err(OpenError::Misplaced { flag: key.flag(), scheme: url.scheme() });
    }
    match url {
        StoreUrl::Local { root } => Ok(AnyStore::disk(Disk::new(root))),
        StoreUrl::Share { root } => Ok(AnyStore::share(Disk::new(root))),
        StoreUrl::Memory { name } => {
            let mut memories = MEMORIES.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(AnyStore::shared(memories.entry(name.clone()).or_default().clone()))
        }
        StoreUrl::Postgres { server, database, ssl_mode } => {
            let config = PostgresConfig::told(server, database, ssl_mode.as_deref(), options)?;
            Ok(AnyStore::shared(Arc::new(Postgres::new(config)?)))
        }
        StoreUrl::Bucket { provider, bucket, prefix } => {
            Ok(match bucket::s3(*provider, bucket, prefix, options)? {
                Some(config) => AnyStore::s3(S3::new(&config)?),
                None => {
                    let config = bucket::gcs(bucket, prefix, options)?;
                    AnyStore::gcs(Gcs::new(&config)?)
                }
            })
        }
        StoreUrl::Azure { account, container, prefix } => {
            let config = bucket::azure(account, container, prefix, options)?;
            Ok(AnyStore::shared(Arc::new(Azure::new(&config)?)))
        }
        StoreUrl::Sftp { server, path } => {
            let config = SftpConfig::told(server, path, options)?;
            Ok(AnyStore::sftp(Sftp::new(config)?))
        }
    }
}
