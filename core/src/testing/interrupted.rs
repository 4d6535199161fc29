//! A store whose requests a test may answer itself.

use crate::store::{Expected, Memory, Page, PartId, Store, StoreError, UploadId, Value, Version};
use alloc::{borrow::ToOwned, vec::Vec};
use core::ops::Range;

/// A store whose requests a test may answer itself, or use to act as another writer.
pub(crate) struct Interrupted<F> {
    pub(crate) store: Memory,
    hook: F,
}

/// A request of an [`Interrupted`] store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request<'k> {
    Get(&'k str),
    Put(&'k str),
    Delete(&'k str),
    List(&'k str),
}

/// When the hook of an [`Interrupted`] store is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Nothing has happened yet; an error keeps it so.
    Before,
    /// It has happened; an error is the only answer.
    After,
}

impl<F: Fn(&Memory, Moment, Request<'_>) -> Result<(), StoreError>> Interrupted<F> {
    pub(crate) fn new(store: Memory, hook: F) -> Self {
        Self { store, hook }
    }

    async fn interrupt<T>(
        &self,
        request: Request<'_>,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        (self.hook)(&self.store, Moment::Before, request)?;
        let answer = answer.await;
        (self.hook)(&self.store, Moment::After, request)?;
        answer
    }
}

/// An error whose request may have taken effect.
pub(crate) fn unavailable(key: &str) -> StoreError {
    StoreError::Unavailable { key: key.to_owned(), reason: "lost".to_owned() }
}

impl<F: Fn(&Memory, Moment, Request<'_>) -> Result<(), StoreError>> Store for Interrupted<F> {
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Value>, StoreError> {
        self.interrupt(Request::Get(key), self.store.get(key, range)).await
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        self.interrupt(Request::Put(key), self.store.put(key, bytes, expected)).await
    }

    async fn delete(&self, key: &str, expected: Expected) -> Result<(), StoreError> {
        self.interrupt(Request::Delete(key), self.store.delete(key, expected)).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        self.interrupt(Request::List(prefix), self.store.list(prefix, after, limit)).await
    }

    async fn upload_start(&self, key: &str) -> Result<UploadId, StoreError> {
        self.store.upload_start(key).await
    }

    async fn upload_part(
        &self,
        upload: &UploadId,
        number: u32,
        bytes: Vec<u8>,
    ) -> Result<PartId, StoreError> {
        self.store.upload_part(upload, number, bytes).await
    }

    async fn upload_finish(
        &self,
        upload: &UploadId,
        parts: Vec<PartId>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        self.store.upload_finish(upload, parts, expected).await
    }

    async fn upload_abort(&self, upload: &UploadId) -> Result<(), StoreError> {
        self.store.upload_abort(upload).await
    }
}
