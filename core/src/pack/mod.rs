//! Pack and idx files: entries, deltas, indexing, writing.

pub mod delta;
pub mod entry;
pub mod incoming;
pub mod index;
pub(crate) mod write;

pub use entry::{EntryHeader, EntryKind};
pub use index::{Index, IndexEntry};
