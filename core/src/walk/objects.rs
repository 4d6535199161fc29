//! The walk over trees: the objects that new commits bring and old ones do not have.

use super::{
    OBJECTS_BEFORE_INDEXES, READS_IN_FLIGHT, WalkError,
    filter::Filter,
    marks::{Flags, Mark, Marks},
    read,
};
use crate::{
    at_once::join_all,
    object::{Kind, ObjectId, tree},
    odb::Objects,
    sort,
    sorted::BTreeMap,
    store::Store,
};
use alloc::{vec, vec::Vec};

/// A walk over trees, a depth at a time, all trees at one path together.
///
/// At each path the old trees are read before the new ones, so that what they hold is not found to
/// be new; and only at paths where there are new trees, so that the cost is in proportion to what
/// changed. What moved to where no old tree was read may be found although the other side has it.
pub(crate) struct ObjectWalk<'w, S> {
    objects: &'w Objects<S>,
    filter: &'w Filter,
    marks: Marks,
    found: Vec<Mark>,
    /// Of the trees in `paths`.
    depth: u64,
    paths: Vec<Path>,
    /// The paths below those, as far as they are known.
    below: Vec<Path>,
    /// Index into `below` of what has no old trees beside it.
    below_apart: Option<usize>,
    stage: Stage,
    /// How many paths, and trees of the next one, this stage is done with.
    at: (usize, usize),
    trees_read: u32,
    has_indexes: bool,
}

/// The trees that were found at one path.
#[derive(Debug, Default)]
struct Path {
    old: Vec<Mark>,
    new: Vec<Mark>,
    /// The paths below that have old trees: name and index into `below`.
    names: BTreeMap<Vec<u8>, usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Old,
    New,
}

impl<'w, S: Store> ObjectWalk<'w, S> {
    /// Begins a walk that leaves out what `filter` says.
    pub(crate) fn new(objects: &'w Objects<S>, filter: &'w Filter) -> Self {
        Self {
            objects,
            filter,
            marks: Marks::new(),
            found: Vec::new(),
            depth: 0,
            paths: vec![Path::default()],
            below: Vec::new(),
            below_apart: None,
            stage: Stage::Old,
            at: (0, 0),
            trees_read: 0,
            has_indexes: false,
        }
    }

    /// Adds an object that is neither read nor walked: a commit, a tag or a single blob.
    pub(crate) fn add(&mut self, id: &ObjectId, kind: Kind) {
        let (mark, before) = self.marks.set(id, Flags::NEW.with(Flags::of_kind(kind)));
        if !before.has(Flags::NEW) && (before.has(Flags::NAMED) || self.keeps(kind)) {
            self.found.push(mark);
        }
    }

    /// Says that an object was asked for by name: no filter leaves it out. Before it is added.
    pub(crate) fn name(&mut self, id: &ObjectId) {
        self.marks.set(id, Flags::NAMED);
    }

    /// Adds the tree of a new commit. Before the walk begins, and before [`Self::add_tree`]: that a
    /// commit leads to it counts more than that it was asked for by name, as with git.
    pub(crate) fn add_commit_tree(&mut self, id: &ObjectId) -> Result<(), WalkError> {
        self.add_root(id, Flags::NONE)
    }

    /// Adds a tree that was asked for. Before the walk begins.
    pub(crate) fn add_tree(&mut self, id: &ObjectId) -> Result<(), WalkError> {
        self.add_root(id, Flags::NAMED)
    }

    fn add_root(&mut self, id: &ObjectId, heeded: Flags) -> Result<(), WalkError> {
        let kind = self.marks.flags_of(id).kind().unwrap_or(Kind::Tree);
        if kind != Kind::Tree {
            return Err(WalkError::Kind { id: *id, expected: Kind::Tree, found: kind });
        }
        let (mark, before) = self.marks.set(id, Flags::NEW.with(Flags::of_kind(Kind::Tree)));
        if before.has(Flags::NEW) {
            return Ok(());
        }
        let is_named = heeded == Flags::NAMED && before.has(Flags::NAMED);
        if is_named || (self.keeps(Kind::Tree) && !self.filter.leaves_out_depth(0)) {
            self.found.push(mark);
        }
        if self.filter.may_keep_entries(1)
            && let Some(root) = self.paths.first_mut()
        {
            root.new.push(mark);
        }
        Ok(())
    }

