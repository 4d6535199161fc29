//! The objects of one repository, wherever they are stored.

use crate::{
    limits::Limits,
    object::{Kind, Object, ObjectId},
    repository::Layout,
    store::{Store, StoreError},
};
use alloc::{string::String, vec::Vec};
use core::ops::Range;

/// The objects of one repository: its packs and what stock git wrote loose beside them.
///
/// Opening makes no request; the packs are listed at the first question, and again when an object
/// is not found, because another writer may have added it. Every object that is given out was
/// checked against its id.
#[derive(Debug)]
pub struct Objects<S> {
    store: S,
    layout: Layout,
    limits: Limits,
}

/// Where an object lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the pack with this number, its entry at this offset in bytes.
    Packed {
        /// Index into [`Objects::packs`]; stable for the life of the value.
        pack: u32,
        /// Offset of the entry's header.
        offset: u64,
    },
    /// In a file of its own.
    Loose,
}

/// What an idx says of a pack's entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Where in the pack file it lies, its header included.
    pub range: Range<u64>,
    /// CRC-32 of all of these bytes. Whoever copies them checks it.
    pub crc32: u32,
}

/// A pack's entry as it is stored, for copying it without inflating.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// How the data is to be understood.
    pub form: Form,
    /// Inflated length of the entry's own data, in bytes: of the delta, for a delta.
    pub size_bytes: u64,
    /// Where in the pack file the deflated data lies.
    pub data: Range<u64>,
}

/// The form of a pack's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The whole object.
    Whole(Kind),
    /// A delta against this object.
    Delta {
        /// The base, whether the entry names it by offset or by id.
        base: ObjectId,
    },
}

/// A stored pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// The 40 hexadecimal digits in its name.
    pub name: String,
    /// Length of the `.pack`, in bytes.
    pub pack_bytes: u64,
    /// Length of the `.idx`, in bytes.
    pub idx_bytes: u64,
    /// When it was written, in seconds since 1970, by the store's clock.
    pub modified_s: u64,
}

impl<S: Store> Objects<S> {
    /// The objects of the repository at `layout`. Makes no request.
    pub fn new(store: S, layout: Layout, limits: Limits) -> Self {
        Self { store, layout, limits }
    }

    /// The bounds within which they are read.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The stored packs, listed once; [`Objects::refresh`] lists them again.
    pub async fn packs(&self) -> Result<Vec<Pack>, ReadError> {
        todo!()
    }

    /// Lists the packs again. Those known keep their number.
    pub async fn refresh(&self) -> Result<(), ReadError> {
        todo!()
    }

    /// Whether the object is stored.
    pub async fn contains(&self, id: &ObjectId) -> Result<bool, ReadError> {
        Ok(self.locate(id).await?.is_some())
    }

    /// Where the object lies, or `None`.
    pub async fn locate(&self, _id: &ObjectId) -> Result<Option<Location>, ReadError> {
        todo!()
    }

    /// The object's kind and inflated length in bytes, without reading more of it than needed.
    pub async fn header(&self, _id: &ObjectId) -> Result<(Kind, u64), ReadError> {
        todo!()
    }

    /// Reads a whole object.
    ///
    /// # Errors
    /// `TooLarge` past [`Limits::held_object_bytes`]: stream it instead.
    pub async fn read(&self, _id: &ObjectId) -> Result<Object, ReadError> {
        todo!()
    }

    /// Begins reading an object of any size in bounded memory.
    pub async fn stream(&self, _id: &ObjectId) -> Result<ObjectStream<'_, S>, ReadError> {
        todo!()
    }

    /// Where in the pack file the entry at `offset` lies, from the idx alone: for reading many
    /// entries with few requests. `None` when no entry begins there.
    pub async fn extent(&self, _pack: u32, _offset: u64) -> Result<Option<Extent>, ReadError> {
        todo!()
    }

    /// The object whose entry begins at `offset`, from the idx alone.
    pub async fn id_at(&self, _pack: u32, _offset: u64) -> Result<Option<ObjectId>, ReadError> {
        todo!()
    }

    /// The entry of a packed object as it is stored.
    pub async fn stored_entry(&self, _pack: u32, _offset: u64) -> Result<StoredEntry, ReadError> {
        todo!()
    }

    /// Bytes of a pack file, for copying stored entries; at most what is asked for in one piece.
    pub async fn pack_bytes(&self, _pack: u32, _range: Range<u64>) -> Result<Vec<u8>, ReadError> {
        todo!()
    }
}

/// An object being read piece by piece.
#[derive(Debug)]
pub struct ObjectStream<'o, S> {
    /// Its kind.
    pub kind: Kind,
    /// Its inflated length, in bytes.
    pub size_bytes: u64,
    #[expect(dead_code)]
    objects: &'o Objects<S>,
}

impl<S: Store> ObjectStream<'_, S> {
    /// The next bytes; `None` at the end, once all of them matched the object's id.
    ///
    /// # Errors
    /// `Corrupt` at the end when they do not match: discard what came before.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        todo!()
    }
}

/// Why an object cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// No pack and no loose file holds it.
    #[error("object {id} is missing")]
    Missing {
        /// The object.
        id: ObjectId,
    },
    /// What is stored is not the object.
    #[error("object {id} is corrupt: {reason}")]
    Corrupt {
        /// The object.
        id: ObjectId,
        /// What is wrong with it.
        reason: String,
    },
    /// A pack or idx file is not well-formed.
    #[error("{key} is corrupt: {reason}")]
    CorruptFile {
        /// The file's key.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It does not fit in memory.
    #[error("object {id} has {size_bytes} bytes, over the limit of {limit_bytes} for this use")]
    TooLarge {
        /// The object.
        id: ObjectId,
        /// Its length.
        size_bytes: u64,
        /// The bound.
        limit_bytes: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
