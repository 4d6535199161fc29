//! Finding an object's place in the packs, by idx files in memory or looked into by ranges.

use super::{
    Objects, ReadError,
    catalog::{Listing, PackFile},
    flights::Boarding,
    guess::Guess,
};
use crate::{
    object::ObjectId,
    pack::index::{Index, Offset, Shape},
    sort,
    store::Store,
};
use alloc::{string::String, string::ToString, sync::Arc, vec::Vec};
use core::{
    ops::Range,
    sync::atomic::{AtomicU32, Ordering},
};
use futures_util::{StreamExt, TryStreamExt, future::try_join, stream};
use spin::Mutex;

/// How many idx files are read at once.
const AT_ONCE: usize = 32;
/// An idx that was looked into so often by ranges is read whole, if there is room for it: whoever
/// asks for more objects than lie on the path of one file will ask for very many.
const MOST_LOOKS: u32 = 32;

/// What is in memory of a pack's idx.
#[derive(Debug, Default)]
pub(super) struct PackIndex {
    loaded: Mutex<Loaded>,
    /// How often it was looked into by ranges.
    looks: AtomicU32,
}

#[derive(Clone, Debug, Default)]
pub(super) enum Loaded {
    /// Nothing yet.
    #[default]
    Nothing,
    /// All of it.
    Whole(Arc<Index>),
    /// Enough to look into it by ranges.
    Head(Arc<Shape>),
    /// It is not an idx.
    Broken(&'static str),
}

impl PackIndex {
    pub(super) fn loaded(&self) -> Loaded {
        self.loaded.lock().clone()
    }

    fn set(&self, loaded: Loaded) {
        *self.loaded.lock() = loaded;
    }

    /// Looks in memory: where the object lies, or `None` when that cannot tell.
    fn find(&self, id: &ObjectId) -> Option<Option<u64>> {
        match &*self.loaded.lock() {
            Loaded::Whole(index) => Some(index.find_offset(id)),
            Loaded::Nothing | Loaded::Head(_) => None,
            Loaded::Broken(_) => Some(None),
        }
    }

    /// Length of the idx where all of it is in memory, else 0.
    fn whole_bytes(&self) -> u64 {
        match &*self.loaded.lock() {
            Loaded::Whole(index) => index.size_bytes() as u64,
            _ => 0,
        }
    }
}

impl<S: Store> Objects<S> {
    /// Where the object lies in the packs of `listing`, but for those in `except`.
    pub(super) async fn find_packed(
        &self,
        listing: &Listing,
        id: &ObjectId,
        except: &[u32],
    ) -> Result<Option<(Arc<PackFile>, u64)>, ReadError> {
        let is_asked = |file: &PackFile| !file.is_gone() && !except.contains(&file.number);
        let recent = listing.packs.get(self.recent_pack.load(Ordering::Relaxed) as usize);
        if let Some(file) = recent.filter(|file| is_asked(file))
            && let Some(Some(offset)) = file.index.find(id)
        {
            return Ok(Some((file.clone(), offset)));
        }
        let mut unknown: Vec<&Arc<PackFile>> = Vec::new();
        let mut asked = 0;
        while asked < listing.by_age.len() {
            let indexed = listing.indexed.load(Ordering::Acquire);
            let next = listing.by_age.get(asked..indexed).unwrap_or_default();
            let files = next.iter().filter_map(|&number| listing.packs.get(number as usize));
            for file in files.filter(|file| is_asked(file)) {
                match file.index.find(id) {
                    Some(Some(offset)) => {
                        self.recent_pack.store(file.number, Ordering::Relaxed);
                        return Ok(Some((file.clone(), offset)));
                    }
                    Some(None) => {}
                    None => unknown.push(file),
                }
            }
            asked = indexed;
            if asked < listing.by_age.len() {
                self.load_indexes(listing, asked).await?;
            }
        }
        // Made before they are polled: a future that holds a closure cannot be sent.
        let calls: Vec<_> = unknown.iter().map(|file| self.look_into(listing, file, id)).collect();
        let mut found = stream::iter(calls).buffered(AT_ONCE).zip(stream::iter(unknown));
        while let Some((offset, file)) = found.next().await {
            if let Some(offset) = offset? {
                return Ok(Some((file.clone(), offset)));
            }
        }
        Ok(None)
    }

