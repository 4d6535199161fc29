//! Whether objects are reachable at all.

use super::{
    Filter, READS_IN_FLIGHT, Selection, Selector, WalkError,
    marks::{Flags, Marks},
    read,
};
use crate::{
    at_once::join_all,
    object::{Kind, ObjectId},
    odb::Objects,
    store::Store,
};
use alloc::vec::Vec;

/// The first of `wanted` that none of `tips` leads to.
///
/// `tips`: objects of any kind. Looks at history alone as long as commits are wanted; for anything
/// else at all trees too.
pub(crate) async fn unreachable<S: Store>(
    objects: &Objects<S>,
    tips: &[ObjectId],
    wanted: &[ObjectId],
) -> Result<Option<ObjectId>, WalkError> {
    let mut others = Vec::new();
    let mut commits = Vec::new();
    for ids in wanted.chunks(READS_IN_FLIGHT) {
        let headers = join_all(ids.iter().map(|id| objects.header(id))).await;
        for (id, header) in ids.iter().zip(headers) {
            let side = if header?.0 == Kind::Commit { &mut commits } else { &mut others };
            side.push(*id);
        }
    }
    if let Some(id) = unreachable_commit(objects, tips, &commits).await? {
        return Ok(Some(id));
    }
    if others.is_empty() {
        return Ok(None);
    }
    let filter = Filter::default();
    let selection = Selection { wants: tips, haves: &[], shallow: None, filter: &filter };
    let mut selector = Selector::new(objects, selection).await?;
    others.retain(|id| !selector.has_found(id));
    while !others.is_empty() && selector.advance().await? {
        others.retain(|id| !selector.has_found(id));
    }
    Ok(others.first().copied())
}

async fn unreachable_commit<S: Store>(
    objects: &Objects<S>,
    tips: &[ObjectId],
    wanted: &[ObjectId],
) -> Result<Option<ObjectId>, WalkError> {
    let mut left: Vec<ObjectId> = wanted.to_vec();
    let mut seen = Marks::new();
    let mut pending = Vec::new();
    for ids in tips.chunks(READS_IN_FLIGHT) {
        if left.is_empty() {
            return Ok(None);
        }
        for peeled in join_all(ids.iter().map(|id| read::peel(objects, id))).await {
            if let (id, Kind::Commit) = peeled? {
                pending.push(id);
            }
        }
    }
    pending.retain(|id| !seen.set(id, Flags::NEW).1.has(Flags::NEW));
    while !left.is_empty() && !pending.is_empty() {
        let some = pending.split_off(pending.len().saturating_sub(READS_IN_FLIGHT));
        left.retain(|id| !some.contains(id));
        for links in join_all(some.iter().map(|id| read::commit(objects, id))).await {
            let parents = links?.parents;
            let is_first = |id: &ObjectId| !seen.set(id, Flags::NEW).1.has(Flags::NEW);
            pending.extend(parents.into_iter().filter(is_first));
        }
    }
    Ok(left.first().copied())
}
