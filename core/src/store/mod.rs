//! The seam: what a host's storage must do for the core, and nothing more.
//!
//! A [`Store`] is a flat map from keys to immutable-until-replaced values, each with an opaque
//! version. It is not shaped like a filesystem: there are no directories to make, no renames and no
//! appends, because an object store has none. `wit/storage.wit` says the same word for word.
//!
//! Consistency that the core builds on: a `get` or `list` that starts after a `put` or `delete` has
//! returned sees its effect, and of several conditional writes that expect the same state at most
//! one succeeds.

mod memory;

pub use memory::Memory;

use alloc::{format, string::String, vec::Vec};
use core::{future::Future, ops::Range};

/// Storage as the core sees it.
///
/// Keys are `/`-separated UTF-8 paths without a leading slash, an empty segment, `.` or `..`.
/// The futures are `Send` exactly when an implementation's own are.
pub trait Store {
    /// Reads the value at `key`, or the part of it that lies in `range`.
    ///
    /// `range`: half-open, in bytes; what lies past the end of the value is left out, so a range
    /// that starts at or past the end gives no bytes. `None` reads all of it.
    /// Returns `None` when the key is absent.
    fn get(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> impl Future<Output = Result<Option<Value>, StoreError>>;

    /// Replaces the value at `key` whole, if its present state is as `expected`.
    ///
    /// A reader sees the old value or the new one, never a part.
    ///
    /// # Errors
    /// `Conflict`: the state was not as expected; nothing was written.
    /// After `Unavailable` the write may or may not have taken effect.
    fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        expected: Expected,
    ) -> impl Future<Output = Result<Version, StoreError>>;

    /// Removes the value at `key`, if its present state is as `expected`; `Any` succeeds when there
    /// is none.
    ///
    /// # Errors
    /// `Conflict`: the state was not as expected; nothing was removed.
    fn delete(&self, key: &str, expected: Expected)
    -> impl Future<Output = Result<(), StoreError>>;

    /// Lists the keys that start with `prefix`, in byte order, recursively.
    ///
    /// `prefix`: a plain string prefix; empty lists all. `after`: only keys greater than this one.
    /// `limit`: at most so many entries; a store may return fewer and say `more`.
    fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> impl Future<Output = Result<Page, StoreError>>;

    /// Begins a value that is written in parts, for what is larger than memory.
    ///
    /// Nothing is visible at `key` until `upload_finish`.
    fn upload_start(&self, key: &str) -> impl Future<Output = Result<UploadId, StoreError>>;

    /// Writes part `number` of an upload.
    ///
    /// `number`: from 1, without gaps, any order, several at once. `bytes`: every part but the last
    /// is [`PART_BYTES`] long.
    fn upload_part(
        &self,
        upload: &UploadId,
        number: u32,
        bytes: Vec<u8>,
    ) -> impl Future<Output = Result<PartId, StoreError>>;

    /// Makes the value visible: the parts in the order given. `upload` is spent either way.
    ///
    /// # Errors
    /// `Conflict`: the state of the key was not as `expected`; nothing was written.
    fn upload_finish(
        &self,
        upload: &UploadId,
        parts: Vec<PartId>,
        expected: Expected,
    ) -> impl Future<Output = Result<Version, StoreError>>;

    /// Throws an upload and its parts away. Aborting one that is gone succeeds.
    fn upload_abort(&self, upload: &UploadId) -> impl Future<Output = Result<(), StoreError>>;
}

/// Length of every part of an upload but the last, in bytes: a size that each known provider takes.
pub const PART_BYTES: usize = 8 * 1024 * 1024;

/// What a conditional write demands of the key's present state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whatever is there.
    Any,
    /// Nothing is there.
    Absent,
    /// The value with this version is there.
    Is(Version),
    /// Nothing is there, and another key is still what the writer has seen.
    ///
    /// A store that can look at two keys at once conflicts if the other one has changed. One that
    /// cannot takes it for [`Expected::Absent`], and the writer must look again afterwards.
    AbsentBeside {
        /// The other key.
        key: String,
        /// Its version; `None`: it was absent.
        version: Option<Version>,
    },
}

/// A store's own mark of one stored value: equal marks, equal values. Opaque.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version(pub String);

/// A store's own name of an upload in progress. Opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadId(pub String);

/// A store's own receipt for one part of an upload. Opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartId(pub String);

/// A value, or the part of it that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The bytes that were asked for.
    pub bytes: Vec<u8>,
    /// The whole value's length in bytes.
    pub size_bytes: u64,
    /// The whole value's version.
    pub version: Version,
}

/// One key of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The whole key.
    pub key: String,
    /// The value's length in bytes.
    pub size_bytes: u64,
    /// When the value was last written, in seconds since 1970, by the store's clock.
    pub modified_s: u64,
}

/// A page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The entries, sorted by key.
    pub entries: Vec<Entry>,
    /// Whether keys follow the last entry: ask again with it as `after`.
    pub more: bool,
}

/// Why a store did not do what it was asked, by what the caller can do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The key's state is not as expected: re-read and decide.
    #[error("{}was changed by another writer", before(key))]
    Conflict {
        /// The key.
        key: String,
    },
    /// The store did not answer or was busy: the call may be tried again. A write may have taken
    /// effect: read back before deciding.
    #[error("{}the store is unavailable: {reason}", before(key))]
    Unavailable {
        /// The key or prefix.
        key: String,
        /// What the store said.
        reason: String,
    },
    /// The credentials or the rights do not suffice.
    #[error("{}access denied: {reason}", before(key))]
    Denied {
        /// The key or prefix.
        key: String,
        /// What the store said.
        reason: String,
    },
    /// Anything that trying again will not mend.
    #[error("{}{reason}", before(key))]
    Failed {
        /// The key or prefix.
        key: String,
        /// What happened and what to do.
        reason: String,
    },
}

/// What stands before the reason: the key, unless it is the store as a whole that failed.
fn before(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!("{key}: ") }
}

impl<S: Store> Store for &S {
    fn get(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> impl Future<Output = Result<Option<Value>, StoreError>> {
        (**self).get(key, range)
    }

    fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        expected: Expected,
    ) -> impl Future<Output = Result<Version, StoreError>> {
        (**self).put(key, bytes, expected)
    }

    fn delete(
        &self,
        key: &str,
        expected: Expected,
    ) -> impl Future<Output = Result<(), StoreError>> {
        (**self).delete(key, expected)
    }

    fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> impl Future<Output = Result<Page, StoreError>> {
        (**self).list(prefix, after, limit)
    }

    fn upload_start(&self, key: &str) -> impl Future<Output = Result<UploadId, StoreError>> {
        (**self).upload_start(key)
    }

    fn upload_part(
        &self,
        upload: &UploadId,
        number: u32,
        bytes: Vec<u8>,
    ) -> impl Future<Output = Result<PartId, StoreError>> {
        (**self).upload_part(upload, number, bytes)
    }

    fn upload_finish(
        &self,
        upload: &UploadId,
        parts: Vec<PartId>,
        expected: Expected,
    ) -> impl Future<Output = Result<Version, StoreError>> {
        (**self).upload_finish(upload, parts, expected)
    }

    fn upload_abort(&self, upload: &UploadId) -> impl Future<Output = Result<(), StoreError>> {
        (**self).upload_abort(upload)
    }
}
