//! Why an incoming pack is not accepted.

use crate::{
    exchange::ExchangeError, hash::Collision, object::ObjectId, odb::ReadError, store::StoreError,
};
use alloc::string::String;

/// Why an incoming pack was not stored. Nothing of it is left in the store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IncomingError {
    /// The stream ended inside the pack.
    #[error("the pack ends too early, after {offset} bytes")]
    Truncated {
        /// How much of it made sense.
        offset: u64,
    },
    /// Not a pack, or damaged.
    #[error("the pack is corrupt at byte {offset}: {reason}")]
    Malformed {
        /// Where, in bytes from the beginning of the pack; of an entry, its beginning.
        offset: u64,
        /// What is wrong there.
        reason: String,
    },
    /// The pack's trailer is not its hash.
    #[error("the pack's checksum is wrong: its bytes give {computed}")]
    Checksum {
        /// What the trailer should be.
        computed: ObjectId,
    },
    /// The pack has more bytes than is accepted.
    #[error("the pack is larger than the limit of {limit_bytes} bytes")]
    PackTooLarge {
        /// The bound.
        limit_bytes: u64,
    },
    /// The pack has more objects than is accepted.
    #[error("the pack has {objects} objects, over the limit of {limit}")]
    TooManyObjects {
        /// How many it declares.
        objects: u32,
        /// The bound.
        limit: u32,
    },
    /// An object has more bytes than is accepted.
    #[error(
        "the object at byte {offset} of the pack has {size_bytes} bytes, \
         over the limit of {limit_bytes} for {what}"
    )]
    ObjectTooLarge {
        /// Where its entry begins.
        offset: u64,
        /// How many it declares.
        size_bytes: u64,
        /// The bound.
        limit_bytes: u64,
        /// For what there is this bound, in the plural.
        what: &'static str,
    },
    /// A chain of deltas is longer than is accepted.
    #[error("the object at byte {offset} of the pack has a chain of more than {limit} deltas")]
    TooDeep {
        /// Where its entry begins.
        offset: u64,
        /// The bound.
        limit: u32,
    },
    /// A tree is in more trees, each in the next, than is accepted.
    #[error(
        "trees in the pack are nested more than {limit} deep, which is the most that git reads"
    )]
    NestedTooDeep {
        /// The bound.
        limit: u32,
    },
    /// A delta's base is nowhere.
    #[error(
        "delta base {base} is missing: \
         it is not in the repository, and nothing in the pack makes it"
    )]
    MissingBase {
        /// The base.
        base: ObjectId,
    },
    /// An object is not well-formed.
    #[error("object {id} is not valid: {reason}")]
    Invalid {
        /// The object.
        id: ObjectId,
        /// The rule that it breaks.
        reason: String,
    },
    /// An object is twice in the pack.
    #[error("object {id} is twice in the pack")]
    Duplicate {
        /// The object.
        id: ObjectId,
    },
    /// An object was forged.
    #[error(transparent)]
    Collision(#[from] Collision),
    /// The base of a delta could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The stream broke.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
