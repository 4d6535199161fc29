//! The gate that every object of an incoming pack passes: named by its hash, and well-formed.

use super::{IncomingError, nesting::Nesting, record::Record};
use crate::{
    hash::checked_object_id,
    object::{self, Commit, Kind, ObjectId, Tag, tree},
    walk::{Flags, Mark, Marks},
};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};

/// Of how many different ids it is remembered that objects of a pack name them.
const MOST_LINKS: u32 = 1 << 19;
/// Of how many objects it is remembered what is wrong with them.
const MOST_NOTED: usize = 1000;

/// Names objects and remembers what they name in turn.
///
/// When all that the objects of a pack name is in the pack too, everything that can be reached from
/// one of them is stored, and nobody need walk there: see [`Gate::is_closed`].
#[derive(Debug, Default)]
pub(super) struct Gate {
    links: Marks,
    nesting: Nesting,
    is_blurred: bool,
    /// Those that are not well-formed, where they pass all the same.
    noted: Option<Vec<(ObjectId, String)>>,
}

impl Gate {
    /// A gate that lets pass what is not well-formed, and takes note of it.
    pub fn that_notes() -> Self {
        Self { is_blurred: true, noted: Some(Vec::new()), ..Self::default() }
    }

    /// The objects that were not well-formed, and why, up to some number.
    pub fn noted(&mut self) -> Vec<(ObjectId, String)> {
        self.noted.take().unwrap_or_default()
    }

    /// Names an object that is whole in memory.
    ///
    /// # Errors
    /// `Collision`: it was forged. `Invalid`: it breaks a rule of its kind.
    pub fn admit(&mut self, kind: Kind, data: &[u8]) -> Result<ObjectId, IncomingError> {
        let id = checked_object_id(kind, data)?;
        let mut outcome = object::verify(kind, data);
        if outcome.is_ok() && !self.is_blurred {
            outcome = self.follow(&id, kind, data);
        }
        match (outcome, &mut self.noted) {
            (Ok(()), _) => Ok(id),
            (Err(error), None) => Err(IncomingError::Invalid { id, reason: error.to_string() }),
            (Err(error), Some(noted)) => {
                if noted.len() < MOST_NOTED {
                    noted.push((id, error.to_string()));
                }
                Ok(id)
            }
        }
    }

    /// Whether all that the objects name is among them, and is of the kind that it is named as.
    ///
    /// False also when that is not known. `sorted`: all that passed the gate, each once.
    ///
    /// # Errors
    /// `NestedTooDeep`: a tree is in more than `tree_depth` others.
    pub fn is_closed(&self, sorted: &[Record], tree_depth: u32) -> Result<bool, IncomingError> {
        let is_within = self.nesting.is_within(tree_depth, self.links.len());
        if is_within == Some(false) {
            return Err(IncomingError::NestedTooDeep { limit: tree_depth });
        }
        if self.is_blurred || is_within.is_none() {
            return Ok(false);
        }
        let is_met = |record: &&Record| {
            let named_as = self.links.flags_of(&record.id).kind();
            named_as.is_some() && named_as == record.kind()
        };
        Ok(sorted.iter().filter(is_met).count() == self.links.len() as usize)
    }

    fn follow(&mut self, id: &ObjectId, kind: Kind, data: &[u8]) -> Result<(), object::Malformed> {
        match kind {
            Kind::Blob => {}
            Kind::Tree => {
                let tree = self.link(id, Kind::Tree);
                for entry in tree::entries(data) {
                    let entry = entry?;
                    // What a gitlink names is in another repository.
                    let Some(kind) = entry.mode.kind() else { continue };
                    let entry = self.link(&entry.id, kind);
                    if let (Kind::Tree, Some(tree), Some(entry)) = (kind, tree, entry) {
                        self.nesting.add(tree, entry);
                    }
                }
            }
            Kind::Commit => {
                let commit = Commit::parse(data)?;
                self.link(&commit.tree, Kind::Tree);
                for parent in &commit.parents {
                    self.link(parent, Kind::Commit);
                }
            }
            Kind::Tag => {
                let tag = Tag::parse(data)?;
                self.link(&tag.target, tag.target_kind);
            }
        }
        Ok(())
    }

    /// The mark of an object that is to be there; `None` for the empty tree, which always is.
    fn link(&mut self, id: &ObjectId, kind: Kind) -> Option<Mark> {
        if *id == ObjectId::EMPTY_TREE {
            return None;
        }
        let (mark, before) = self.links.set(id, Flags::of_kind(kind));
        let is_other = before.kind().is_some_and(|before| before != kind);
        self.is_blurred |= is_other || self.links.len() > MOST_LINKS;
        Some(mark)
    }
}
