//! Looking into an idx that is in memory.

use super::{
    IndexEntry, MalformedIndex, malformed,
    shape::{Offset, Shape},
};
use crate::object::ObjectId;
use alloc::vec::Vec;
use core::{cmp::Ordering, ops::Range};

/// An idx file in memory.
///
/// Its tables are known to be there; what stands in them is not: see [`Index::verify`].
#[derive(Clone, Debug)]
pub struct Index {
    pub(super) bytes: Vec<u8>,
    pub(super) shape: Shape,
}

impl Index {
    /// Takes the bytes of an idx file, version 1 or 2.
    pub fn new(bytes: Vec<u8>) -> Result<Self, MalformedIndex> {
        let shape = Shape::decode(&bytes, bytes.len() as u64)?;
        // All later places fit in memory because the file does.
        usize::try_from(bytes.len() as u64).map_err(|_| malformed("the idx is too long"))?;
        Ok(Self { bytes, shape })
    }

    /// Number of objects.
    pub fn count(&self) -> u32 {
        self.shape.count
    }

    /// Length of the file, in bytes.
    pub fn size_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The place of an object in the order of ids.
    pub fn find(&self, id: &ObjectId) -> Option<u32> {
        let [first, ..] = *id.as_bytes();
        let mut places = self.shape.places(first);
        while places.start < places.end {
            let middle = places.start + (places.end - places.start) / 2;
            match self.id_bytes(middle)?.cmp(id.as_bytes().as_slice()) {
                Ordering::Equal => return Some(middle),
                Ordering::Less => places.start = middle + 1,
                Ordering::Greater => places.end = middle,
            }
        }
        None
    }

    /// Where the object's entry begins in the pack, in bytes; `None` when the pack does not hold it.
    pub fn find_offset(&self, id: &ObjectId) -> Option<u64> {
        self.offset(self.find(id)?)
    }

    /// The places of the ids that begin with these hexadecimal digits, for abbreviated ids.
    pub fn find_prefix(&self, digits: &[u8]) -> Range<u32> {
        let compare = |place: u32| {
            let id = self.id_bytes(place).unwrap_or_default();
            let nibbles = id.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
            let wanted = digits.iter().map(|&digit| match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                b'A'..=b'F' => digit - b'A' + 10,
                _ => u8::MAX,
            });
            nibbles.take(digits.len()).cmp(wanted)
        };
        let partition = |is_before: &dyn Fn(Ordering) -> bool| {
            let mut places = 0..self.count();
            while places.start < places.end {
                let middle = places.start + (places.end - places.start) / 2;
                if is_before(compare(middle)) {
                    places.start = middle + 1;
                } else {
                    places.end = middle;
                }
            }
            places.start
        };
        let start = partition(&|order| order == Ordering::Less);
        start..partition(&|order| order != Ordering::Greater).max(start)
    }

    /// The id in this place.
    pub fn id(&self, place: u32) -> Option<ObjectId> {
        ObjectId::from_bytes(self.id_bytes(place)?)
    }

    /// Where the entry of the object in this place begins, in bytes.
    pub fn offset(&self, place: u32) -> Option<u64> {
        if place >= self.count() {
            return None;
        }
        let (row, _) = self.shape.offset_rows(place..place + 1);
        match self.shape.offset_in(self.slice(row)?)? {
            Offset::Short(offset) => Some(offset),
            Offset::LongAt(range) => {
                self.slice(range)?.first_chunk().copied().map(u64::from_be_bytes)
            }
        }
    }

    /// CRC-32 of the entry of the object in this place; `None` when the idx does not say.
    pub fn crc32(&self, place: u32) -> Option<u32> {
        if place >= self.count() {
            return None;
        }
        self.slice(self.shape.crc32(place)?)?.first_chunk().copied().map(u32::from_be_bytes)
    }

    /// All objects in the order of ids. An offset that the idx does not hold is given as the largest.
    pub fn iter(&self) -> impl Iterator<Item = IndexEntry> + '_ {
        (0..self.count()).filter_map(|place| {
            Some(IndexEntry {
                id: self.id(place)?,
                offset: self.offset(place).unwrap_or(u64::MAX),
                crc32: self.crc32(place).unwrap_or(0),
            })
        })
    }

    /// The checksum that the pack ends with.
    pub fn pack_checksum(&self) -> Option<ObjectId> {
        let start = self.bytes.len().checked_sub(2 * ObjectId::BYTES)?;
        ObjectId::from_bytes(self.bytes.get(start..start + ObjectId::BYTES)?)
    }

    fn id_bytes(&self, place: u32) -> Option<&[u8]> {
        if place >= self.count() {
            return None;
        }
        let (row, _) = self.shape.id_rows(place..place + 1);
        Some(self.shape.id_in(self.slice(row)?))
    }

    pub(super) fn slice(&self, range: Range<u64>) -> Option<&[u8]> {
        self.bytes.get(range.start as usize..range.end as usize)
    }
}
