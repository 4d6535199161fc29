//! What differs between two trees, and between two files.

mod files;
mod lines;
mod renames;
mod trees;

pub use files::{FileDiff, Hunk, files};
pub use trees::{ChangeKind, ChangeOptions, ChangePage, Renames, TreeChange, changes};

#[cfg(test)]
mod tests;
