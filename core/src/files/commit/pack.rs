//! Builds a small pack in memory.

use super::CommitError;
use crate::{
    hash::{Hasher, checked_object_id},
    limits::Limits,
    object::{Kind, ObjectId},
    pack::{
        EntryHeader, EntryKind,
        index::{Crc32, IndexEntry},
    },
    sorted::BTreeSet,
    zlib::deflate,
};
use alloc::vec::Vec;

/// A pack of whole objects that grows in memory.
#[derive(Debug)]
pub(crate) struct PackBuilder {
    pack: Vec<u8>,
    entries: Vec<IndexEntry>,
    ids: BTreeSet<ObjectId>,
    limit_bytes: u64,
}

/// Where the number of objects stands in a pack's header.
const COUNT: core::ops::Range<usize> = 8..12;

impl PackBuilder {
    /// Begins a pack.
    pub(crate) fn new(limits: &Limits) -> Self {
        let pack = b"PACK\0\0\0\x02\0\0\0\0".to_vec();
        let limit_bytes = limits.held_object_bytes;
        Self { pack, entries: Vec::new(), ids: BTreeSet::new(), limit_bytes }
    }

    /// Adds an object, unless it is there already or is the one that is `stored`.
    pub(crate) fn add(
        &mut self,
        kind: Kind,
        data: &[u8],
        stored: Option<ObjectId>,
    ) -> Result<ObjectId, CommitError> {
        let id = checked_object_id(kind, data)?;
        if stored == Some(id) || !self.ids.insert(id) {
            return Ok(id);
        }
        let offset = self.pack.len();
        let size_bytes = data.len() as u64;
        EntryHeader { kind: EntryKind::Whole(kind), size_bytes }.encode(&mut self.pack);
        self.pack.append(&mut deflate(data));
        if self.pack.len() as u64 > self.limit_bytes {
            return Err(CommitError::TooLarge { limit_bytes: self.limit_bytes });
        }
        let mut crc32 = Crc32::new();
        crc32.update(self.pack.get(offset..).unwrap_or_default());
        self.entries.push(IndexEntry { id, offset: offset as u64, crc32: crc32.finish() });
        Ok(id)
    }

    /// Ends the pack. Returns it with its entries and checksum.
    ///
    /// # Source
    /// gitformat-pack(5), "pack-*.pack files have the following format"
    pub(crate) fn finish(mut self) -> (Vec<u8>, Vec<IndexEntry>, ObjectId) {
        if let Some(count) = self.pack.get_mut(COUNT) {
            count.copy_from_slice(&(self.entries.len() as u32).to_be_bytes());
        }
        let mut hasher = Hasher::new();
        hasher.update(&self.pack);
        let checksum = hasher.finish();
        self.pack.extend_from_slice(checksum.as_bytes());
        (self.pack, self.entries, checksum)
    }
}
