//! Revisions and paths, reading a file, walking a tree.
//!
//! Nothing is cloned and nothing is kept: the ref and the list of packs are asked for side by side,
//! then come the idx, the commit, a tree for each directory of the path, and the blob.

pub mod commit;
mod entry;
mod error;
mod find;
mod read;
mod revision;
mod walk;

pub(crate) use entry::{Found, TreeReader, entry_at, entry_in, joined, names, normal, read_tree};
pub use error::FileError;
pub use find::{Entry, Stat, list, stat};
pub use read::{FileReader, open};
pub use revision::resolve;
pub(crate) use revision::{parsed, peel_to};
pub use walk::{Depth, WalkEntry, WalkOptions, WalkPage, walk};

#[cfg(test)]
mod tests;
