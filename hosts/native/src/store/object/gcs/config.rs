//! What a user may say about a bucket of Google Cloud Storage.

use crate::store::object::DEFAULT_TIMEOUT;
use secrecy::SecretString;
use std::{path::PathBuf, time::Duration};

/// A bucket of Google Cloud Storage.
///
/// What is `None` is looked for in the environment: see `docs/backends/gcs.md`.
#[derive(Clone, Debug)]
pub struct GcsConfig {
    /// The bucket's name.
    pub bucket: String,
    /// What every key begins with, without slashes at its ends; may be empty.
    pub prefix: String,
    /// The server's URL, where it is not Google's; without credentials, requests are anonymous there.
    pub endpoint: Option<String>,
    /// A file of credentials: a service account's key, or what `gcloud auth` writes.
    pub credentials_file: Option<PathBuf>,
    /// A service account's key itself, as JSON.
    pub credentials: Option<SecretString>,
    /// An access token, as `gcloud auth print-access-token` gives.
    pub token: Option<SecretString>,
    /// How long a call may take, with all its repetitions; large values get more.
    pub timeout: Duration,
}

impl GcsConfig {
    /// The bucket, with everything else left to the environment.
    pub fn new(bucket: &str) -> Self {
        Self {
            bucket: bucket.to_owned(),
            prefix: String::new(),
            endpoint: None,
            credentials_file: None,
            credentials: None,
            token: None,
            timeout: DEFAULT_TIMEOUT,
        }
    }
}
