//! What differs between the families of object stores.

use super::{
    call::{Account, Reply, Wire},
    key::Keys,
    listing,
};
use http::HeaderMap;
use std::fmt::Debug;
use trunks_core::store::{Entry, Expected, Page, PartId, StoreError, UploadId, Version};

/// A family of object stores, and one bucket of it. Keys are the bucket's own.
pub(super) trait Dialect: Debug + Send + Sync + Sized + 'static {
    type Account: Account;

    /// The header that keeps a writer's mark with the value.
    const MARK: &'static str;
    /// The page of `docs/backends` about this family.
    const PAGE: &'static str;

    fn wire(&self) -> &Wire<Self::Account>;

    fn keys(&self) -> &Keys;

    /// The version of the value that an answer is about.
    fn version(&self, headers: &HeaderMap) -> Option<Version>;

    /// Adds the condition to a request; false if no value can have the version that is expected.
    fn demand(&self, expected: &Expected, headers: &mut HeaderMap) -> bool;

    /// Adds what a request that writes a value whole must say.
    fn describe(&self, _headers: &mut HeaderMap) {}

    /// Whether the answer is about a value that is being deleted, and counts as gone.
    fn is_gone(&self, _headers: &HeaderMap) -> bool {
        false
    }

    /// Takes note that a condition held.
    fn note_success(&self, _expected: &Expected) {}

    /// What came of a condition that did not hold, as it seems.
    fn contest(
        &self,
        _key: &str,
        _expected: &Expected,
    ) -> impl Future<Output = Result<Contest, StoreError>> + Send {
        async { Ok(Contest::Lost) }
    }

    /// Removes the value at `key` if it has this version.
    fn delete_if(
        &self,
        key: &str,
        version: &Version,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> impl Future<Output = Result<Page, StoreError>> + Send {
        listing::living(self, prefix, after, limit)
    }

    /// Those of the listed `entries` that are values, and no means of writing or deleting one.
    fn living(
        &self,
        entries: Vec<Entry>,
    ) -> impl Future<Output = Result<Vec<Entry>, StoreError>> + Send {
        async { Ok(entries) }
    }

    /// `mark`: is to be kept with the value.
    fn upload_start(
        &self,
        key: &str,
        mark: &str,
    ) -> impl Future<Output = Result<String, StoreError>> + Send;

    fn upload_part(
        &self,
        upload: &Upload<'_>,
        number: u32,
        bytes: Vec<u8>,
    ) -> impl Future<Output = Result<PartId, StoreError>> + Send;

    /// Nothing is left of the upload, whatever comes of it.
    fn upload_finish(
        &self,
        upload: &Upload<'_>,
        parts: &[PartId],
        expected: &Expected,
    ) -> impl Future<Output = Result<Version, StoreError>> + Send;

    fn upload_abort(
        &self,
        upload: &Upload<'_>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes what uploads of killed processes have left at keys that begin with `prefix`, if it is
    /// `grace_s` seconds old. Nothing is done where the server does so by itself.
    fn sweep(
        &self,
        _prefix: &str,
        _grace_s: u64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        async { Ok(()) }
    }
}

/// What came of a condition that did not hold, as it seems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Contest {
    /// Another writer was first.
    Lost,
    /// It may hold now: the request is to be made and sent again.
    Again,
    /// It holds, if this version, which stands for nothing, is still there.
    Replace(Version),
}

/// An upload in progress, as its [`UploadId`] tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Upload<'u> {
    /// The bucket's key.
    pub key: &'u str,
    /// The family's own name for it.
    pub id: &'u str,
    /// What its value is marked with.
    pub mark: &'u str,
}

impl<'u> Upload<'u> {
    /// The seam's name of this upload: no key holds a line's end.
    pub fn name(&self) -> UploadId {
        UploadId(format!("{}\n{}\n{}", self.mark, self.id, self.key))
    }

    /// Reads what [`name`](Self::name) made.
    pub fn parse(upload: &'u UploadId) -> Option<Self> {
        let mut parts = upload.0.splitn(3, '\n');
        let (mark, id, key) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { key, id, mark })
    }
}

/// A mark that no other write has.
pub(super) fn new_mark() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// The error for an upload that was finished or aborted.
pub(super) fn spent(upload: &Upload<'_>) -> StoreError {
    super::failure::failed(upload.key, "this upload was finished or aborted")
}

/// Whether the answer says that the upload is not known.
pub(super) fn is_spent(reply: &Reply) -> bool {
    reply.refusal().code == "NoSuchUpload"
}