    /// Adds an object that the other side has, without what it leads to.
    pub(crate) fn add_old(&mut self, id: &ObjectId) {
        self.marks.set(id, Flags::OLD);
    }

    /// Adds a tree that the other side has with all that it holds. Before the walk begins.
    pub(crate) fn add_old_tree(&mut self, id: &ObjectId) {
        let (mark, before) = self.marks.set(id, Flags::OLD);
        if !before.has(Flags::OLD)
            && let Some(root) = self.paths.first_mut()
        {
            root.old.push(mark);
        }
    }

    /// How many objects were found so far.
    pub(crate) fn found(&self) -> usize {
        self.found.len()
    }

    /// Reads some trees; false when there are none left.
    ///
    /// # Errors
    /// A new tree is missing or malformed, or is no tree; an object is named as two kinds.
    pub(crate) async fn advance(&mut self) -> Result<bool, WalkError> {
        let batch = self.next_batch();
        if batch.is_empty() {
            return self.next_stage();
        }
        self.trees_read = self.trees_read.saturating_add(batch.len() as u32);
        if self.trees_read >= OBJECTS_BEFORE_INDEXES && !self.has_indexes {
            self.has_indexes = true;
            self.objects.hold_indexes().await?;
        }
        let ids: Vec<ObjectId> = batch.iter().map(|&(_, mark)| self.marks.id(mark)).collect();
        let trees = join_all(ids.iter().map(|id| read::tree(self.objects, id))).await;
        for ((&(path, _), id), data) in batch.iter().zip(&ids).zip(trees) {
            match (self.stage, data) {
                (Stage::Old, Ok(data)) => self.note_old(path, &data),
                // What is old may be partial or wrong without harm: it only hides less.
                (Stage::Old, Err(WalkError::Read(error))) if !is_absent(&error) => {
                    return Err(error.into());
                }
                (Stage::Old, Err(_)) => {}
                (Stage::New, data) => self.note_new(path, id, &data?)?,
            }
        }
        Ok(true)
    }

    /// Whether an object is among what was found.
    pub(crate) fn has_found(&self, id: &ObjectId) -> bool {
        let flags = self.marks.flags_of(id);
        flags.has(Flags::NEW) && !flags.has(Flags::OLD)
    }

    /// The new objects that the old side does not have, in no order.
    ///
    /// # Errors
    /// A blob whose size the filter asks for is missing or damaged.
    pub(crate) async fn finish(mut self) -> Result<Found, WalkError> {
        let mut found = core::mem::take(&mut self.found);
        found.retain(|&mark| !self.marks.flags(mark).has(Flags::OLD));
        if let Some(limit_bytes) = self.filter.blob_limit_bytes.filter(|&limit| limit > 0) {
            found = self.leave_out_blobs(found, limit_bytes).await?;
        }
        Ok(Found { marks: self.marks, found })
    }

    /// Leaves out blobs of this many bytes and more, other than those that were named.
    async fn leave_out_blobs(
        &self,
        found: Vec<Mark>,
        limit_bytes: u64,
    ) -> Result<Vec<Mark>, WalkError> {
        let is_asked = |mark: &Mark| {
            let flags = self.marks.flags(*mark);
            flags.kind() == Some(Kind::Blob) && !flags.has(Flags::NAMED)
        };
        let (mut blobs, mut kept): (Vec<Mark>, Vec<Mark>) = found.into_iter().partition(is_asked);
        // Neighbours lie together in an idx.
        sort::unstable_by_key(&mut blobs, |&mark| self.marks.id(mark));
        for marks in blobs.chunks(READS_IN_FLIGHT) {
            let ids: Vec<ObjectId> = marks.iter().map(|&mark| self.marks.id(mark)).collect();
            let headers = join_all(ids.iter().map(|id| self.objects.header(id))).await;
            for (&mark, header) in marks.iter().zip(headers) {
                if header?.1 < limit_bytes {
                    kept.push(mark);
                }
            }
        }
        Ok(kept)
    }

