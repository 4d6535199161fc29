//! What the commits of a history have at one path.

use crate::{
    files::{Found, entry_in, read_tree},
    object::{Mode, ObjectId},
    odb::{Objects, ReadError},
    store::Store,
};
use alloc::vec::Vec;

/// What lies at a path of a tree, and at each directory on the way, from the root on. It ends where
/// nothing is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain(Vec<Found>);

impl Chain {
    /// Reads those trees on the way that `like` does not have at the same place.
    ///
    /// `path`: its names.
    pub(super) async fn read<S: Store>(
        objects: &Objects<S>,
        root: ObjectId,
        path: &[&[u8]],
        like: Option<&Chain>,
    ) -> Result<Self, ReadError> {
        let mut at = (Mode::TREE, root);
        let mut found = Vec::from([at]);
        for name in path {
            let depth = found.len() - 1;
            if let Some(like) = like
                && like.0.get(depth) == Some(&at)
            {
                found.extend_from_slice(like.0.get(depth + 1..).unwrap_or_default());
                break;
            }
            if !at.0.is_tree() {
                break;
            }
            let data = read_tree(objects, at.1).await?;
            match entry_in(at.1, &data, name)? {
                Some(entry) => at = entry,
                None => break,
            }
            found.push(at);
        }
        Ok(Self(found))
    }

    /// What lies at the path.
    pub(super) fn end(&self, path: &[&[u8]]) -> Option<Found> {
        self.0.get(path.len()).copied()
    }
}
