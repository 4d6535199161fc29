//! Commits changes of files to a branch: one pack, then the ref.

mod apply;
mod error;
mod pack;
mod person;
#[cfg(test)]
mod tests;
mod trees;

pub use apply::{Applied, apply};
pub use error::CommitError;
pub(crate) use pack::PackBuilder;
pub use person::Person;

use crate::{
    at_once::join,
    object::{Commit, Kind, Malformed, Mode, NewCommit, ObjectId},
    odb::ReadError,
    pack::incoming::publish_whole,
    refs::{OldValue, RefName, RefUpdate},
    repository::Repository,
    store::{Store, StoreError},
};
use alloc::{string::ToString, vec::Vec};

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
    /// What lay at another path, a file or a directory, which is removed there.
    Moved {
        /// Where it lay.
        from: Vec<u8>,
    },
    /// What lies at another path, a file or a directory.
    Copied {
        /// Where it lies.
        from: Vec<u8>,
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
    commit_onto(repository, request, request.parent, &request.nonce).await
}

/// As [`commit`], with a parent and random bytes of its own.
async fn commit_onto<S: Store + Clone>(
    repository: &Repository<S>,
    request: &CommitRequest,
    parent: Option<ObjectId>,
    nonce: &[u8; 20],
) -> Result<ObjectId, CommitError> {
    let root = async {
        match &parent {
            Some(parent) => Ok(Some(tree_of(repository, parent).await?)),
            // Where there is no parent to be read, only `HEAD` tells whether there is a repository.
            None => Ok::<_, CommitError>(repository.demand().await.map(|()| None)?),
        }
    };
    let (format, root) = join(repository.format(), root).await;
    format?;
    let root = root?;
    let mut pack = PackBuilder::new(repository.objects.limits());
    let tree = trees::rewrite(&repository.objects, root, &request.changes, &mut pack).await?;
    let id = pack.add(Kind::Commit, &content(request, parent, tree)?, None)?;
    publish(repository, pack, nonce).await?;
    let update = RefUpdate {
        name: request.branch.clone(),
        old: parent.map_or(OldValue::Absent, OldValue::Is),
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

/// Stores a pack and its idx. `nonce`: random bytes.
pub(crate) async fn publish<S: Store + Clone>(
    repository: &Repository<S>,
    pack: PackBuilder,
    nonce: &[u8; 20],
) -> Result<(), StoreError> {
    let (pack, entries, checksum) = pack.finish();
    let nonce = ObjectId::from(*nonce).to_string();
    publish_whole(repository.store(), repository.layout(), pack, entries, checksum, &nonce).await?;
    Ok(())
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
fn content(
    request: &CommitRequest,
    parent: Option<ObjectId>,
    tree: ObjectId,
) -> Result<Vec<u8>, CommitError> {
    if request.message.contains(&0) {
        return Err(CommitError::InvalidMessage);
    }
    let commit = NewCommit {
        tree: Some(tree),
        parents: parent.as_slice(),
        author: &request.author.line()?,
        committer: &request.committer.line()?,
        headers: &[],
        message: &request.message,
    };
    Ok(commit.write())
}
