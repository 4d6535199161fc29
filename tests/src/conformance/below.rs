//! A store below a prefix of another: the same behaviours, elsewhere in it.

use std::ops::Range;
use trunks_core::store::{Expected, Page, PartId, Store, StoreError, UploadId, Value, Version};

/// The part of a store whose keys begin with a prefix, which its own keys lack.
#[derive(Clone, Debug)]
pub struct Below<S> {
    store: S,
    prefix: String,
}

impl<S> Below<S> {
    /// The part of `store` below `prefix`.
    pub fn new(store: S, prefix: &str) -> Self {
        Self { store, prefix: prefix.to_owned() }
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    fn demand(&self, expected: Expected) -> Expected {
        match expected {
            Expected::AbsentBeside { key, version } => {
                Expected::AbsentBeside { key: self.key(&key), version }
            }
            same => same,
        }
    }

    fn strip(&self, key: &mut String) {
        *key = key.strip_prefix(&self.prefix).unwrap_or(key).to_owned();
    }

    fn error(&self, mut error: StoreError) -> StoreError {
        match &mut error {
            StoreError::Conflict { key }
            | StoreError::Unavailable { key, .. }
            | StoreError::Denied { key, .. }
            | StoreError::Failed { key, .. } => self.strip(key),
            _ => {}
        }
        error
    }
}

impl<S: Store> Store for Below<S> {
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Value>, StoreError> {
        self.store.get(&self.key(key), range).await.map_err(|error| self.error(error))
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        let put = self.store.put(&self.key(key), bytes, self.demand(expected)).await;
        put.map_err(|error| self.error(error))
    }

    async fn delete(&self, key: &str, expected: Expected) -> Result<(), StoreError> {
        let deleted = self.store.delete(&self.key(key), self.demand(expected)).await;
        deleted.map_err(|error| self.error(error))
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        let after = after.map(|after| self.key(after));
        let page = self.store.list(&self.key(prefix), after.as_deref(), limit).await;
        let mut page = page.map_err(|error| self.error(error))?;
        page.entries.iter_mut().for_each(|entry| self.strip(&mut entry.key));
        Ok(page)
    }

    async fn upload_start(&self, key: &str) -> Result<UploadId, StoreError> {
        self.store.upload_start(&self.key(key)).await.map_err(|error| self.error(error))
    }

    async fn upload_part(
        &self,
        upload: &UploadId,
        number: u32,
        bytes: Vec<u8>,
    ) -> Result<PartId, StoreError> {
        let part = self.store.upload_part(upload, number, bytes).await;
        part.map_err(|error| self.error(error))
    }

    async fn upload_finish(
        &self,
        upload: &UploadId,
        parts: Vec<PartId>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        let version = self.store.upload_finish(upload, parts, self.demand(expected)).await;
        version.map_err(|error| self.error(error))
    }

    async fn upload_abort(&self, upload: &UploadId) -> Result<(), StoreError> {
        self.store.upload_abort(upload).await.map_err(|error| self.error(error))
    }
}