    /// Reads the idx of the next packs, whole or its head: as many again as were looked into, `indexed`, since
    /// what is asked for mostly lies in the newest.
    async fn load_indexes(&self, listing: &Listing, indexed: usize) -> Result<(), ReadError> {
        let end = indexed.saturating_add(indexed.max(AT_ONCE)).min(listing.by_age.len());
        let next = listing.by_age.get(indexed..end).unwrap_or_default();
        let files = next.iter().filter_map(|&number| listing.packs.get(number as usize));
        let files = files.filter(|file| matches!(file.index.loaded(), Loaded::Nothing));
        let calls: Vec<_> = files
            .map(|file| {
                self.load_index(file, file.pack.idx_bytes <= listing.largest_whole_index_bytes)
            })
            .collect();
        stream::iter(calls).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        listing.indexed.fetch_max(end, Ordering::Release);
        Ok(())
    }

    /// How large an idx of one of `files` may be to be read whole: as large as leaves room for all smaller ones.
    pub(super) fn largest_whole_index_bytes(&self, files: &mut [&Arc<PackFile>]) -> u64 {
        sort::stable_by(files, |a, b| a.pack.idx_bytes.cmp(&b.pack.idx_bytes));
        let held: u64 = files.iter().map(|file| file.index.whole_bytes()).sum();
        let mut room = (self.limits.cache_bytes as u64).saturating_sub(held);
        let mut most = 0;
        let missing = files.iter().filter(|file| matches!(file.index.loaded(), Loaded::Nothing));
        for file in missing {
            let size_bytes = file.pack.idx_bytes;
            match room.checked_sub(size_bytes) {
                Some(left) if size_bytes <= self.limits.whole_index_bytes => room = left,
                _ => break,
            }
            most = size_bytes;
        }
        most
    }

    /// Reads every idx whole and keeps it, as far as [`Limits::held_index_bytes`] allows: for one
    /// who looks up many objects.
    ///
    /// [`Limits::held_index_bytes`]: crate::limits::Limits::held_index_bytes
    pub(crate) async fn hold_indexes(&self) -> Result<(), ReadError> {
        let listing = self.listing().await?;
        let mut files: Vec<&Arc<PackFile>> =
            listing.packs.iter().filter(|file| !file.is_gone()).collect();
        sort::stable_by(&mut files, |a, b| a.pack.idx_bytes.cmp(&b.pack.idx_bytes));
        let mut room = self.limits.held_index_bytes;
        let mut calls = Vec::new();
        for file in files {
            let Some(left) = room.checked_sub(file.pack.idx_bytes) else { break };
            room = left;
            calls.push(self.load_index(file, true));
        }
        stream::iter(calls).buffer_unordered(AT_ONCE).try_collect::<()>().await
    }

    /// Whether the idx of the pack with this number is in memory, or small enough that it may well
    /// be.
    pub(crate) fn is_index_at_hand(&self, pack: u32) -> bool {
        self.known().packs.get(pack as usize).is_some_and(|file| {
            file.pack.idx_bytes <= self.limits.whole_index_bytes
                || matches!(file.index.loaded(), Loaded::Whole(_))
        })
    }

    /// Reads an idx, whole or its head.
    async fn load_index(&self, file: &PackFile, is_whole: bool) -> Result<(), ReadError> {
        let is_missing = |loaded: &Loaded| match loaded {
            Loaded::Nothing => true,
            Loaded::Head(_) => is_whole,
            _ => false,
        };
        while is_missing(&file.index.loaded()) && !file.is_gone() {
            let Boarding::Lead(_flight) = self.index_flights.board(file.number).await else {
                continue;
            };
            if !is_missing(&file.index.loaded()) {
                break;
            }
            let range = (!is_whole).then_some(0..Shape::HEAD_BYTES);
            let Some(value) = self.store.get(&file.idx_key, range).await? else {
                file.set_gone(true);
                break;
            };
            let loaded = if is_whole {
                Index::new(value.bytes).map(|index| Loaded::Whole(Arc::new(index)))
            } else {
                Shape::decode(&value.bytes, value.size_bytes)
                    .map(|shape| Loaded::Head(Arc::new(shape)))
            };
            file.index.set(loaded.unwrap_or_else(|error| Loaded::Broken(error.reason)));
        }
        Ok(())
    }

