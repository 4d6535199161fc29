//! Reading what a walk needs of an object, and no more.

use super::WalkError;
use crate::{
    object::{Commit, Kind, Object, ObjectId, Tag},
    odb::{Objects, ReadError},
    store::Store,
};
use alloc::vec::Vec;

/// What a walk needs of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommitLinks {
    pub(crate) tree: ObjectId,
    pub(crate) parents: Vec<ObjectId>,
    /// When it was committed, in seconds since 1970.
    pub(crate) date_s: u64,
}

/// Reads the links of a commit.
pub(crate) async fn commit<S: Store>(
    objects: &Objects<S>,
    id: &ObjectId,
) -> Result<CommitLinks, WalkError> {
    commit_links(id, &expect(objects, id, Kind::Commit).await?)
}

/// Reads the content of a tree. The empty one need not be stored.
pub(crate) async fn tree<S: Store>(
    objects: &Objects<S>,
    id: &ObjectId,
) -> Result<Vec<u8>, WalkError> {
    match expect(objects, id, Kind::Tree).await {
        Err(WalkError::Read(ReadError::Missing { id })) if id == ObjectId::EMPTY_TREE => {
            Ok(Vec::new())
        }
        result => result,
    }
}

/// Reads the kind and id of what a tag names.
pub(crate) async fn tag<S: Store>(
    objects: &Objects<S>,
    id: &ObjectId,
) -> Result<(Kind, ObjectId), WalkError> {
    tag_target(id, &expect(objects, id, Kind::Tag).await?)
}

/// Demands that an object is a blob, without reading it.
pub(crate) async fn demand_blob<S: Store>(
    objects: &Objects<S>,
    id: &ObjectId,
) -> Result<(), WalkError> {
    match objects.header(id).await?.0 {
        Kind::Blob => Ok(()),
        found => Err(WalkError::Kind { id: *id, expected: Kind::Blob, found }),
    }
}

/// Follows tags to what is none: its id and kind.
pub(crate) async fn peel<S: Store>(
    objects: &Objects<S>,
    id: &ObjectId,
) -> Result<(ObjectId, Kind), WalkError> {
    let mut id = *id;
    loop {
        match objects.header(&id).await?.0 {
            Kind::Tag => (_, id) = tag(objects, &id).await?,
            kind => return Ok((id, kind)),
        }
    }
}

/// Follows tags to a commit; `None` when they lead to something else.
pub(crate) async fn peel_to_commit<S: Store>(
    objects: &Objects<S>,
    id: &ObjectId,
) -> Result<Option<(ObjectId, CommitLinks)>, WalkError> {
    let mut id = *id;
    loop {
        // A blob may be too large to be read.
        if !matches!(objects.header(&id).await?.0, Kind::Commit | Kind::Tag) {
            return Ok(None);
        }
        let Object { kind, data } = objects.read(&id).await?;
        match kind {
            Kind::Commit => return Ok(Some((id, commit_links(&id, &data)?))),
            Kind::Tag => (_, id) = tag_target(&id, &data)?,
            Kind::Tree | Kind::Blob => return Ok(None),
        }
    }
}

async fn expect<S: Store>(
    objects: &Objects<S>,
    id: &ObjectId,
    expected: Kind,
) -> Result<Vec<u8>, WalkError> {
    let object = objects.read(id).await?;
    if object.kind == expected {
        Ok(object.data)
    } else {
        Err(WalkError::Kind { id: *id, expected, found: object.kind })
    }
}

fn commit_links(id: &ObjectId, data: &[u8]) -> Result<CommitLinks, WalkError> {
    let commit = Commit::parse(data).map_err(|what| WalkError::Malformed { id: *id, what })?;
    Ok(CommitLinks { tree: commit.tree, parents: commit.parents, date_s: commit.committer_time_s })
}

fn tag_target(id: &ObjectId, data: &[u8]) -> Result<(Kind, ObjectId), WalkError> {
    let tag = Tag::parse(data).map_err(|what| WalkError::Malformed { id: *id, what })?;
    Ok((tag.target_kind, tag.target))
}
