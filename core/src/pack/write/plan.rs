//! In which order objects are written, and how their stored bytes are read in long runs.

use crate::{
    at_once::join_all,
    object::ObjectId,
    odb::{Extent, Location, Objects, ReadError},
    sort,
    store::Store,
    walk::{Flags, Found, Mark, Marks, OBJECTS_BEFORE_INDEXES},
};
use alloc::{vec, vec::Vec};
use core::ops::Range;

const NO_ENTRY: &str = "an entry is not where its idx says";
/// How many objects are looked up at once.
const LOOKUPS_IN_FLIGHT: usize = 32;
/// Stored bytes are read in pieces of at most this many.
pub(super) const RUN_BYTES: u64 = 1024 * 1024;
/// So many bytes that are not wanted are read rather than making another request.
const GAP_BYTES: u64 = 32 * 1024;
/// Where an object lies that is to be written, in one number: its pack, then its offset there.
///
/// Sorted, they are in the order in which they lie stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(u64);

impl Place {
    const OFFSET_BITS: u32 = 44;
    /// Stands for "not copied from a pack" among the numbers of packs; the offset is a mark then.
    const LOOSE: u32 = (1 << (u64::BITS - Self::OFFSET_BITS)) - 1;

    /// `None`: there is no room for such a number.
    fn packed(pack: u32, offset: u64) -> Option<Self> {
        let fits = pack < Self::LOOSE && offset >> Self::OFFSET_BITS == 0;
        fits.then_some(Self(u64::from(pack) << Self::OFFSET_BITS | offset))
    }

    fn loose(mark: Mark) -> Self {
        Self(u64::from(Self::LOOSE) << Self::OFFSET_BITS | u64::from(mark))
    }

    pub(super) fn pack(self) -> u32 {
        (self.0 >> Self::OFFSET_BITS) as u32
    }

    pub(super) fn offset(self) -> u64 {
        self.0 & ((1 << Self::OFFSET_BITS) - 1)
    }

    fn loose_mark(self) -> Option<Mark> {
        (self.pack() == Self::LOOSE).then_some(self.offset() as Mark)
    }
}

/// The objects in the order in which they are written: pack by pack, as they lie in it, so that a
/// base that is named by its distance comes before its deltas.
///
/// Eight bytes an object: what else is to be known of one stands in the idx.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) items: Vec<Place>,
    /// Kept only where the idx files do not say enough.
    marks: Option<Marks>,
    /// The first item that no run has been made for.
    next: usize,
    /// How much of a long entry is in runs already, in bytes.
    next_part: u64,
}

/// Stored bytes that are read at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) pack: u32,
    /// Empty for an object that is not copied.
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
    /// Nothing: the object is not copied.
    Loose { item: usize },
}

impl Plan {
    /// Looks up where the objects lie.
    ///
    /// `is_thin`: it will be asked what the other side has.
    pub(super) async fn new<S: Store>(
        objects: &Objects<S>,
        found: Found,
        is_thin: bool,
    ) -> Result<Self, ReadError> {
        let Found { marks, mut found } = found;
        // Neighbours lie together in an idx.
        sort::unstable_by_key(&mut found, |&mark| marks.id(mark));
        let mut items = Vec::with_capacity(found.len());
        let is_many = found.len() >= OBJECTS_BEFORE_INDEXES as usize;
        if is_many {
            objects.hold_indexes().await?;
        }
        let mut is_any_loose = false;
        for some in found.chunks(LOOKUPS_IN_FLIGHT) {
            let ids: Vec<_> = some.iter().map(|&mark| marks.id(mark)).collect();
            let locations = join_all(ids.iter().map(|id| objects.locate(id))).await;
            for ((&mark, &id), location) in some.iter().zip(&ids).zip(locations) {
                let place = match location? {
                    // A few objects are not worth a large idx: they are written anew.
                    Some(Location::Packed { pack, offset })
                        if is_many || objects.is_index_at_hand(pack) =>
                    {
                        Place::packed(pack, offset)
                    }
                    Some(_) => None,
                    None => return Err(ReadError::Missing { id }),
                };
                is_any_loose |= place.is_none();
                items.push(place.unwrap_or(Place::loose(mark)));
            }
        }
        drop(found);
        sort::unstable(&mut items);
        let marks = (is_thin || is_any_loose).then_some(marks);
        Ok(Self { items, marks, next: 0, next_part: 0 })
    }

    /// The item whose entry begins at `offset` of a pack.
    pub(super) fn item_at(&self, pack: u32, offset: u64) -> Option<usize> {
        self.items.binary_search(&Place::packed(pack, offset)?).ok()
    }

    /// The object that an item is.
    pub(super) async fn id<S: Store>(
        &self,
        objects: &Objects<S>,
        item: Place,
    ) -> Result<ObjectId, ReadError> {
        if let Some(mark) = item.loose_mark() {
            return Ok(self.marks.as_ref().map_or(ObjectId::ZERO, |marks| marks.id(mark)));
        }
        match objects.id_at(item.pack(), item.offset()).await? {
            Some(id) => Ok(id),
            None => Err(corrupt_file(objects, item.pack(), NO_ENTRY).await),
        }
    }

    /// Whether the other side is known to have an object.
    pub(super) fn is_old(&self, id: &ObjectId) -> bool {
        self.marks.as_ref().is_some_and(|marks| marks.flags_of(id).has(Flags::OLD))
    }

    /// The next stored bytes to be read; `None` when all are.
    pub(super) async fn next_run<S: Store>(
        &mut self,
        objects: &Objects<S>,
    ) -> Result<Option<Run>, ReadError> {
        let first = self.next;
        let Some(&place) = self.items.get(first) else { return Ok(None) };
        let (pack, offset) = (place.pack(), place.offset());
        if place.loose_mark().is_some() {
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
            && next.pack() == pack
            && next.offset().saturating_sub(range.end) <= GAP_BYTES
        {
            let extent = self::extent(objects, pack, next.offset()).await?;
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
        None => Err(corrupt_file(objects, pack, NO_ENTRY).await),
    }
}

/// The error for a pack whose bytes are not what its idx says.
pub(super) async fn corrupt_file<S: Store>(
    objects: &Objects<S>,
    pack: u32,
    reason: &str,
) -> ReadError {
    let name =
        objects.pack(pack).await.ok().flatten().map_or_else(Default::default, |pack| pack.name);
    ReadError::CorruptFile { key: alloc::format!("pack-{name}.pack"), reason: reason.into() }
}

pub(super) fn length(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}
