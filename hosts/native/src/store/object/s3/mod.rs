//! Buckets that speak S3: Amazon's, R2, Tigris, B2, Wasabi, Spaces, MinIO, Ceph.

mod account;
mod config;
mod endpoint;
mod profile;
mod program;
mod sign_in;
mod tags;
mod tombstone;
pub(super) mod upload;

pub use config::{Addressing, ConditionalDelete, S3Config, S3Provider};

use super::{
    adapter::Objects,
    call::{Account as _, Wire},
    connect,
    dialect::{Contest, Dialect, Upload},
    failure,
    key::Keys,
    sweep, tag, write,
};
use account::Account;
use endpoint::Endpoint;
pub(super) use endpoint::{bucket_name, server_url};
use futures_util::{StreamExt, stream};
use http::HeaderMap;
use profile::Profile;
use tags::Tags;
use trunks_core::store::{Entry, Expected, PartId, StoreError, Version};

/// A bucket that speaks S3. A version is the value's entity tag.
pub type S3 = Objects<Bucket>;

/// What is S3's own in [`S3`].
#[derive(Debug)]
pub struct Bucket {
    wire: Wire<Account>,
    keys: Keys,
    tags: Tags,
    is_native: bool,
    conditional_delete: ConditionalDelete,
}

/// Values of a page that are looked at one by one, at once.
const LOOKS: usize = 16;

impl S3 {
    /// The bucket of `config`. Makes no request.
    ///
    /// # Errors
    /// `Failed`: the bucket's name, the endpoint or the profile is wrong. `Denied`: half a key.
    pub fn new(config: &S3Config) -> Result<Self, StoreError> {
        Self::in_environment(config, &|name| std::env::var(name).ok().filter(|v| !v.is_empty()))
    }

    fn in_environment(
        config: &S3Config,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, StoreError> {
        let failed = |reason| failure::failed(&config.bucket, reason);
        let profile = Profile::find(config.profile.as_deref(), environment).map_err(failed)?;
        let endpoint = Endpoint::find(config, environment, &profile).map_err(failed)?;
        let credentials = sign_in::find(config, environment, &profile, endpoint.region())
            .map_err(|reason| failure::denied(&config.bucket, reason))?;
        let is_native = endpoint.is_amazon();
        let account = Account::new(endpoint, credentials);
        let client = connect::store_client(&account.url(""));
        Ok(Self::speaking(Bucket {
            wire: Wire::new(account, client, config.timeout),
            keys: Keys::below(&config.prefix),
            tags: if is_native { Tags::quoted() } else { Tags::unknown() },
            is_native,
            conditional_delete: config.conditional_delete,
        }))
    }
}

impl Bucket {
    /// Whether the server is known to heed a condition on every request that can carry one.
    fn heeds_all(&self) -> bool {
        self.is_native
    }
}

impl Dialect for Bucket {
    type Account = Account;

    const MARK: &'static str = "x-amz-meta-trunks-write";
    const PAGE: &'static str = "s3";

    fn wire(&self) -> &Wire<Account> {
        &self.wire
    }

    fn keys(&self) -> &Keys {
        &self.keys
    }

    fn version(&self, headers: &HeaderMap) -> Option<Version> {
        tag::version(headers)
    }

    fn demand(&self, expected: &Expected, headers: &mut HeaderMap) -> bool {
        tag::demand(expected, |version| self.tags.spell(version), headers)
    }

    fn is_gone(&self, headers: &HeaderMap) -> bool {
        headers.contains_key(tombstone::HEADER)
    }

    fn note_success(&self, expected: &Expected) {
        if let Expected::Is(_) = expected {
            self.tags.worked();
        }
    }

    async fn contest(&self, key: &str, expected: &Expected) -> Result<Contest, StoreError> {
        match expected {
            Expected::Any => Ok(Contest::Lost),
            Expected::Is(version) => self.tags.contest(self, key, version).await,
            Expected::Absent | Expected::AbsentBeside { .. } => tombstone::contest(self, key).await,
        }
    }

    async fn delete_if(&self, key: &str, version: &Version) -> Result<(), StoreError> {
        match self.conditional_delete {
            ConditionalDelete::Auto if self.heeds_all() => {
                write::delete_if(self, key, version).await
            }
            ConditionalDelete::IfMatch => write::delete_if(self, key, version).await,
            _ => tombstone::delete_if(self, key, version).await,
        }
    }

    /// Tombstones are none.
    async fn living(&self, entries: Vec<Entry>) -> Result<Vec<Entry>, StoreError> {
        let living = stream::iter(entries).map(async |entry| {
            if entry.size_bytes != tombstone::BYTES {
                return Ok(Some(entry));
            }
            let head = write::head(self, &entry.key).await?;
            Ok(head.filter(|head| !head.is_gone).map(|_| entry))
        });
        let living: Vec<Result<_, _>> = living.buffered(LOOKS).collect().await;
        living.into_iter().filter_map(Result::transpose).collect()
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
        upload::part(self, upload.key, upload.id, number, bytes).await
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
        upload::abort(self, upload.key, upload.id).await
    }

    async fn sweep(&self, prefix: &str, grace_s: u64) -> Result<(), StoreError> {
        sweep::uploads(self, prefix, grace_s).await
    }
}
