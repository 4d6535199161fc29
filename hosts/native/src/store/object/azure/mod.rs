//! Containers of Azure Blob Storage.

mod account;
mod config;
mod list;
mod sign_in;
mod upload;

pub use config::AzureConfig;

use super::{
    adapter::Objects,
    call::Wire,
    connect,
    dialect::{Dialect, Upload},
    failure,
    key::Keys,
    s3, tag, write,
};
use account::Account;
use http::{HeaderMap, HeaderValue};
use list::Markers;
use trunks_core::store::{Expected, Page, PartId, StoreError, Version};
use upload::Uploads;

/// A container of Azure Blob Storage. A version is the blob's entity tag.
pub type Azure = Objects<Container>;

/// What is Azure's own in [`Azure`].
#[derive(Debug)]
pub struct Container {
    wire: Wire<Account>,
    keys: Keys,
    markers: Markers,
    uploads: Uploads,
}

impl Azure {
    /// The container of `config`. Makes no request.
    ///
    /// # Errors
    /// `Failed`: a name or the endpoint is wrong. `Denied`: the credentials cannot be read.
    pub fn new(config: &AzureConfig) -> Result<Self, StoreError> {
        let environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let failed = |reason| failure::failed(&config.container, reason);
        let name = s3::bucket_name(&config.account).map_err(failed)?;
        let container = s3::bucket_name(&config.container).map_err(failed)?;
        let given = config.endpoint.clone().or_else(|| environment("AZURE_STORAGE_ENDPOINT"));
        let server = given.unwrap_or_else(|| format!("https://{name}.blob.core.windows.net"));
        let server = s3::server_url(&server).map_err(failed)?;
        let credentials = sign_in::find(config, &environment)
            .map_err(|reason| failure::denied(&config.container, reason))?;
        let client = connect::store_client(&server);
        let account = Account::new(name, server, container, credentials);
        Ok(Self::speaking(Container {
            wire: Wire::new(account, client, config.timeout),
            keys: Keys::below(&config.prefix),
            markers: Markers::default(),
            uploads: Uploads::default(),
        }))
    }
}

impl Dialect for Container {
    type Account = Account;

    const MARK: &'static str = "x-ms-meta-trunks_write";
    const PAGE: &'static str = "azure";

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
        tag::demand(expected, |version| format!("\"{version}\""), headers)
    }

    fn describe(&self, headers: &mut HeaderMap) {
        headers.insert("x-ms-blob-type", HeaderValue::from_static("BlockBlob"));
    }

    async fn delete_if(&self, key: &str, version: &Version) -> Result<(), StoreError> {
        write::delete_if(self, key, version).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        list::list(self, prefix, after, limit).await
    }

    async fn upload_start(&self, _key: &str, mark: &str) -> Result<String, StoreError> {
        Ok(self.uploads.open(mark))
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
        // Azure throws blocks away that nothing names, after a week.
        self.uploads.close(upload);
        Ok(())
    }
}
