//! Git objects: ids, kinds, and the contents of trees, commits and tags.

pub mod commit;
mod disguise;
mod headers;
mod id;
mod malformed;
pub mod tag;
pub mod tree;
mod verify;

pub use commit::{Commit, NewCommit};
pub use headers::{Header, Headers};
pub use id::{InvalidId, ObjectId};
pub use malformed::Malformed;
pub use tag::{NewTag, Tag};
pub use tree::{Mode, TreeEntry};
pub use verify::verify;

use alloc::vec::Vec;

/// The four kinds of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A snapshot with its history.
    Commit,
    /// A directory.
    Tree,
    /// A file's bytes.
    Blob,
    /// An annotated tag.
    Tag,
}

impl Kind {
    /// The name in object headers: `commit`, `tree`, `blob` or `tag`.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Commit => "commit",
            Kind::Tree => "tree",
            Kind::Blob => "blob",
            Kind::Tag => "tag",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        match name {
            b"commit" => Some(Kind::Commit),
            b"tree" => Some(Kind::Tree),
            b"blob" => Some(Kind::Blob),
            b"tag" => Some(Kind::Tag),
            _ => None,
        }
    }
}

/// A whole object in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its kind.
    pub kind: Kind,
    /// Its content, without the header.
    pub data: Vec<u8>,
}
