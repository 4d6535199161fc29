//! In which order objects are written, and how their stored bytes are read in long runs.

use crate::{
    odb::{Extent, Location, Objects, ReadError},
    store::Store,
    walk::{Found, Mark, Marks},
};
use alloc::{vec, vec::Vec};
use core::ops::Range;
use futures_util::future::join_all;

/// How many objects are looked up at once.
const LOOKUPS_IN_FLIGHT: usize = 32;
/// Stored bytes are read in pieces of at most this many.
pub(super) const RUN_BYTES: u64 = 1024 * 1024;
/// So many bytes that are not wanted are read rather than making another request.
const GAP_BYTES: u64 = 32 * 1024;
/// Stands for "in a file of its own" among the numbers of packs.
const LOOSE: u32 = u32::MAX;

/// An object that is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Item {
    /// [`LOOSE`] sorts last.
    pub(super) pack: u32,
    pub(super) offset: u64,
    pub(super) mark: Mark,
}

/// The objects in the order in which they are written: pack by pack, as they lie in it, so that a
/// base that is named by its distance comes before its deltas.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) items: Vec<Item>,
    pub(super) marks: Marks,
    /// Index into `items` by mark; [`u32::MAX`] for what is not written.
    by_mark: Vec<u32>,
    /// The first item that no run has been made for.
    next: usize,
    /// How much of a long entry is in runs already, in bytes.
    next_part: u64,
}

/// Stored bytes that are read at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) pack: u32,
    /// Empty for an object in a file of its own.
    pub(super) range: Range<u64>,
    pub(super) content: Content,
}

/// What the bytes of a run are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Whole entries, with gaps between them.
    Entries { first: usize, extents: Vec<Extent> },
    /// A part of one entry.
    Part { item: usize, extent: Extent },
    /// Nothing: the object is in a file of its own.
    Loose { item: usize },
}

impl Plan {
    /// Looks up where the objects lie.
    pub(super) async fn new<S: Store>(
        objects: &Objects<S>,
        found: Found,
    ) -> Result<Self, ReadError> {
        let Found { marks, mut found } = found;
        // Neighbours lie together in an idx.
        found.sort_unstable_by_key(|&mark| marks.id(mark));
        let mut items = Vec::with_capacity(found.len());
        for some in found.chunks(LOOKUPS_IN_FLIGHT) {
            let ids: Vec<_> = some.iter().map(|&mark| marks.id(mark)).collect();
            let locations = join_all(ids.iter().map(|id| objects.locate(id))).await;
            for ((&mark, &id), location) in some.iter().zip(&ids).zip(locations) {
                let (pack, offset) = match location? {
                    Some(Location::Packed { pack, offset }) => (pack, offset),
                    Some(Location::Loose) => (LOOSE, 0),
                    None => return Err(ReadError::Missing { id }),
                };
                items.push(Item { pack, offset, mark });
            }
        }
        drop(found);
        items.sort_unstable();
        let mut by_mark = vec![u32::MAX; marks.len() as usize];
        for (index, item) in items.iter().enumerate() {
            if let Some(slot) = by_mark.get_mut(item.mark as usize) {
                *slot = index as u32;
            }
        }
        Ok(Self { items, marks, by_mark, next: 0, next_part: 0 })
    }

    /// The item of a marked object.
    pub(super) fn item_of(&self, mark: Mark) -> Option<usize> {
        self.by_mark.get(mark as usize).filter(|&&index| index != u32::MAX).map(|&i| i as usize)
    }

    /// The item whose entry begins at `offset` of a pack.
    pub(super) fn item_at(&self, pack: u32, offset: u64) -> Option<usize> {
        self.items.binary_search_by_key(&(pack, offset), |item| (item.pack, item.offset)).ok()
    }

    /// The next stored bytes to be read; `None` when all are.
    pub(super) async fn next_run<S: Store>(
        &mut self,
        objects: &Objects<S>,
    ) -> Result<Option<Run>, ReadError> {
        let first = self.next;
        let Some(&Item { pack, offset, .. }) = self.items.get(first) else { return Ok(None) };
        if pack == LOOSE {
            self.next += 1;
            return Ok(Some(Run { pack, range: 0..0, content: Content::Loose { item: first } }));
        }
        let extent = extent(objects, pack, offset).await?;
        if length(&extent.range) > RUN_BYTES {
            return Ok(Some(self.next_part(pack, extent)));
        }
        let mut range = extent.range.clone();
        let mut extents = vec![extent];
        self.next += 1;
        while let Some(next) = self.items.get(self.next)
            && next.pack == pack
            && next.offset.saturating_sub(range.end) <= GAP_BYTES
        {
            let extent = self::extent(objects, pack, next.offset).await?;
            if extent.range.end.saturating_sub(range.start) > RUN_BYTES {
                break;
            }
            range.end = extent.range.end.max(range.end);
            extents.push(extent);
            self.next += 1;
        }
        Ok(Some(Run { pack, range, content: Content::Entries { first, extents } }))
    }

    /// The next part of an entry that is longer than a run.
    fn next_part(&mut self, pack: u32, extent: Extent) -> Run {
        let start = extent.range.start.saturating_add(self.next_part);
        let end = start.saturating_add(RUN_BYTES).min(extent.range.end);
        let item = self.next;
        if end == extent.range.end {
            self.next += 1;
            self.next_part = 0;
        } else {
            self.next_part += RUN_BYTES;
        }
        Run { pack, range: start..end, content: Content::Part { item, extent } }
    }
}

async fn extent<S: Store>(
    objects: &Objects<S>,
    pack: u32,
    offset: u64,
) -> Result<Extent, ReadError> {
    match objects.extent(pack, offset).await? {
        Some(extent) => Ok(extent),
        None => Err(corrupt_file(objects, pack, "an entry is not where its idx says").await),
    }
}

/// The error for a pack whose bytes are not what its idx says.
pub(super) async fn corrupt_file<S: Store>(
    objects: &Objects<S>,
    pack: u32,
    reason: &str,
) -> ReadError {
    let name = objects
        .packs()
        .await
        .ok()
        .and_then(|packs| packs.into_iter().nth(pack as usize))
        .map_or_else(Default::default, |pack| pack.name);
    ReadError::CorruptFile { key: alloc::format!("pack-{name}.pack"), reason: reason.into() }
}

pub(super) fn length(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}
