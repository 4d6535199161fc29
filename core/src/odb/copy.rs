//! What is needed to copy entries from pack to pack without inflating them.

use super::{Objects, ReadError, catalog::PackFile, error::Fault, pages::end_of_entries};
use crate::{
    object::{Kind, ObjectId},
    pack::{EntryKind, Index, index::Crc32},
    sort,
    store::Store,
};
use alloc::{format, string::ToString, sync::Arc, vec::Vec};
use core::ops::Range;

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

/// The objects of a pack in the order in which they lie in it.
#[derive(Debug)]
pub(super) struct Order {
    index: Arc<Index>,
    /// Places in the idx, sorted by offset.
    places: Vec<u32>,
}

impl Order {
    fn new(index: Arc<Index>) -> Self {
        let offset = |place: &u32| index.offset(*place).unwrap_or(u64::MAX);
        let mut places: Vec<u32> = (0..index.count()).collect();
        if places.len() < 1 << 20 {
            sort::by_cached_key(&mut places, offset);
        } else {
            sort::unstable_by_key(&mut places, offset);
        }
        Self { index, places }
    }

    fn offset(&self, at: usize) -> Option<u64> {
        self.index.offset(*self.places.get(at)?)
    }

    fn id(&self, at: usize) -> Option<ObjectId> {
        self.index.id(*self.places.get(at)?)
    }

    fn crc32(&self, at: usize) -> Option<u32> {
        self.index.crc32(*self.places.get(at)?)
    }

    /// Where the entry ends that is in this place.
    fn end(&self, at: usize, file: &PackFile) -> u64 {
        let end = end_of_entries(file);
        self.offset(at.saturating_add(1)).map_or(end, |next| next.min(end))
    }

    /// The place in this order of the entry at `offset`.
    fn find(&self, offset: u64) -> Option<usize> {
        let at = self
            .places
            .partition_point(|&place| self.index.offset(place).is_some_and(|other| other < offset));
        (self.offset(at)? == offset).then_some(at)
    }
}

impl<S: Store> Objects<S> {
    /// The whole idx of a pack, which tells all its objects with offset and CRC.
    ///
    /// Reads it into memory whatever its size, and keeps it there.
    pub async fn index(&self, pack: u32) -> Result<Arc<Index>, ReadError> {
        let file = self.pack_number(pack).await?;
        self.whole_index(&file).await?.ok_or_else(|| vanished(&file.idx_key))
    }

    /// The entry of a packed object as it is stored.
    pub async fn stored_entry(&self, pack: u32, offset: u64) -> Result<StoredEntry, ReadError> {
        let file = self.pack_number(pack).await?;
        let order = self.order(&file).await?;
        let at = order.find(offset);
        let at = at.ok_or_else(|| corrupt(&file, offset, "no entry begins there"))?;
        let (header, start) =
            self.entry_at(&file, offset).await.map_err(|fault| told(&file, offset, fault))?;
        let end = order.end(at, &file);
        if end <= start {
            return Err(corrupt(&file, offset, "the entry has no data"));
        }
        let form = match header.kind {
            EntryKind::Whole(kind) => Form::Whole(kind),
            EntryKind::RefDelta(base) => Form::Delta { base },
            EntryKind::OfsDelta(distance) => {
                let base = offset.checked_sub(distance).and_then(|base| order.find(base));
                let base = base.and_then(|at| order.id(at));
                let base = base.ok_or_else(|| corrupt(&file, offset, "its base is no entry"))?;
                Form::Delta { base }
            }
        };
        Ok(StoredEntry { form, size_bytes: header.size_bytes, data: start..end })
    }

    /// Where in the pack file the entry at `offset` lies, from the idx alone: for reading many
    /// entries with few requests. `None` when no entry begins there.
    pub async fn extent(&self, pack: u32, offset: u64) -> Result<Option<Extent>, ReadError> {
        let file = self.pack_number(pack).await?;
        let order = self.order(&file).await?;
        let Some(at) = order.find(offset) else { return Ok(None) };
        let range = offset..order.end(at, &file);
        let crc32 = match order.crc32(at) {
            Some(crc32) => crc32,
            // Only the first version of idx files does not say it.
            None => self.crc32_of(pack, range.clone()).await?,
        };
        Ok(Some(Extent { range, crc32 }))
    }

    /// The object whose entry begins at `offset`, from the idx alone.
    pub async fn id_at(&self, pack: u32, offset: u64) -> Result<Option<ObjectId>, ReadError> {
        let file = self.pack_number(pack).await?;
        let order = self.order(&file).await?;
        Ok(order.find(offset).and_then(|at| order.id(at)))
    }

    async fn crc32_of(&self, pack: u32, range: Range<u64>) -> Result<u32, ReadError> {
        const CHUNK_BYTES: u64 = 1024 * 1024;
        let mut crc32 = Crc32::new();
        let mut at = range.start;
        while at < range.end {
            let end = at.saturating_add(CHUNK_BYTES).min(range.end);
            crc32.update(&self.pack_bytes(pack, at..end).await?);
            at = end;
        }
        Ok(crc32.finish())
    }

    /// Bytes of a pack file, for copying stored entries; at most what is asked for in one piece.
    pub async fn pack_bytes(&self, pack: u32, range: Range<u64>) -> Result<Vec<u8>, ReadError> {
        let file = self.pack_number(pack).await?;
        let value = self.store.get(&file.pack_key, Some(range)).await?;
        value.map(|value| value.bytes).ok_or_else(|| {
            file.set_gone(true);
            vanished(&file.pack_key)
        })
    }

    async fn pack_number(&self, number: u32) -> Result<Arc<PackFile>, ReadError> {
        let listing = self.listing().await?;
        listing.packs.get(number as usize).cloned().ok_or_else(|| ReadError::CorruptFile {
            key: self.layout.packs_prefix(),
            reason: format!("there is no pack number {number}"),
        })
    }

    /// The pack's entries in their order, worked out once.
    async fn order(&self, file: &PackFile) -> Result<Arc<Order>, ReadError> {
        if let Some(order) = &*file.order.lock() {
            return Ok(order.clone());
        }
        let index = self.whole_index(file).await?.ok_or_else(|| vanished(&file.idx_key))?;
        let order = Arc::new(Order::new(index));
        *file.order.lock() = Some(order.clone());
        Ok(order)
    }
}

fn vanished(key: &str) -> ReadError {
    let reason = "it has vanished since it was listed: a repack took its place, try again";
    ReadError::CorruptFile { key: key.to_string(), reason: reason.to_string() }
}

fn corrupt(file: &PackFile, offset: u64, reason: &str) -> ReadError {
    let reason = format!("entry at {offset}: {reason}");
    ReadError::CorruptFile { key: file.pack_key.clone(), reason }
}

fn told(file: &PackFile, offset: u64, fault: Fault) -> ReadError {
    match fault {
        Fault::Read(error) => error,
        Fault::Corrupt(reason) => corrupt(file, offset, &reason),
        Fault::Gone => vanished(&file.pack_key),
        Fault::NoBase(base) => corrupt(file, offset, &format!("its base {base} is missing")),
        Fault::TooLarge(size_bytes) => corrupt(file, offset, &format!("it has {size_bytes} bytes")),
    }
}
