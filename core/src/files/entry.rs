//! Looking a path up in a tree.

use super::revision::parsed;
use crate::{
    object::{Kind, Mode, ObjectId, tree},
    odb::{Objects, ReadError},
    store::Store,
};
use alloc::{format, vec::Vec};

/// What a tree says of a path: its mode and what it names.
pub(crate) type Found = (Mode, ObjectId);

/// What lies at `path` below the tree `root`; `None` when there is nothing, or a file is in the way.
///
/// `path`: names between slashes; empty for the root.
pub(crate) async fn entry_at<S: Store>(
    objects: &Objects<S>,
    root: ObjectId,
    path: &[u8],
) -> Result<Option<Found>, ReadError> {
    let mut at = (Mode::TREE, root);
    for name in names(path) {
        if !at.0.is_tree() {
            return Ok(None);
        }
        let data = read_tree(objects, at.1).await?;
        match entry_in(at.1, &data, name)? {
            Some(found) => at = found,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}

/// The content of the tree `id`, which another object names as one.
pub(crate) async fn read_tree<S: Store>(
    objects: &Objects<S>,
    id: ObjectId,
) -> Result<Vec<u8>, ReadError> {
    let object = objects.read(&id).await?;
    if object.kind == Kind::Tree {
        return Ok(object.data);
    }
    let reason = format!("it is a {}, not a tree", object.kind.as_str());
    Err(ReadError::Corrupt { id, reason })
}

/// What the tree `id` says of a name.
pub(crate) fn entry_in(id: ObjectId, data: &[u8], name: &[u8]) -> Result<Option<Found>, ReadError> {
    for entry in tree::entries(data) {
        let entry = parsed(id, entry)?;
        if entry.name == name {
            return Ok(Some((entry.mode, entry.id)));
        }
    }
    Ok(None)
}

/// The names of a path, from the root.
pub(crate) fn names(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|name| !name.is_empty())
}

/// `prefix`, a slash if that is not empty, and `name`.
pub(crate) fn joined(prefix: &[u8], name: &[u8]) -> Vec<u8> {
    let slash: &[u8] = if prefix.is_empty() { b"" } else { b"/" };
    [prefix, slash, name].concat()
}

/// The path without slashes that mean nothing.
pub(crate) fn normal(path: &[u8]) -> Vec<u8> {
    names(path).fold(Vec::new(), |path, name| joined(&path, name))
}

/// A tree being read entry by entry.
#[derive(Debug, Default)]
pub(crate) struct TreeReader {
    id: Option<ObjectId>,
    data: Vec<u8>,
    at: usize,
}

impl TreeReader {
    /// Reads the tree; one of `None` has no entries.
    pub(crate) async fn open<S: Store>(
        objects: &Objects<S>,
        id: Option<ObjectId>,
    ) -> Result<Self, ReadError> {
        let data = match id {
            Some(id) => read_tree(objects, id).await?,
            None => Vec::new(),
        };
        Ok(Self { id, data, at: 0 })
    }

    /// The next entry, which stays the next one until [`TreeReader::skip`].
    pub(crate) fn peek(&self) -> Result<Option<tree::TreeEntry<'_>>, ReadError> {
        let rest = self.data.get(self.at..).unwrap_or_default();
        let id = self.id.unwrap_or(ObjectId::EMPTY_TREE);
        tree::entries(rest).next().map(|entry| parsed(id, entry)).transpose()
    }

    /// Goes past the next entry.
    pub(crate) fn skip(&mut self) {
        let mut entries = tree::entries(self.data.get(self.at..).unwrap_or_default());
        entries.next();
        self.at = self.data.len() - entries.rest_bytes();
    }
}
