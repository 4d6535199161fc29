//! An R2 bucket, by its binding, as the core's store.
//!
//! Writes are conditional on the entity tag. R2 knows no conditional delete and no condition at the end of
//! an upload: a tombstone takes their place, the same as over R2's S3 interface, so that both may be used
//! on one bucket at once.

mod failure;
mod list;
mod raw;
mod read;
mod tombstone;
mod upload;
mod write;

use async_lock::{Semaphore, SemaphoreGuard};
use std::{cell::Cell, ops::Range, rc::Rc, sync::Arc};
use trunks_core::store::{Expected, Page, PartId, Store, StoreError, UploadId, Value, Version};
use wasm_bindgen::JsValue;
use worker::Bucket;

/// A Worker may have so many calls under way at once; the next one waits, holding what it has.
const CALLS_IN_FLIGHT: usize = 6;

/// A bucket, as one request sees it.
#[derive(Clone, Debug)]
pub struct R2 {
    bucket: JsValue,
    calls: Arc<Semaphore>,
    made: Rc<Cell<u32>>,
}

impl R2 {
    /// The bucket of this binding.
    pub fn new(bucket: Bucket) -> Self {
        let calls = Arc::new(Semaphore::new(CALLS_IN_FLIGHT));
        Self { bucket: bucket.into(), calls, made: Rc::default() }
    }

    /// How many calls were made.
    pub fn calls_made(&self) -> u32 {
        self.made.get()
    }

    /// Waits until one more call may be made, which must end before the guard is dropped.
    async fn call(&self) -> SemaphoreGuard<'_> {
        let call = self.calls.acquire().await;
        self.made.set(self.made.get() + 1);
        call
    }
}

impl Store for R2 {
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Value>, StoreError> {
        read::value(self, key, range).await
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        write::put(self, key, bytes, &expected).await
    }

    async fn delete(&self, key: &str, expected: Expected) -> Result<(), StoreError> {
        write::delete(self, key, &expected).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        list::page(self, prefix, after, limit).await
    }

    async fn upload_start(&self, key: &str) -> Result<UploadId, StoreError> {
        upload::start(self, key).await
    }

    async fn upload_part(
        &self,
        upload: &UploadId,
        number: u32,
        bytes: Vec<u8>,
    ) -> Result<PartId, StoreError> {
        upload::part(self, upload, number, bytes).await
    }

    async fn upload_finish(
        &self,
        upload: &UploadId,
        parts: Vec<PartId>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        upload::finish(self, upload, &parts, &expected).await
    }

    async fn upload_abort(&self, upload: &UploadId) -> Result<(), StoreError> {
        upload::abort(self, upload).await
    }
}
