//! The storage import as the core's [`Store`].

use crate::bindings::trunks::core::storage::{self as host, ByteRange};
use core::ops::Range;
use trunks_core::store::{
    Entry, Expected, Page, PartId, Store, StoreError, UploadId, Value, Version,
};

/// The one store that the host handed to this instance.
#[derive(Clone, Copy, Debug)]
pub struct Storage;

impl Store for Storage {
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Value>, StoreError> {
        let range = range.map(|range| ByteRange { start: range.start, end: range.end });
        let found = host::get(key.to_owned(), range).await.map_err(store_error)?;
        Ok(found.map(|value| Value {
            bytes: value.bytes,
            size_bytes: value.size_bytes,
            version: Version(value.version),
        }))
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        let put = host::put(key.to_owned(), bytes, demand(expected)).await;
        put.map(Version).map_err(store_error)
    }

    async fn delete(&self, key: &str, expected: Expected) -> Result<(), StoreError> {
        host::delete(key.to_owned(), demand(expected)).await.map_err(store_error)
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        let page = host::list(prefix.to_owned(), after.map(str::to_owned), limit)
            .await
            .map_err(store_error)?;
        let entries = page.entries.into_iter().map(|entry| Entry {
            key: entry.key,
            size_bytes: entry.size_bytes,
            modified_s: entry.modified_s,
        });
        Ok(Page { entries: entries.collect(), more: page.more })
    }

    async fn upload_start(&self, key: &str) -> Result<UploadId, StoreError> {
        host::upload_start(key.to_owned()).await.map(UploadId).map_err(store_error)
    }

    async fn upload_part(
        &self,
        upload: &UploadId,
        number: u32,
        bytes: Vec<u8>,
    ) -> Result<PartId, StoreError> {
        let part = host::upload_part(upload.0.clone(), number, bytes).await;
        part.map(PartId).map_err(store_error)
    }

    async fn upload_finish(
        &self,
        upload: &UploadId,
        parts: Vec<PartId>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        let parts = parts.into_iter().map(|part| part.0).collect();
        let finished = host::upload_finish(upload.0.clone(), parts, demand(expected)).await;
        finished.map(Version).map_err(store_error)
    }

    async fn upload_abort(&self, upload: &UploadId) -> Result<(), StoreError> {
        host::upload_abort(upload.0.clone()).await.map_err(store_error)
    }
}

fn demand(expected: Expected) -> host::Expected {
    match expected {
        Expected::Any => host::Expected::Any,
        Expected::Absent => host::Expected::Absent,
        Expected::Is(version) => host::Expected::Is(version.0),
        Expected::AbsentBeside { key, version } => {
            let version = version.map(|version| version.0);
            host::Expected::AbsentBeside(host::Beside { key, version })
        }
    }
}

fn store_error(error: host::StoreError) -> StoreError {
    match error {
        host::StoreError::Conflict(key) => StoreError::Conflict { key },
        host::StoreError::Unavailable(host::Failure { key, reason }) => {
            StoreError::Unavailable { key, reason }
        }
        host::StoreError::Denied(host::Failure { key, reason }) => {
            StoreError::Denied { key, reason }
        }
        host::StoreError::Failed(host::Failure { key, reason }) => {
            StoreError::Failed { key, reason }
        }
    }
}
