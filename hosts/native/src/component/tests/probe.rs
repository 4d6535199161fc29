//! A store in memory that looks at its own use.

use std::{
    ops::Range,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};
use trunks_core::store::{
    Expected, Memory, Page, PartId, Store, StoreError, UploadId, Value, Version,
};

/// What a get does before it answers.
#[derive(Clone, Copy, Debug)]
pub enum Get {
    /// Lets others go first, many times over.
    Dawdles,
    /// Lets so many epochs of the engine pass.
    Passes { epochs: u64 },
    /// Never answers.
    Hangs,
}

/// A store whose gets do as they are told and are counted.
#[derive(Debug)]
pub struct Probe {
    pub memory: Memory,
    pub get: Get,
    pub in_flight: AtomicUsize,
    pub most_in_flight: AtomicUsize,
}

impl Probe {
    pub fn new(get: Get) -> Self {
        let (in_flight, most_in_flight) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { memory: Memory::new(), get, in_flight, most_in_flight }
    }
}

/// A get in flight.
struct Flight<'p>(&'p Probe);

impl<'p> Flight<'p> {
    fn begin(probe: &'p Probe) -> Self {
        let now = probe.in_flight.fetch_add(1, SeqCst) + 1;
        probe.most_in_flight.fetch_max(now, SeqCst);
        Self(probe)
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, SeqCst);
    }
}

impl Store for Probe {
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Value>, StoreError> {
        let _flight = Flight::begin(self);
        match self.get {
            Get::Dawdles => {
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                }
            }
            Get::Passes { epochs } => {
                let core = crate::component::Core::shared().expect("the component loads");
                (0..epochs).for_each(|_| core.engine.increment_epoch());
            }
            Get::Hangs => std::future::pending().await,
        }
        self.memory.get(key, range).await
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        self.memory.put(key, bytes, expected).await
    }

    async fn delete(&self, key: &str, expected: Expected) -> Result<(), StoreError> {
        self.memory.delete(key, expected).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        self.memory.list(prefix, after, limit).await
    }

    async fn upload_start(&self, key: &str) -> Result<UploadId, StoreError> {
        self.memory.upload_start(key).await
    }

    async fn upload_part(
        &self,
        upload: &UploadId,
        number: u32,
        bytes: Vec<u8>,
    ) -> Result<PartId, StoreError> {
        self.memory.upload_part(upload, number, bytes).await
    }

    async fn upload_finish(
        &self,
        upload: &UploadId,
        parts: Vec<PartId>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        self.memory.upload_finish(upload, parts, expected).await
    }

    async fn upload_abort(&self, upload: &UploadId) -> Result<(), StoreError> {
        self.memory.upload_abort(upload).await
    }
}

crate::send_store!(Probe);
