//! Where the tables of an idx file lie.

use super::{MalformedIndex, malformed};
use crate::object::ObjectId;
use core::ops::Range;

/// What version 2 begins with; version 1 begins with its fanout.
pub(super) const MAGIC: [u8; 8] = [0xff, b't', b'O', b'c', 0, 0, 0, 2];
/// Length of the fanout, in bytes.
pub(super) const FANOUT_BYTES: u64 = 256 * 4;
/// Length of the two checksums at the end, in bytes.
pub(super) const TRAILER_BYTES: u64 = 2 * ObjectId::BYTES as u64;
const ID_BYTES: u64 = ObjectId::BYTES as u64;
/// The highest bit of an offset says that it is a place in the table of long ones.
pub(super) const IS_LONG: u32 = 1 << 31;

/// The version, the number of objects and the fanout of an idx: enough to know where to look.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    is_v1: bool,
    /// Number of objects.
    pub(crate) count: u32,
    long_count: u64,
    fanout: [u32; 256],
}

impl Shape {
    /// All that [`Shape::decode`] needs lies in so many bytes at the beginning.
    pub(crate) const HEAD_BYTES: u64 = MAGIC.len() as u64 + FANOUT_BYTES;

    /// Reads the beginning of an idx that has `file_bytes` in all.
    ///
    /// # Source
    /// gitformat-pack(5), "Version 1 pack-*.idx files" and "Version 2 pack-*.idx files"
    pub(crate) fn decode(head: &[u8], file_bytes: u64) -> Result<Self, MalformedIndex> {
        let is_v1 = !head.starts_with(&MAGIC[..4]);
        if !is_v1 && !head.starts_with(&MAGIC) {
            return Err(malformed("the idx has an unknown version"));
        }
        let start = if is_v1 { 0 } else { MAGIC.len() };
        let table = head
            .get(start..)
            .and_then(|rest| rest.get(..FANOUT_BYTES as usize))
            .ok_or(malformed("the idx is cut off in its fanout"))?;
        let mut fanout = [0u32; 256];
        let mut count = 0;
        for (upper, bytes) in fanout.iter_mut().zip(table.as_chunks::<4>().0) {
            *upper = u32::from_be_bytes(*bytes);
            if *upper < count {
                return Err(malformed("the fanout of the idx is not in order"));
            }
            count = *upper;
        }
        let row_bytes = if is_v1 { 4 + ID_BYTES } else { ID_BYTES + 4 + 4 };
        let fixed = start as u64 + FANOUT_BYTES + u64::from(count) * row_bytes + TRAILER_BYTES;
        let rest = file_bytes.checked_sub(fixed).ok_or(malformed("the idx is cut off"))?;
        let long_count = rest / 8;
        if rest % 8 != 0 || is_v1 && rest != 0 || long_count > u64::from(count) {
            return Err(malformed("the length of the idx does not fit its count of objects"));
        }
        Ok(Self { is_v1, count, long_count, fanout })
    }

    /// The places of the ids whose first byte is `first`.
    pub(crate) fn places(&self, first: u8) -> Range<u32> {
        bucket(&self.fanout, first)
    }

    /// Where the rows with the ids in these places lie, and how long each is.
    pub(crate) fn id_rows(&self, places: Range<u32>) -> (Range<u64>, u64) {
        let row_bytes = if self.is_v1 { 4 + ID_BYTES } else { ID_BYTES };
        (rows(self.ids_start(), places, row_bytes), row_bytes)
    }

    /// The id in a row.
    pub(crate) fn id_in<'r>(&self, row: &'r [u8]) -> &'r [u8] {
        row.get(if self.is_v1 { 4 } else { 0 }..).unwrap_or_default()
    }

    /// Where the CRC of the object in this place lies; `None` in version 1.
    pub(crate) fn crc32(&self, place: u32) -> Option<Range<u64>> {
        (!self.is_v1).then(|| rows(self.crcs_start(), place..place.saturating_add(1), 4))
    }

    /// Where the offsets of the objects in these places lie, and how far they are apart.
    pub(crate) fn offset_rows(&self, places: Range<u32>) -> (Range<u64>, u64) {
        if self.is_v1 {
            return self.id_rows(places);
        }
        let start = self.crcs_start() + u64::from(self.count) * 4;
        (rows(start, places, 4), 4)
    }

    /// The offset in a row, or where the long offset lies that it stands for.
    pub(crate) fn offset_in(&self, row: &[u8]) -> Option<Offset> {
        let short = u32::from_be_bytes(row.first_chunk::<4>().copied()?);
        if self.is_v1 || short & IS_LONG == 0 {
            return Some(Offset::Short(u64::from(short)));
        }
        let place = u64::from(short & !IS_LONG);
        let start = self.crcs_start() + u64::from(self.count) * 8 + place * 8;
        (place < self.long_count).then_some(Offset::LongAt(start..start + 8))
    }

    fn ids_start(&self) -> u64 {
        FANOUT_BYTES + if self.is_v1 { 0 } else { MAGIC.len() as u64 }
    }

    fn crcs_start(&self) -> u64 {
        self.ids_start() + u64::from(self.count) * ID_BYTES
    }
}

/// An offset in an idx, or where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Offset {
    Short(u64),
    LongAt(Range<u64>),
}

/// The places of the ids whose first byte is `first`.
fn bucket(fanout: &[u32; 256], first: u8) -> Range<u32> {
    let first = usize::from(first);
    let start = first.checked_sub(1).and_then(|before| fanout.get(before)).copied().unwrap_or(0);
    start..fanout.get(first).copied().unwrap_or(0)
}

fn rows(start: u64, places: Range<u32>, row_bytes: u64) -> Range<u64> {
    start + u64::from(places.start) * row_bytes..start + u64::from(places.end) * row_bytes
}
