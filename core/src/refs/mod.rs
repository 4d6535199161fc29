//! Ref names, loose and packed refs, `HEAD`, and moving refs by compare-and-swap.

mod name;

pub use name::{InvalidRefName, RefName};

use crate::{
    object::ObjectId,
    repository::Layout,
    store::{Store, StoreError},
};
use alloc::{string::String, vec::Vec};

/// A ref and the object that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ref {
    /// Full name.
    pub name: RefName,
    /// The object that it names; for a symbolic ref, the one its target names.
    pub id: ObjectId,
    /// What its chain of annotated tags leads to.
    pub peeled: Peeled,
    /// For a symbolic ref: the ref at the end of the chain.
    pub symbolic: Option<RefName>,
}

/// What is known of the object at the end of a ref's chain of annotated tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peeled {
    /// The ref names no tag, so there is nothing to peel.
    NoTag,
    /// The first object in the chain that is no tag.
    To(ObjectId),
    /// Not known without reading the object.
    Unknown,
}

/// What `HEAD` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// It follows this branch, which may not exist yet.
    Symbolic(RefName),
    /// It names a commit.
    Detached(ObjectId),
}

/// A demanded change of one ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefUpdate {
    /// The ref.
    pub name: RefName,
    /// What it must be now.
    pub old: OldValue,
    /// What it is to be; `None` deletes it.
    pub new: Option<ObjectId>,
}

/// What a ref must be for its update to go ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldValue {
    /// Whatever it is.
    Any,
    /// It must not exist.
    Absent,
    /// It must name this object.
    Is(ObjectId),
}

/// The refs of one repository.
#[derive(Clone, Debug)]
pub struct Refs<S> {
    #[expect(dead_code)]
    store: S,
    #[expect(dead_code)]
    layout: Layout,
}

impl<S: Store> Refs<S> {
    /// The refs of the repository at `layout`. Makes no request.
    pub fn new(store: S, layout: Layout) -> Self {
        Self { store, layout }
    }

    /// Reads `HEAD`; `None` when there is no repository.
    pub async fn head(&self) -> Result<Option<Head>, RefError> {
        todo!()
    }

    /// Makes `HEAD` follow a branch or name a commit.
    pub async fn set_head(&self, _head: &Head) -> Result<(), RefError> {
        todo!()
    }

    /// Reads one ref, loose or packed, following symbolic refs; `HEAD` too.
    pub async fn find(&self, _name: &RefName) -> Result<Option<Ref>, RefError> {
        todo!()
    }

    /// All refs below `refs/` whose names start with one of `prefixes` (all, if there are none),
    /// sorted by name. `peeled` is filled from `packed-refs` only.
    pub async fn list(&self, _prefixes: &[&str]) -> Result<Vec<Ref>, RefError> {
        todo!()
    }

    /// Applies the updates, each by compare-and-swap, and says of each whether it went ahead.
    ///
    /// The outcomes are in the order of the updates. Refs move in parallel; one that fails does not
    /// keep back the others. The caller has checked that the objects are there.
    pub async fn update(&self, _updates: &[RefUpdate]) -> Vec<Result<(), RefError>> {
        todo!()
    }
}

/// Why a ref could not be read or moved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefError {
    /// It is not what the update expected: fetch first.
    #[error("{name} is not what was expected: another writer moved it")]
    Stale {
        /// The ref.
        name: String,
    },
    /// Another ref's name is in the way: `a` and `a/b` cannot both be.
    #[error("{name} cannot be created: {other} exists")]
    NameConflict {
        /// The ref.
        name: String,
        /// The ref that is in its way.
        other: String,
    },
    /// What is stored is not a ref.
    #[error("{key} is corrupt: {reason}")]
    Corrupt {
        /// The file's key.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Not a ref name.
    #[error(transparent)]
    InvalidName(#[from] InvalidRefName),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
