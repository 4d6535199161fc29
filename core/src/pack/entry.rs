//! The header that every entry of a pack begins with.

use crate::object::{Kind, ObjectId};
use alloc::vec::Vec;

/// What an entry's deflated data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// The whole object.
    Whole(Kind),
    /// A delta against the entry that begins so many bytes before this one.
    OfsDelta(u64),
    /// A delta against this object.
    RefDelta(ObjectId),
}

/// The header of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryHeader {
    /// What the data is.
    pub kind: EntryKind,
    /// Inflated length of the data, in bytes: of the delta, for a delta.
    pub size_bytes: u64,
}

impl EntryHeader {
    /// No header is longer, in bytes: ten of the size and an id.
    pub const MAX_BYTES: usize = 10 + ObjectId::BYTES;

    /// Reads the header that `bytes` begin with, and says how many bytes it takes.
    ///
    /// # Errors
    /// `Truncated`: bring more bytes, up to [`EntryHeader::MAX_BYTES`].
    ///
    /// # Source
    /// gitformat-pack(5), "pack-*.pack files have the following format"
    pub fn decode(bytes: &[u8]) -> Result<(Self, usize), EntryError> {
        let mut reader = Reader { bytes, taken: 0 };
        let first = reader.byte()?;
        let size_bytes = reader.size(first)?;
        let kind = match first >> 4 & 7 {
            1 => EntryKind::Whole(Kind::Commit),
            2 => EntryKind::Whole(Kind::Tree),
            3 => EntryKind::Whole(Kind::Blob),
            4 => EntryKind::Whole(Kind::Tag),
            6 => EntryKind::OfsDelta(reader.distance()?),
            7 => EntryKind::RefDelta(reader.id()?),
            number => return Err(EntryError::UnknownType { number }),
        };
        Ok((Self { kind, size_bytes }, reader.taken))
    }

    /// Appends the header to `pack`.
    pub fn encode(&self, pack: &mut Vec<u8>) {
        let number = match self.kind {
            EntryKind::Whole(Kind::Commit) => 1,
            EntryKind::Whole(Kind::Tree) => 2,
            EntryKind::Whole(Kind::Blob) => 3,
            EntryKind::Whole(Kind::Tag) => 4,
            EntryKind::OfsDelta(_) => 6,
            EntryKind::RefDelta(_) => 7,
        };
        let mut byte = number << 4 | (self.size_bytes & 0x0f) as u8;
        let mut rest = self.size_bytes >> 4;
        while rest > 0 {
            pack.push(byte | 0x80);
            byte = (rest & 0x7f) as u8;
            rest >>= 7;
        }
        pack.push(byte);
        match self.kind {
            EntryKind::Whole(_) => {}
            EntryKind::OfsDelta(distance) => encode_distance(distance, pack),
            EntryKind::RefDelta(id) => pack.extend_from_slice(id.as_bytes()),
        }
    }
}

/// Seven bits a byte, highest first; each byte but the last also counts one more than its bits.
fn encode_distance(distance: u64, pack: &mut Vec<u8>) {
    let mut bytes = [0u8; 10];
    let mut start = bytes.len() - 1;
    let mut rest = distance;
    bytes[start] = (rest & 0x7f) as u8;
    rest >>= 7;
    while rest > 0 {
        rest -= 1;
        start -= 1;
        bytes[start] = 0x80 | (rest & 0x7f) as u8;
        rest >>= 7;
    }
    pack.extend_from_slice(&bytes[start..]);
}

struct Reader<'b> {
    bytes: &'b [u8],
    taken: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8, EntryError> {
        let byte = *self.bytes.get(self.taken).ok_or(EntryError::Truncated)?;
        self.taken += 1;
        Ok(byte)
    }

    fn size(&mut self, first: u8) -> Result<u64, EntryError> {
        let mut size = u64::from(first & 0x0f);
        let mut shift = 4;
        let mut byte = first;
        while byte & 0x80 != 0 {
            byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift >= u64::BITS || bits << shift >> shift != bits {
                return Err(EntryError::SizeOverflow);
            }
            size |= bits << shift;
            shift += 7;
        }
        Ok(size)
    }

    fn distance(&mut self) -> Result<u64, EntryError> {
        let mut byte = self.byte()?;
        let mut distance = u64::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = self.byte()?;
            distance = distance
                .checked_add(1)
                .and_then(|distance| distance.checked_mul(0x80))
                .ok_or(EntryError::DistanceOverflow)?
                | u64::from(byte & 0x7f);
        }
        Ok(distance)
    }

    fn id(&mut self) -> Result<ObjectId, EntryError> {
        let bytes = self.bytes.get(self.taken..).unwrap_or_default();
        let bytes = bytes.get(..ObjectId::BYTES).ok_or(EntryError::Truncated)?;
        self.taken += ObjectId::BYTES;
        ObjectId::from_bytes(bytes).ok_or(EntryError::Truncated)
    }
}

/// Why an entry's header cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// It goes on past the end of the bytes.
    #[error("an entry's header is cut off")]
    Truncated,
    /// Not a type that Git knows.
    #[error("an entry has the unknown type {number}")]
    UnknownType {
        /// The type's number.
        number: u8,
    },
    /// The size does not fit in 64 bits.
    #[error("an entry's size is too large")]
    SizeOverflow,
    /// The distance to the base does not fit in 64 bits.
    #[error("an entry's distance to its base is too large")]
    DistanceOverflow,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_read_back() {
        let id = ObjectId::EMPTY_TREE;
        let mut kinds = alloc::vec![EntryKind::RefDelta(id)];
        kinds.extend([Kind::Commit, Kind::Tree, Kind::Blob, Kind::Tag].map(EntryKind::Whole));
        let distances = [0, 1, 127, 128, 129, 16511, 16512, 1 << 31, 1 << 40, u64::MAX];
        kinds.extend(distances.map(EntryKind::OfsDelta));
        for kind in kinds {
            for size_bytes in [0, 15, 16, 2047, 2048, 1 << 32, u64::MAX] {
                let header = EntryHeader { kind, size_bytes };
                let mut bytes = Vec::new();
                header.encode(&mut bytes);
                let length = bytes.len();
                assert!(length <= EntryHeader::MAX_BYTES);
                bytes.extend_from_slice(b"data");
                assert_eq!(EntryHeader::decode(&bytes), Ok((header, length)));
                for cut in 0..length {
                    assert_eq!(EntryHeader::decode(&bytes[..cut]), Err(EntryError::Truncated));
                }
            }
        }
    }

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
        let mut size = [0xff; 20];
        size[0] = 0x9f;
        assert_eq!(EntryHeader::decode(&size), Err(EntryError::SizeOverflow));
        let zeros = [0x90, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0];
        assert_eq!(EntryHeader::decode(&zeros), Err(EntryError::SizeOverflow));
        let mut distance = [0xff; 20];
        distance[0] = 0x61;
        assert_eq!(EntryHeader::decode(&distance), Err(EntryError::DistanceOverflow));
        for first in [0x01, 0x51] {
            let outcome = EntryHeader::decode(&[first]);
            assert!(matches!(outcome, Err(EntryError::UnknownType { .. })));
        }
    }
}
