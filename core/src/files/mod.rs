//! Revisions and paths, reading a file.
//!
//! Nothing is cloned and nothing is kept: the ref and the list of packs are asked for side by side,
//! then come the idx, the commit, a tree for each directory of the path, and the blob.

pub mod commit;
mod error;
mod find;
mod read;
mod revision;

pub use error::FileError;
pub use find::{Entry, Stat, list, stat};
pub use read::{FileReader, open};
pub use revision::resolve;

#[cfg(test)]
mod tests;
