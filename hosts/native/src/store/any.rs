//! A store that was chosen at run time.

use super::{Disk, StoreUrl};
use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};
use trunks_core::{
    repository::{Layout, RepoName},
    store::{Expected, Memory, Page, PartId, Store, StoreError, UploadId, Value, Version},
};

/// Any store that this host can open. Cheap to clone: clones share the store.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AnyStore {
    /// This process's memory.
    Memory(Arc<Memory>),
    /// A directory.
    Disk(Disk),
}

static MEMORIES: LazyLock<Mutex<HashMap<String, Arc<Memory>>>> = LazyLock::new(Mutex::default);

impl AnyStore {
    /// The store at `url`. Makes no request: it may turn out not to exist.
    pub fn open(url: &StoreUrl) -> Self {
        match url {
            StoreUrl::Local { root } => Self::Disk(Disk::new(root)),
            StoreUrl::Memory { name } => {
                let mut memories = MEMORIES.lock().unwrap_or_else(PoisonError::into_inner);
                Self::Memory(memories.entry(name.clone()).or_default().clone())
            }
        }
    }

    /// Removes what killed processes have left of writes to a repository, where the store is one in
    /// which they can leave anything but objects.
    pub fn sweep(&self, name: &RepoName) -> Result<(), StoreError> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::Disk(disk) => disk.sweep(&Layout::new(name).head()),
        }
    }

    /// Makes the place where the store at `url` keeps its values, if it is not there yet, and opens
    /// it.
    ///
    /// # Errors
    /// `Denied`, `Failed`: the place cannot be made.
    pub fn create(url: &StoreUrl) -> Result<Self, StoreError> {
        match url {
            StoreUrl::Local { root } => Ok(Self::Disk(Disk::create(root)?)),
            StoreUrl::Memory { .. } => Ok(Self::open(url)),
        }
    }
}

impl Store for AnyStore {
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Value>, StoreError> {
        match self {
            Self::Memory(store) => store.get(key, range).await,
            Self::Disk(store) => store.get(key, range).await,
        }
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        match self {
            Self::Memory(store) => store.put(key, bytes, expected).await,
            Self::Disk(store) => store.put(key, bytes, expected).await,
        }
    }

    async fn delete(&self, key: &str, expected: Expected) -> Result<(), StoreError> {
        match self {
            Self::Memory(store) => store.delete(key, expected).await,
            Self::Disk(store) => store.delete(key, expected).await,
        }
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        match self {
            Self::Memory(store) => store.list(prefix, after, limit).await,
            Self::Disk(store) => store.list(prefix, after, limit).await,
        }
    }

    async fn upload_start(&self, key: &str) -> Result<UploadId, StoreError> {
        match self {
            Self::Memory(store) => store.upload_start(key).await,
            Self::Disk(store) => store.upload_start(key).await,
        }
    }

    async fn upload_part(
        &self,
        upload: &UploadId,
        number: u32,
        bytes: Vec<u8>,
    ) -> Result<PartId, StoreError> {
        match self {
            Self::Memory(store) => store.upload_part(upload, number, bytes).await,
            Self::Disk(store) => store.upload_part(upload, number, bytes).await,
        }
    }

    async fn upload_finish(
        &self,
        upload: &UploadId,
        parts: Vec<PartId>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        match self {
            Self::Memory(store) => store.upload_finish(upload, parts, expected).await,
            Self::Disk(store) => store.upload_finish(upload, parts, expected).await,
        }
    }

    async fn upload_abort(&self, upload: &UploadId) -> Result<(), StoreError> {
        match self {
            Self::Memory(store) => store.upload_abort(upload).await,
            Self::Disk(store) => store.upload_abort(upload).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_send<T: Send>(value: T) -> T {
        value
    }

    #[test]
    fn futures_can_move_between_threads() {
        let store = AnyStore::Memory(Arc::default());
        drop(is_send(store.get("key", None)));
        drop(is_send(store.put("key", Vec::new(), Expected::Any)));
        drop(is_send(store.delete("key", Expected::Any)));
        drop(is_send(store.list("", None, 1)));
        drop(is_send(store.upload_start("key")));
        drop(is_send(store.upload_part(&UploadId("u".into()), 1, Vec::new())));
        drop(is_send(store.upload_finish(&UploadId("u".into()), Vec::new(), Expected::Any)));
        drop(is_send(store.upload_abort(&UploadId("u".into()))));
    }

    #[tokio::test]
    async fn equal_names_of_memories_are_one_store() {
        let url = StoreUrl::Memory { name: "equal-names".into() };
        AnyStore::open(&url).put("key", b"value".to_vec(), Expected::Absent).await.expect("put");
        let value = AnyStore::open(&url).get("key", None).await.expect("get").expect("present");
        assert_eq!(value.bytes, b"value");
        let other = StoreUrl::Memory { name: "equal-names-2".into() };
        assert_eq!(AnyStore::open(&other).get("key", None).await, Ok(None));
    }
}
