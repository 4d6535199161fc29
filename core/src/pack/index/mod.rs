//! Idx files: which objects a pack holds and where.

mod read;
mod shape;
mod verify;
mod write;

pub use crate::checksum::Crc32;
pub use read::Index;
pub(crate) use shape::{Offset, Shape};
pub use write::{Pieces, pieces, write};

use crate::object::ObjectId;

/// What an idx says of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexEntry {
    /// The object.
    pub id: ObjectId,
    /// Where in the pack its entry begins, in bytes.
    pub offset: u64,
    /// CRC-32 of the entry as it is stored, header and all; 0 where the idx does not say.
    pub crc32: u32,
}

/// An idx that is not well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct MalformedIndex {
    /// What is wrong with it.
    pub reason: &'static str,
}

pub(crate) fn malformed(reason: &'static str) -> MalformedIndex {
    MalformedIndex { reason }
}

#[cfg(test)]
mod tests;
