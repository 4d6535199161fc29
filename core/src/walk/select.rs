//! The objects that one side wants and does not have.

use super::{
    Filter, Found, History, HistoryWalk, ObjectWalk, READS_IN_FLIGHT, Tips, WalkError, read,
};
use crate::{
    at_once::join_all,
    object::{Kind, ObjectId},
    odb::Objects,
    sorted::BTreeSet,
    store::Store,
};
use alloc::vec::Vec;

/// What is wanted and what is there.
#[derive(Clone, Debug)]
pub(crate) struct Selection<'a> {
    /// The objects wanted, of any kind, with all that they lead to.
    pub(crate) wants: &'a [ObjectId],
    /// Commits, or tags that lead to some, that the other side has with all that they lead to.
    pub(crate) haves: &'a [ObjectId],
    /// Commits that are taken to have no parents, on both sides.
    pub(crate) shallow: Option<&'a BTreeSet<ObjectId>>,
    /// What is left out.
    pub(crate) filter: &'a Filter,
}

/// A selection being made. History is walked at the start, trees as it advances.
pub(crate) struct Selector<'s, S> {
    walk: ObjectWalk<'s, S>,
}

impl<'s, S: Store> Selector<'s, S> {
    /// Follows the wants to commits and these through history.
    ///
    /// # Errors
    /// Something wanted is missing, malformed or not of the kind it is named as.
    pub(crate) async fn new(
        objects: &'s Objects<S>,
        selection: Selection<'s>,
    ) -> Result<Self, WalkError> {
        let mut walk = ObjectWalk::new(objects, selection.filter);
        for id in selection.haves {
            walk.add_old(id);
        }
        let (commits, trees) = peel_wants(objects, &selection, &mut walk).await?;
        let tips =
            Tips { new: &commits, old: selection.haves, shallow: selection.shallow, since_s: None };
        let history = HistoryWalk::new(objects, tips).await?.finish().await?;
        add_history(objects, &selection, &history, &mut walk).await?;
        for id in &trees {
            walk.add_tree(id)?;
        }
        Ok(Self { walk })
    }

    /// How many objects were found so far.
    pub(crate) fn found(&self) -> usize {
        self.walk.found()
    }

    /// Reads some trees; false when there are none left.
    pub(crate) async fn advance(&mut self) -> Result<bool, WalkError> {
        self.walk.advance().await
    }

    /// Adds an object to what is found, such as a tag that leads to an object found.
    pub(crate) fn add(&mut self, id: &ObjectId, kind: Kind) {
        self.walk.add(id, kind);
    }

    /// Whether an object is among what was found.
    pub(crate) fn has_found(&self, id: &ObjectId) -> bool {
        self.walk.has_found(id)
    }

    /// What was found, without the blobs that the filter finds too large.
    ///
    /// # Errors
    /// A blob whose size matters is missing or damaged.
    pub(crate) async fn finish(self) -> Result<Found, WalkError> {
        self.walk.finish().await
    }
}

/// Adds what is wanted by name and follows tags. Returns the commits and the trees.
async fn peel_wants<S: Store>(
    objects: &Objects<S>,
    selection: &Selection<'_>,
    walk: &mut ObjectWalk<'_, S>,
) -> Result<(Vec<ObjectId>, Vec<ObjectId>), WalkError> {
    let haves: BTreeSet<&ObjectId> = selection.haves.iter().collect();
    let wants: Vec<ObjectId> =
        selection.wants.iter().filter(|id| !haves.contains(id)).copied().collect();
    let mut commits = Vec::new();
    let mut trees = Vec::new();
    for ids in wants.chunks(READS_IN_FLIGHT) {
        let headers = join_all(ids.iter().map(|id| objects.header(id))).await;
        for (id, header) in ids.iter().zip(headers) {
            let (mut kind, _) = header?;
            let mut id = *id;
            walk.name(&id);
            while kind == Kind::Tag && !haves.contains(&id) {
                walk.add(&id, kind);
                (kind, id) = read::tag(objects, &id).await?;
                // Git takes what a wanted tag names for wanted by name too.
                walk.name(&id);
                // All others are read, and must be what they are named as then.
                if kind == Kind::Blob {
                    read::demand_blob(objects, &id).await?;
                }
            }
            match kind {
                Kind::Commit => commits.push(id),
                Kind::Tree => trees.push(id),
                Kind::Blob => walk.add(&id, kind),
                Kind::Tag => {}
            }
        }
    }
    Ok((commits, trees))
}

/// Adds the new commits with their trees, and the trees of the old commits next to them.
async fn add_history<S: Store>(
    objects: &Objects<S>,
    selection: &Selection<'_>,
    history: &History,
    walk: &mut ObjectWalk<'_, S>,
) -> Result<(), WalkError> {
    for id in history.new_commits() {
        walk.add(&id, Kind::Commit);
    }
    for id in history.new_trees() {
        walk.add_commit_tree(&id)?;
    }
    if history.is_without_new() || !selection.filter.may_keep_entries(1) {
        return Ok(());
    }
    for ids in history.boundary().chunks(READS_IN_FLIGHT) {
        let commits = join_all(ids.iter().map(|id| read::commit(objects, id))).await;
        for (id, links) in ids.iter().zip(commits) {
            walk.add_old(id);
            // What is old need not be there.
            if let Ok(links) = links {
                walk.add_old_tree(&links.tree);
            }
        }
    }
    Ok(())
}
