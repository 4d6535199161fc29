//! Finding files and directories of a revision.

use super::{
    FileError,
    entry::{entry_in, names},
    revision::{parsed, peel_to, resolve},
};
use crate::{
    object::{Kind, Mode, ObjectId, tree},
    odb::Objects,
    repository::Repository,
    store::Store,
};
use alloc::{string::String, vec::Vec};

/// What lies at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// The blob or tree; for a submodule, the other repository's commit.
    pub id: ObjectId,
    /// Its mode; that of the root is a directory's.
    pub mode: Mode,
    /// Length of the content, in bytes; of a directory or a submodule, 0.
    pub size_bytes: u64,
}

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, in whatever encoding it was made.
    pub name: Vec<u8>,
    /// What it is.
    pub mode: Mode,
    /// The blob or tree; for a submodule, the other repository's commit.
    pub id: ObjectId,
}

/// Looks at what lies at a path of a revision.
///
/// `path`: names between slashes; empty for the root.
///
/// # Errors
/// `NoPath`; those of [`resolve`](super::resolve()).
pub async fn stat<S: Store + Clone>(
    repository: &Repository<S>,
    revision: &str,
    path: &[u8],
) -> Result<Stat, FileError> {
    let (mode, id) = find(repository, revision, path).await?;
    let size_bytes = match mode.kind() {
        Some(Kind::Blob) => repository.objects.header(&id).await?.1,
        _ => 0,
    };
    Ok(Stat { id, mode, size_bytes })
}

/// Lists a directory of a revision, in git's order.
///
/// `path`: names between slashes; empty for the root.
///
/// # Errors
/// `NoPath`, `NotADirectory`, `IsASubmodule`; those of [`resolve`](super::resolve()).
pub async fn list<S: Store + Clone>(
    repository: &Repository<S>,
    revision: &str,
    path: &[u8],
) -> Result<Vec<Entry>, FileError> {
    let (mode, id) = find(repository, revision, path).await?;
    let data = read_tree(&repository.objects, path, mode, id).await?;
    tree::entries(&data)
        .map(|entry| {
            let entry = parsed(id, entry)?;
            Ok(Entry { name: entry.name.to_vec(), mode: entry.mode, id: entry.id })
        })
        .collect()
}

/// The mode and id of what lies at a path.
pub(super) async fn find<S: Store + Clone>(
    repository: &Repository<S>,
    revision: &str,
    path: &[u8],
) -> Result<(Mode, ObjectId), FileError> {
    let objects = &repository.objects;
    let id = resolve(repository, revision).await?;
    let (root, object) = peel_to(objects, revision, id, Kind::Tree).await?;
    let mut found = (Mode::TREE, root);
    let mut data = Some(object.data);
    for name in names(path) {
        let (mode, id) = found;
        let data = match data.take() {
            Some(data) => data,
            None => read_tree(objects, path, mode, id).await?,
        };
        found = entry_in(id, &data, name)?
            .ok_or_else(|| FileError::NoPath { path: text(path), revision: revision.into() })?;
    }
    Ok(found)
}

/// A path in an error's message.
pub(super) fn text(path: &[u8]) -> String {
    match names(path).next() {
        Some(_) => String::from_utf8_lossy(path).into_owned(),
        None => "the root".into(),
    }
}

async fn read_tree<S: Store>(
    objects: &Objects<S>,
    path: &[u8],
    mode: Mode,
    id: ObjectId,
) -> Result<Vec<u8>, FileError> {
    match mode.kind() {
        Some(Kind::Tree) => Ok(peel_to(objects, &text(path), id, Kind::Tree).await?.1.data),
        None => Err(FileError::IsASubmodule { path: text(path), id }),
        Some(_) => Err(FileError::NotADirectory { path: text(path) }),
    }
}
