//! The storage import: each call goes to the store that the guest was handed.

use super::{SendStore, bindings::trunks::core::storage as wit, call::State};
use std::sync::Arc;
use trunks_core::store::{Expected, PartId, StoreError, UploadId, Version};
use wasmtime::component::{Accessor, HasSelf};

impl wit::Host for State {}

impl wit::HostWithStore<State> for HasSelf<State> {
    async fn get(
        accessor: &Accessor<State, Self>,
        key: String,
        range: Option<wit::ByteRange>,
    ) -> Result<Option<wit::Value>, wit::StoreError> {
        let range = range.map(|range| range.start..range.end);
        let found = store(accessor).get(&key, range).await.map_err(store_error)?;
        Ok(found.map(|value| wit::Value {
            bytes: value.bytes,
            size_bytes: value.size_bytes,
            version: value.version.0,
        }))
    }

    async fn put(
        accessor: &Accessor<State, Self>,
        key: String,
        bytes: Vec<u8>,
        expected: wit::Expected,
    ) -> Result<String, wit::StoreError> {
        let put = store(accessor).put(&key, bytes, demand(expected)).await;
        put.map(|version| version.0).map_err(store_error)
    }

    async fn delete(
        accessor: &Accessor<State, Self>,
        key: String,
        expected: wit::Expected,
    ) -> Result<(), wit::StoreError> {
        store(accessor).delete(&key, demand(expected)).await.map_err(store_error)
    }

    async fn list(
        accessor: &Accessor<State, Self>,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> Result<wit::Page, wit::StoreError> {
        let listed = store(accessor).list(&prefix, after.as_deref(), limit).await;
        let page = listed.map_err(store_error)?;
        let entries = page.entries.into_iter().map(|entry| wit::Entry {
            key: entry.key,
            size_bytes: entry.size_bytes,
            modified_s: entry.modified_s,
        });
        Ok(wit::Page { entries: entries.collect(), more: page.more })
    }

    async fn upload_start(
        accessor: &Accessor<State, Self>,
        key: String,
    ) -> Result<String, wit::StoreError> {
        let started = store(accessor).upload_start(&key).await;
        started.map(|upload| upload.0).map_err(store_error)
    }

    async fn upload_part(
        accessor: &Accessor<State, Self>,
        upload: String,
        number: u32,
        bytes: Vec<u8>,
    ) -> Result<String, wit::StoreError> {
        let part = store(accessor).upload_part(&UploadId(upload), number, bytes).await;
        part.map(|part| part.0).map_err(store_error)
    }

    async fn upload_finish(
        accessor: &Accessor<State, Self>,
        upload: String,
        parts: Vec<String>,
        expected: wit::Expected,
    ) -> Result<String, wit::StoreError> {
        let parts = parts.into_iter().map(PartId).collect();
        let store = store(accessor);
        let finished = store.upload_finish(&UploadId(upload), parts, demand(expected)).await;
        finished.map(|version| version.0).map_err(store_error)
    }

    async fn upload_abort(
        accessor: &Accessor<State, Self>,
        upload: String,
    ) -> Result<(), wit::StoreError> {
        store(accessor).upload_abort(&UploadId(upload)).await.map_err(store_error)
    }
}

fn store(accessor: &Accessor<State, HasSelf<State>>) -> Arc<dyn SendStore> {
    accessor.with(|mut access| access.get().called().store.clone())
}

fn demand(expected: wit::Expected) -> Expected {
    match expected {
        wit::Expected::Any => Expected::Any,
        wit::Expected::Absent => Expected::Absent,
        wit::Expected::Is(version) => Expected::Is(Version(version)),
        wit::Expected::AbsentBeside(wit::Beside { key, version }) => {
            Expected::AbsentBeside { key, version: version.map(Version) }
        }
    }
}

fn store_error(error: StoreError) -> wit::StoreError {
    match error {
        StoreError::Conflict { key } => wit::StoreError::Conflict(key),
        StoreError::Unavailable { key, reason } => {
            wit::StoreError::Unavailable(wit::Failure { key, reason })
        }
        StoreError::Denied { key, reason } => wit::StoreError::Denied(wit::Failure { key, reason }),
        StoreError::Failed { key, reason } => wit::StoreError::Failed(wit::Failure { key, reason }),
        other => {
            wit::StoreError::Failed(wit::Failure { key: String::new(), reason: other.to_string() })
        }
    }
}