    /// The idx of a pack, whole in memory whatever its size.
    ///
    /// `None` when the pack has vanished.
    pub(super) async fn whole_index(
        &self,
        file: &PackFile,
    ) -> Result<Option<Arc<Index>>, ReadError> {
        self.load_index(file, true).await?;
        match file.index.loaded() {
            Loaded::Whole(index) => Ok(Some(index)),
            Loaded::Broken(reason) => Err(corrupt_idx(file, reason)),
            Loaded::Nothing | Loaded::Head(_) => Ok(None),
        }
    }

    /// The first idx that could not be understood, to be told when an object is not found.
    pub(super) fn broken_index(&self, listing: &Listing) -> Option<ReadError> {
        listing.packs.iter().filter(|file| !file.is_gone()).find_map(|file| {
            match file.index.loaded() {
                Loaded::Broken(reason) => Some(corrupt_idx(file, reason)),
                _ => None,
            }
        })
    }

    /// Where the object lies in a pack whose idx is too large to be read whole for one object.
    async fn look_into(
        &self,
        listing: &Listing,
        file: &PackFile,
        id: &ObjectId,
    ) -> Result<Option<u64>, ReadError> {
        if file.index.looks.fetch_add(1, Ordering::Relaxed) >= MOST_LOOKS
            && self.has_room_for(listing, file)
        {
            self.load_index(file, true).await?;
        }
        let shape = match file.index.loaded() {
            Loaded::Head(shape) => shape,
            Loaded::Whole(index) => return Ok(index.find_offset(id)),
            Loaded::Nothing | Loaded::Broken(_) => return Ok(None),
        };
        let [first, ..] = *id.as_bytes();
        let mut guess = Guess::new(id, shape.places(first));
        while let Some(window) = guess.window() {
            let (id_range, id_step) = shape.id_rows(window.clone());
            let (offset_range, offset_step) = shape.offset_rows(window.clone());
            let (ids, offsets) =
                try_join(self.idx_rows(file, id_range), self.idx_rows(file, offset_range)).await?;
            let (Some(ids), Some(offsets)) = (ids, offsets) else { return Ok(None) };
            let mut rows = ids.chunks(id_step as usize).map(|row| shape.id_in(row));
            if let Some(row) = rows.clone().position(|row| row == id.as_bytes()) {
                let start = row * offset_step as usize;
                let row = offsets.get(start..).unwrap_or_default();
                return self.long_offset(file, shape.offset_in(row)).await;
            }
            guess.narrow(&window, rows.next().unwrap_or_default(), rows.next_back());
        }
        Ok(None)
    }

    /// Whether an idx may be kept in memory whole for one who asks for many objects.
    fn has_room_for(&self, listing: &Listing, file: &PackFile) -> bool {
        let held: u64 = listing.packs.iter().map(|file| file.index.whole_bytes()).sum();
        let room = (self.limits.cache_bytes as u64).saturating_mul(2);
        held.saturating_add(file.pack.idx_bytes) <= room
    }

    async fn long_offset(
        &self,
        file: &PackFile,
        offset: Option<Offset>,
    ) -> Result<Option<u64>, ReadError> {
        match offset.ok_or_else(|| corrupt_idx(file, "an object in the idx has no offset"))? {
            Offset::Short(offset) => Ok(Some(offset)),
            Offset::LongAt(range) => {
                let Some(bytes) = self.idx_rows(file, range).await? else { return Ok(None) };
                Ok(bytes.first_chunk().copied().map(u64::from_be_bytes))
            }
        }
    }

    /// Bytes of an idx; `None` when it has vanished.
    async fn idx_rows(
        &self,
        file: &PackFile,
        range: Range<u64>,
    ) -> Result<Option<Vec<u8>>, ReadError> {
        let wanted = range.end - range.start;
        let Some(value) = self.store.get(&file.idx_key, Some(range)).await? else {
            file.set_gone(true);
            return Ok(None);
        };
        if value.bytes.len() as u64 != wanted {
            return Err(corrupt_idx(file, "the idx is cut off"));
        }
        Ok(Some(value.bytes))
    }
}

fn corrupt_idx(file: &PackFile, reason: &'static str) -> ReadError {
    let key: String = file.idx_key.clone();
    ReadError::CorruptFile { key, reason: reason.to_string() }
}