    /// The next trees of the stage that are to be read, each with its path.
    fn next_batch(&mut self) -> Vec<(usize, Mark)> {
        let mut batch = Vec::new();
        while batch.len() < READS_IN_FLIGHT {
            let (number, position) = self.at;
            let Some(path) = self.paths.get(number) else { break };
            let is_new = |&mark: &Mark| !self.marks.flags(mark).has(Flags::OLD);
            let next = match self.stage {
                // Where nothing is new any more, what is old need not be known.
                Stage::Old if path.new.iter().any(is_new) => path.old.get(position),
                Stage::Old => None,
                Stage::New => path.new.get(position),
            };
            let Some(&mark) = next else {
                self.at = (number + 1, 0);
                continue;
            };
            self.at.1 += 1;
            if self.stage == Stage::Old || is_new(&mark) {
                batch.push((number, mark));
            }
        }
        batch
    }

    /// Goes on to the new trees of this depth, or to the next depth; false at the end.
    fn next_stage(&mut self) -> Result<bool, WalkError> {
        self.at = (0, 0);
        if self.stage == Stage::Old {
            self.stage = Stage::New;
            return Ok(true);
        }
        self.stage = Stage::Old;
        self.depth += 1;
        self.below_apart = None;
        self.paths = core::mem::take(&mut self.below);
        self.paths.retain(|path| !path.new.is_empty());
        let limit = self.objects.limits().tree_depth;
        match self.paths.is_empty() {
            false if self.depth > u64::from(limit) => Err(WalkError::TooDeep { limit }),
            is_empty => Ok(!is_empty),
        }
    }

    fn note_old(&mut self, path: usize, data: &[u8]) {
        for entry in tree::entries(data).map_while(Result::ok) {
            let Some(kind) = entry.mode.kind() else { continue };
            let (mark, _) = self.marks.set(&entry.id, Flags::OLD);
            if kind != Kind::Tree {
                continue;
            }
            let Some(path) = self.paths.get_mut(path) else { continue };
            let below = match path.names.get(entry.name) {
                Some(&below) => below,
                None => {
                    self.below.push(Path::default());
                    path.names.insert(entry.name.to_vec(), self.below.len() - 1);
                    self.below.len() - 1
                }
            };
            if let Some(below) = self.below.get_mut(below)
                && below.old.last() != Some(&mark)
            {
                below.old.push(mark);
            }
        }
    }

    fn note_new(&mut self, path: usize, id: &ObjectId, data: &[u8]) -> Result<(), WalkError> {
        let depth = self.depth + 1;
        for entry in tree::entries(data) {
            let entry = entry.map_err(|what| WalkError::Malformed { id: *id, what })?;
            let Some(kind) = entry.mode.kind() else { continue };
            let (mark, before) = self.marks.set(&entry.id, Flags::NEW.with(Flags::of_kind(kind)));
            if let Some(found) = before.kind()
                && found != kind
            {
                return Err(WalkError::Kind { id: entry.id, expected: kind, found });
            }
            if before.has(Flags::NEW) || before.has(Flags::OLD) {
                continue;
            }
            let is_kept = self.keeps(kind) && !self.filter.leaves_out_depth(depth);
            if is_kept || before.has(Flags::NAMED) {
                self.found.push(mark);
            }
            if kind == Kind::Tree && self.filter.may_keep_entries(depth + 1) {
                self.place_below(path, entry.name, mark);
            }
        }
        Ok(())
    }

    fn place_below(&mut self, path: usize, name: &[u8], mark: Mark) {
        let beside_old = self.paths.get(path).and_then(|path| path.names.get(name).copied());
        let below = beside_old.or(self.below_apart).unwrap_or_else(|| {
            self.below.push(Path::default());
            self.below_apart = Some(self.below.len() - 1);
            self.below.len() - 1
        });
        if let Some(below) = self.below.get_mut(below) {
            below.new.push(mark);
        }
    }

    fn keeps(&self, kind: Kind) -> bool {
        !self.filter.leaves_out_kind(kind)
    }
}

fn is_absent(error: &crate::odb::ReadError) -> bool {
    matches!(error, crate::odb::ReadError::Missing { .. })
}

/// What a walk found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// All objects that the walk came by; what the other side is known to have is `OLD`.
    pub(crate) marks: Marks,
    /// The objects found.
    pub(crate) found: Vec<Mark>,
}
