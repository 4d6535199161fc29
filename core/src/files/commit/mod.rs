//! Commits changes of files to a branch: one pack, then the ref.

mod error;
mod pack;
mod person;
#[cfg(test)]
mod tests;
mod trees;

pub use error::CommitError;
pub use person::Person;

use crate::{
    object::{Commit, Kind, Malformed, Mode, NewCommit, ObjectId},
    odb::ReadError,
    pack::incoming::publish_whole,
    refs::{OldValue, RefName, RefUpdate},
    repository::{Repository, RepositoryError},
    store::Store,
};
use alloc::{string::ToString, vec::Vec};
use pack::PackBuilder;

/// A commit to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitRequest {
    /// The branch that moves.
    pub branch: RefName,
    /// The commit that the branch must be at, which becomes the parent; `None` when the branch must
    /// not exist yet.
    pub parent: Option<ObjectId>,
    /// What changes against the parent. What is removed goes first, whatever the order.
    pub changes: Vec<Change>,
    /// Who wrote it.
    pub author: Person,
    /// Who commits it.
    pub committer: Person,
    /// The message, as it is to be stored.
    pub message: Vec<u8>,
    /// 20 random bytes.
    pub nonce: [u8; 20],
}

/// A change of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// From the root of the tree, with slashes between its parts.
    pub path: Vec<u8>,
    /// What is to be there.
    pub content: Content,
}

/// What is at a path after a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A file or a symbolic link.
    Blob {
        /// [`Mode::FILE`], [`Mode::EXECUTABLE`] or [`Mode::SYMLINK`].
        mode: Mode,
        /// The file's bytes, or the link's target.
        bytes: Vec<u8>,
    },
    /// Nothing: the file or directory that is there is removed.
    Nothing,
}

/// Makes a commit on a branch and returns its id.
///
/// Writes the blobs, the trees on the way to them and the commit as one pack with its idx, then
/// moves the branch: three puts, two writes deep. Nothing else is read than the trees on the way.
///
/// # Errors
/// `Ref` with [`RefError::Stale`](crate::refs::RefError::Stale): the branch is not at `parent`;
/// read again and decide. The pack that was written is left for a later check to collect.
pub async fn commit<S: Store + Clone>(
    repository: &Repository<S>,
    request: &CommitRequest,
) -> Result<ObjectId, CommitError> {
    let root = match &request.parent {
        Some(parent) => Some(tree_of(repository, parent).await?),
        None => existing(repository).await.map(|()| None)?,
    };
    let mut pack = PackBuilder::new(repository.objects.limits());
    let tree = trees::rewrite(&repository.objects, root, &request.changes, &mut pack).await?;
    let id = pack.add(Kind::Commit, &content(request, tree)?, None)?;
    let (pack, entries, checksum) = pack.finish();
    let nonce = ObjectId::from(request.nonce).to_string();
    publish_whole(repository.store(), repository.layout(), pack, entries, checksum, &nonce).await?;
    let update = RefUpdate {
        name: request.branch.clone(),
        old: request.parent.map_or(OldValue::Absent, OldValue::Is),
        new: Some(id),
    };
    let updates = [update];
    for outcome in repository.refs.update(&updates).await {
        outcome?;
    }
    // The branch has moved, whatever comes of these; the next update mends them.
    let _ = repository.objects.refresh().await;
    let _ = repository.update_server_info_for(&updates).await;
    Ok(id)
}

/// Where there is no parent to be read, only `HEAD` tells whether there is a repository.
async fn existing<S: Store + Clone>(repository: &Repository<S>) -> Result<(), CommitError> {
    if repository.refs.head().await?.is_some() {
        return Ok(());
    }
    let name = repository.layout().root().trim_end_matches('/').to_string();
    Err(RepositoryError::Missing { name }.into())
}

async fn tree_of<S: Store + Clone>(
    repository: &Repository<S>,
    commit: &ObjectId,
) -> Result<ObjectId, CommitError> {
    let object = repository.objects.read(commit).await?;
    let parsed = match object.kind {
        Kind::Commit => Commit::parse(&object.data).map(|commit| commit.tree),
        kind => return Err(CommitError::NotACommit { id: *commit, kind }),
    };
    Ok(parsed.map_err(|malformed| corrupt(commit, &malformed))?)
}

fn corrupt(id: &ObjectId, malformed: &Malformed) -> ReadError {
    ReadError::Corrupt { id: *id, reason: malformed.reason.clone() }
}

/// The commit as an object.
fn content(request: &CommitRequest, tree: ObjectId) -> Result<Vec<u8>, CommitError> {
    if request.message.contains(&0) {
        return Err(CommitError::InvalidMessage);
    }
    let commit = NewCommit {
        tree: Some(tree),
        parents: request.parent.as_slice(),
        author: &request.author.line()?,
        committer: &request.committer.line()?,
        headers: &[],
        message: &request.message,
    };
    Ok(commit.write())
}
