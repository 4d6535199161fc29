//! What a user may say about a bucket that speaks S3, and what follows from it.

use crate::store::object::DEFAULT_TIMEOUT;
use secrecy::SecretString;
use std::time::Duration;

/// A bucket that speaks S3.
///
/// What is `None` is looked for in the environment and in the provider's own files on first use: see
/// `docs/backends/s3.md`.
#[derive(Clone, Debug)]
pub struct S3Config {
    /// Who runs it: decides endpoints and which variables are read.
    pub provider: S3Provider,
    /// The bucket's name.
    pub bucket: String,
    /// What every key begins with, without slashes at its ends; may be empty.
    pub prefix: String,
    /// The server's URL, as `https://host:port`. `http://` is spoken where this says so.
    pub endpoint: Option<String>,
    /// The region that requests are signed for, and that the endpoint is made of.
    pub region: Option<String>,
    /// R2 only: the account, which the endpoint is made of.
    pub account_id: Option<String>,
    /// Where the bucket's name stands in URLs.
    pub addressing: Addressing,
    /// The access key's id.
    pub access_key: Option<SecretString>,
    /// The access key's secret half.
    pub secret_key: Option<SecretString>,
    /// The token that belongs to a temporary access key.
    pub session_token: Option<SecretString>,
    /// The profile of `~/.aws/config` and `~/.aws/credentials`.
    pub profile: Option<String>,
    /// How a value is removed on a condition.
    pub conditional_delete: ConditionalDelete,
    /// How long a call may take, with all its repetitions; large values get more.
    pub timeout: Duration,
}

/// Who runs a store that speaks S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum S3Provider {
    /// Amazon, or whoever answers at a given endpoint: MinIO, Ceph.
    Aws,
    /// Cloudflare R2.
    R2,
    /// Tigris.
    Tigris,
    /// Backblaze B2.
    B2,
    /// Wasabi.
    Wasabi,
    /// DigitalOcean Spaces.
    Spaces,
}

/// Where the bucket's name stands in URLs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Addressing {
    /// In the host's name, except at a given endpoint and where the name would break TLS.
    #[default]
    Auto,
    /// In the path: `https://host/bucket/key`.
    Path,
    /// In the host's name: `https://bucket.host/key`.
    Virtual,
}

/// How a value is removed on a condition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConditionalDelete {
    /// By a request with `If-Match` on Amazon's own servers, elsewhere by a tombstone.
    #[default]
    Auto,
    /// By a request with `If-Match`. A server that ignores it loses other writers' values.
    IfMatch,
    /// A tombstone takes the value's place on a condition, and is then removed.
    Tombstone,
}

impl S3Config {
    /// The bucket of `provider`, with everything else left to the environment.
    pub fn new(provider: S3Provider, bucket: &str) -> Self {
        Self {
            provider,
            bucket: bucket.to_owned(),
            prefix: String::new(),
            endpoint: None,
            region: None,
            account_id: None,
            addressing: Addressing::Auto,
            access_key: None,
            secret_key: None,
            session_token: None,
            profile: None,
            conditional_delete: ConditionalDelete::Auto,
            timeout: DEFAULT_TIMEOUT,
        }
    }
}
