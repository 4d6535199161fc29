//! The check before a ref moves: is everything stored that its new value leads to?

use super::{Filter, OBJECTS_BEFORE_INDEXES, Selection, Selector, WalkError};
use crate::{
    at_once::join_all,
    object::{Kind, ObjectId},
    odb::{Objects, ReadError},
    sort,
    store::Store,
};
use alloc::vec::Vec;

/// How many objects are looked up at once.
const LOOKUPS_IN_FLIGHT: usize = 32;

/// Checks that all that is reachable from the new tips is stored, as far as it is not reachable
/// from the old ones, which are taken to be connected.
///
/// `new`: objects of any kind. `old`: what the refs name now; not read unless the new history goes
/// past them. New commits, trees and tags are read and must be what they are named as; blobs are
/// only looked up.
///
/// # Errors
/// See [`Disconnected`].
pub async fn check<S: Store>(
    objects: &Objects<S>,
    new: &[ObjectId],
    old: &[ObjectId],
) -> Result<(), Disconnected> {
    let filter = Filter::default();
    let selection = Selection { wants: new, haves: old, shallow: None, filter: &filter };
    let mut selector = Selector::new(objects, selection).await?;
    while selector.advance().await? {}
    let found = selector.finish().await?;
    let mut blobs: Vec<ObjectId> = found
        .found
        .iter()
        .filter(|&&mark| found.marks.flags(mark).kind() == Some(Kind::Blob))
        .map(|&mark| found.marks.id(mark))
        .collect();
    // Neighbours lie together in an idx.
    sort::unstable(&mut blobs);
    if blobs.len() >= OBJECTS_BEFORE_INDEXES as usize {
        objects.hold_indexes().await.map_err(WalkError::from)?;
    }
    for ids in blobs.chunks(LOOKUPS_IN_FLIGHT) {
        for (id, location) in
            ids.iter().zip(join_all(ids.iter().map(|id| objects.locate(id))).await)
        {
            if location.map_err(WalkError::from)?.is_none() {
                return Err(Disconnected::Missing { id: *id });
            }
        }
    }
    Ok(())
}

/// Why a ref must not move to a new tip.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Disconnected {
    /// An object that the new tips lead to is not stored.
    #[error("object {id} is missing")]
    Missing {
        /// The object.
        id: ObjectId,
    },
    /// An object that the new tips lead to is not what it should be.
    #[error(transparent)]
    Wrong(WalkError),
    /// The check could not be made: the store failed or is damaged.
    #[error(transparent)]
    Read(ReadError),
}

impl From<WalkError> for Disconnected {
    fn from(error: WalkError) -> Self {
        match error {
            WalkError::Read(ReadError::Missing { id }) => Disconnected::Missing { id },
            WalkError::Read(error) => Disconnected::Read(error),
            error => Disconnected::Wrong(error),
        }
    }
}
