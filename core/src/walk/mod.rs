//! History, reachability, connectivity.

mod ancestry;
mod commits;
pub mod connectivity;
mod filter;
mod marks;
mod objects;
mod reach;
mod read;
mod select;
#[cfg(test)]
mod tests;

pub use ancestry::is_ancestor;
pub(crate) use commits::{History, HistoryWalk, Tips};
pub use filter::{Filter, InvalidFilter};
pub(crate) use marks::{Flags, Mark, Marks};
pub(crate) use objects::{Found, ObjectWalk};
pub(crate) use reach::unreachable;
pub(crate) use read::{commit as read_links, peel, tag as tag_target};
pub(crate) use select::{Selection, Selector};

use crate::{
    object::{Kind, Malformed, ObjectId},
    odb::ReadError,
};

/// How many objects are read at once.
const READS_IN_FLIGHT: usize = 32;
/// A walk that has read so many objects will read many more: from then on idx files are held whole.
pub(crate) const OBJECTS_BEFORE_INDEXES: u32 = 256;

/// Why a walk could not go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WalkError {
    /// An object cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An object is not of the kind that another names it as.
    #[error("object {id} is named as a {} but is a {}", expected.as_str(), found.as_str())]
    Kind {
        /// The object.
        id: ObjectId,
        /// What it is named as.
        expected: Kind,
        /// What it is, or is named as elsewhere.
        found: Kind,
    },
    /// An object has not the form of its kind.
    #[error("object {id}: {what}")]
    Malformed {
        /// The object.
        id: ObjectId,
        /// What is wrong with it.
        what: Malformed,
    },
    /// Trees are nested too deep.
    #[error("trees are nested deeper than {limit}")]
    TooDeep {
        /// The deepest nesting that is accepted.
        limit: u32,
    },
}
