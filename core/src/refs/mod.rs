//! Ref names, loose and packed refs, `HEAD`, and moving refs by compare-and-swap.
//!
//! A ref's value is its loose file, or else its line in `packed-refs`. Readers look at the loose file
//! first and at `packed-refs` after it, as git does: who packs refs writes `packed-refs` before it
//! removes the loose file, so one of the two always shows the value.

mod error;
mod first;
mod list;
mod loose;
mod name;
mod pack;
mod packed;
mod peel;
mod read;
mod update;

pub use error::RefError;
pub use list::Listing;
pub(crate) use list::LooseFile;
pub use name::{InvalidRefName, RefName};
pub use peel::peel;

use crate::{object::ObjectId, repository::Layout, store::Store};

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
    store: S,
    layout: Layout,
}

impl<S: Store> Refs<S> {
    /// The refs of the repository at `layout`. Makes no request.
    pub fn new(store: S, layout: Layout) -> Self {
        Self { store, layout }
    }
}
