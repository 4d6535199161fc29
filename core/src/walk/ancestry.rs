//! Whether one commit is in the history of another.

use super::{
    WalkError,
    marks::{Flags, Mark, Marks},
    read,
};
use crate::{object::ObjectId, odb::Objects, store::Store};
use alloc::{collections::BinaryHeap, vec::Vec};

/// Whether `ancestor` is `descendant` or is reachable from it. Both are commits.
///
/// Right however wrong the dates of commits are; reads what is in the history of one of the two
/// and not of the other, and little more.
///
/// # Errors
/// A commit is missing, is no commit or is malformed.
pub async fn is_ancestor<S: Store>(
    objects: &Objects<S>,
    ancestor: &ObjectId,
    descendant: &ObjectId,
) -> Result<bool, WalkError> {
    if ancestor == descendant {
        return Ok(true);
    }
    let mut walk =
        Painting { objects, marks: Marks::new(), parents: Vec::new(), queue: BinaryHeap::new() };
    walk.paint(ancestor, ABOVE).await?;
    walk.paint(descendant, BELOW).await?;
    let target = walk.marks.set(ancestor, Flags::NONE).0;
    // Once all that is left is in both histories, nothing can lead from the one to the other.
    while walk.queue.iter().any(|&(_, mark)| !is_common(walk.marks.flags(mark))) {
        let Some((_, mark)) = walk.queue.pop() else { break };
        let paint = walk.marks.flags(mark);
        for parent in walk.parents.get(mark as usize).cloned().unwrap_or_default() {
            walk.paint(&parent, paint).await?;
        }
        if walk.marks.flags(target).has(BELOW) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// In the history of the one that may be the ancestor.
const ABOVE: Flags = Flags::OLD;
/// In the history of the one that may be the descendant.
const BELOW: Flags = Flags::NEW;

struct Painting<'w, S> {
    objects: &'w Objects<S>,
    marks: Marks,
    /// By mark.
    parents: Vec<Vec<ObjectId>>,
    /// What was painted and did not pass that on yet, by date.
    queue: BinaryHeap<(u64, Mark)>,
}

impl<S: Store> Painting<'_, S> {
    async fn paint(&mut self, id: &ObjectId, paint: Flags) -> Result<(), WalkError> {
        let (mark, before) = self.marks.set(id, paint);
        if before.has(paint) {
            return Ok(());
        }
        let links = read::commit(self.objects, id).await?;
        self.parents.resize_with(self.marks.len() as usize, Vec::new);
        if let Some(parents) = self.parents.get_mut(mark as usize) {
            *parents = links.parents;
        }
        self.queue.push((links.date_s, mark));
        Ok(())
    }
}

fn is_common(flags: Flags) -> bool {
    flags.has(ABOVE) && flags.has(BELOW)
}
