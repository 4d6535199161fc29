//! A store that was chosen at run time.

use super::{Disk, Gcs, OpenError, S3, Sftp, StoreOptions, StoreUrl, open};
use crate::component::SendStore;
use std::{ops::Range, sync::Arc, time::Duration};
use trunks_core::{
    repository::{Layout, RepoName},
    store::{Expected, Page, PartId, Store, StoreError, UploadId, Value, Version},
};

/// Any store that this host can open. Cheap to clone: clones share the store and its connections.
#[derive(Clone, Debug)]
pub struct AnyStore {
    store: Arc<dyn SendStore>,
    kind: Kind,
}

/// The same store, where there is more to it than the seam says.
#[derive(Clone, Debug)]
enum Kind {
    /// A directory that is ours to make.
    Disk(Disk),
    /// A directory that is not ours to make: where a share is not mounted, what is made in its place
    /// would lie on this machine's own disk.
    Share(Disk),
    /// A directory of a server.
    Sftp(Sftp),
    S3(S3),
    Gcs(Gcs),
    /// One of which the seam says all.
    Plain,
}

impl AnyStore {
    /// The store at `url`, of which `options` say the rest. Makes no request: it may turn out not to
    /// exist.
    ///
    /// # Errors
    /// The URL or the options name nothing that can be opened.
    pub fn open(url: &StoreUrl, options: &StoreOptions) -> Result<Self, OpenError> {
        open::open(url, options)
    }

    pub(super) fn shared(store: Arc<dyn SendStore>) -> Self {
        Self { store, kind: Kind::Plain }
    }

    pub(super) fn disk(disk: Disk) -> Self {
        Self { store: Arc::new(disk.clone()), kind: Kind::Disk(disk) }
    }

    pub(super) fn share(disk: Disk) -> Self {
        Self { store: Arc::new(disk.clone()), kind: Kind::Share(disk) }
    }

    pub(super) fn sftp(sftp: Sftp) -> Self {
        Self { store: Arc::new(sftp.clone()), kind: Kind::Sftp(sftp) }
    }

    pub(super) fn s3(s3: S3) -> Self {
        Self { store: Arc::new(s3.clone()), kind: Kind::S3(s3) }
    }

    pub(super) fn gcs(gcs: Gcs) -> Self {
        Self { store: Arc::new(gcs.clone()), kind: Kind::Gcs(gcs) }
    }

    /// Makes the directory that a user wants for a store, here or on a server. Buckets, databases and
    /// shares must be there.
    ///
    /// # Errors
    /// `Denied`, `Failed`: it cannot be made. `Unavailable`: the server did not answer.
    pub async fn make_place(&self) -> Result<(), StoreError> {
        match &self.kind {
            Kind::Sftp(sftp) => sftp.make_root().await,
            _ => self.make_place_unasked().await,
        }
    }

    /// The same as far as it goes without being asked, as by a push: a directory that is missing on a
    /// server may be a disk that is not mounted there.
    ///
    /// # Errors
    /// `Denied`, `Failed`: it cannot be made. `Unavailable`: it is a share's, and not there.
    pub async fn make_place_unasked(&self) -> Result<(), StoreError> {
        match &self.kind {
            Kind::Disk(disk) => Disk::create(disk.root()).map(drop),
            // Said before anything is packed for it.
            Kind::Share(disk) if !disk.root().exists() => Err(StoreError::Unavailable {
                key: String::new(),
                reason: format!(
                    "the store's directory {} is not there: mount it, or make it",
                    disk.root().display()
                ),
            }),
            _ => Ok(()),
        }
    }

    /// The store itself, for whoever wants no other wrapper around it.
    pub fn as_shared(&self) -> Arc<dyn SendStore> {
        self.store.clone()
    }

    /// Removes what killed processes have left of writes to a repository and no key leads to: temporary
    /// files, uploads that came to no end, and on a disk git's locks. A directory of this machine tells by
    /// itself which of our own are dead; all else goes when it is `grace_s` seconds old, by the store's
    /// clock. Returns the keys of git's locks.
    ///
    /// Postgres does so by itself; Azure forgets such blocks after a week, and has no request for it.
    ///
    /// # Errors
    /// As those of a list and of a delete.
    pub async fn sweep(&self, name: &RepoName, grace_s: u64) -> Result<Vec<String>, StoreError> {
        let layout = Layout::new(name);
        match &self.kind {
            Kind::Disk(disk) | Kind::Share(disk) => {
                return disk.clean(&layout.head(), Duration::from_secs(grace_s));
            }
            Kind::Sftp(sftp) => sftp.sweep(&layout.head(), grace_s).await?,
            Kind::S3(s3) => s3.sweep(layout.root(), grace_s).await?,
            Kind::Gcs(gcs) => gcs.sweep(layout.root(), grace_s).await?,
            Kind::Plain => {}
        }
        Ok(Vec::new())
    }
}

impl Store for AnyStore {
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Value>, StoreError> {
        self.store.get(key, range).await
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        self.store.put(key, bytes, expected).await
    }

    async fn delete(&self, key: &str, expected: Expected) -> Result<(), StoreError> {
        self.store.delete(key, expected).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        self.store.list(prefix, after, limit).await
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

#[cfg(test)]
mod tests {
    use super::*;

    fn is_send<T: Send>(value: T) -> T {
        value
    }

    fn opened(url: &str) -> Result<AnyStore, OpenError> {
        AnyStore::open(&StoreUrl::parse(url).expect(url), &StoreOptions::new())
    }

    #[test]
    fn futures_can_move_between_threads() {
        let store = opened("memory://send").expect("opened");
        drop(is_send(Store::get(&store, "key", None)));
        drop(is_send(Store::put(&store, "key", Vec::new(), Expected::Any)));
        drop(is_send(Store::delete(&store, "key", Expected::Any)));
        drop(is_send(Store::list(&store, "", None, 1)));
        drop(is_send(Store::upload_start(&store, "key")));
        drop(is_send(Store::upload_part(&store, &UploadId("u".into()), 1, Vec::new())));
        drop(is_send(Store::upload_finish(
            &store,
            &UploadId("u".into()),
            Vec::new(),
            Expected::Any,
        )));
        drop(is_send(Store::upload_abort(&store, &UploadId("u".into()))));
    }

    #[tokio::test]
    async fn equal_names_of_memories_are_one_store() {
        let store = opened("memory://equal-names").expect("opened");
        Store::put(&store, "key", b"value".to_vec(), Expected::Absent).await.expect("put");
        let again = opened("memory://equal-names").expect("opened");
        let value = Store::get(&again, "key", None).await.expect("get").expect("present");
        assert_eq!(value.bytes, b"value");
        let other = opened("memory://equal-names-2").expect("opened");
        assert_eq!(Store::get(&other, "key", None).await, Ok(None));
    }

    #[test]
    fn what_means_nothing_to_a_store_is_refused() {
        let url = StoreUrl::parse("local:///dir").expect("a URL");
        let mut options = StoreOptions::new();
        options.set(super::super::Key::Region, "eu-1");
        let error = AnyStore::open(&url, &options).expect_err("misplaced").to_string();
        assert!(error.contains("--region means nothing to local://"), "{error}");
    }
}
