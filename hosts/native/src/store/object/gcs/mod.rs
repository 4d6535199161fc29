//! Buckets of Google Cloud Storage, through its XML API.

mod account;
mod config;
mod sign_in;
mod upload;

pub use config::GcsConfig;

use super::{
    adapter::Objects,
    call::Wire,
    connect,
    dialect::{Dialect, Upload},
    failure,
    key::Keys,
    s3, sweep, text, write,
};
use account::Account;
use http::{HeaderMap, HeaderValue};
use trunks_core::store::{Entry, Expected, PartId, StoreError, Version};

/// A bucket of Google Cloud Storage. A version is the value's generation.
pub type Gcs = Objects<Bucket>;

/// What is Google's own in [`Gcs`].
#[derive(Debug)]
pub struct Bucket {
    wire: Wire<Account>,
    keys: Keys,
}

const GENERATION: &str = "x-goog-generation";
const IF_GENERATION: &str = "x-goog-if-generation-match";
/// Google's own server.
const GOOGLE: &str = "https://storage.googleapis.com";

impl Gcs {
    /// The bucket of `config`. Makes no request.
    ///
    /// # Errors
    /// `Failed`: the bucket's name or the endpoint is wrong. `Denied`: the credentials cannot be read.
    pub fn new(config: &GcsConfig) -> Result<Self, StoreError> {
        let environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let emulator = environment("STORAGE_EMULATOR_HOST")
            .map(|host| if host.contains("://") { host } else { format!("http://{host}") });
        let given = config.endpoint.clone().or(emulator);
        let server = s3::server_url(given.as_deref().unwrap_or(GOOGLE));
        let server = server.map_err(|reason| failure::failed(&config.bucket, reason))?;
        let bucket = s3::bucket_name(&config.bucket);
        let bucket = bucket.map_err(|reason| failure::failed(&config.bucket, reason))?;
        let credentials = sign_in::find(config, &environment, given.is_some())
            .map_err(|reason| failure::denied(&config.bucket, reason))?;
        let client = connect::store_client(&server);
        let account = Account::new(server, bucket, credentials);
        Ok(Self::speaking(Bucket {
            wire: Wire::new(account, client, config.timeout),
            keys: Keys::below(&config.prefix),
        }))
    }
}

impl Dialect for Bucket {
    type Account = Account;

    const MARK: &'static str = "x-goog-meta-trunks-write";
    const PAGE: &'static str = "gcs";

    fn wire(&self) -> &Wire<Account> {
        &self.wire
    }

    fn keys(&self) -> &Keys {
        &self.keys
    }

    fn version(&self, headers: &HeaderMap) -> Option<Version> {
        text::header(headers, GENERATION).map(|generation| Version(generation.to_owned()))
    }

    fn demand(&self, expected: &Expected, headers: &mut HeaderMap) -> bool {
        let generation = match expected {
            Expected::Any => return true,
            // No value has this generation.
            Expected::Absent | Expected::AbsentBeside { .. } => Some(0),
            Expected::Is(version) => version.0.parse::<u64>().ok().filter(|number| *number != 0),
        };
        generation.map(|number| headers.insert(IF_GENERATION, HeaderValue::from(number))).is_some()
    }

    async fn delete_if(&self, key: &str, version: &Version) -> Result<(), StoreError> {
        write::delete_if(self, key, version).await
    }

    async fn living(&self, mut entries: Vec<Entry>) -> Result<Vec<Entry>, StoreError> {
        entries.retain(|entry| !entry.key.ends_with(upload::SUFFIX));
        Ok(entries)
    }

    async fn upload_start(&self, key: &str, mark: &str) -> Result<String, StoreError> {
        upload::start(self, key, mark).await
    }

    async fn upload_part(
        &self,
        upload: &Upload<'_>,
        number: u32,
        bytes: Vec<u8>,
    ) -> Result<PartId, StoreError> {
        upload::part(self, upload, number, bytes).await
    }

    async fn upload_finish(
        &self,
        upload: &Upload<'_>,
        parts: &[PartId],
        expected: &Expected,
    ) -> Result<Version, StoreError> {
        upload::finish(self, upload, parts, expected).await
    }

    async fn upload_abort(&self, upload: &Upload<'_>) -> Result<(), StoreError> {
        upload::abort(self, upload).await
    }

    async fn sweep(&self, prefix: &str, grace_s: u64) -> Result<(), StoreError> {
        sweep::uploads(self, prefix, grace_s).await?;
        sweep::values(self, prefix, upload::SUFFIX, grace_s).await
    }
}
