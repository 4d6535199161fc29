//! Commits changes on top of whatever a branch has come to, as long as nobody changed the same files.

use super::{Change, CommitError, CommitRequest, Content, commit_onto, tree_of};
use crate::{
    files::entry_at, object::ObjectId, refs::RefError, repository::Repository, store::Store,
};
use alloc::{string::String, vec::Vec};

/// How often others may be first. Of several who write at once one succeeds each time, so that this
/// many can.
const ATTEMPTS: u8 = 100;

/// What came of [`apply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The new commit.
    pub id: ObjectId,
    /// Its parent: where the branch was.
    pub parent: Option<ObjectId>,
}

/// Makes a commit on a branch, wherever that has moved to meanwhile, if the paths that the changes
/// touch are there what they are in `request.parent`.
///
/// `request.parent`: the commit that the changes were made against; `None`: the one that the branch
/// is at when this begins, or nothing if there is no branch.
///
/// # Errors
/// `Touched`: another writer changed one of the paths. `Ref(Stale)`: the branch was deleted, or others
/// were first too often. Else as [`commit`](super::commit()).
pub async fn apply<S: Store + Clone>(
    repository: &Repository<S>,
    request: &CommitRequest,
) -> Result<Applied, CommitError> {
    let mut head = match request.parent {
        Some(parent) => Some(parent),
        None => head_of(repository, request).await?,
    };
    let base = head;
    let mut nonce = request.nonce;
    for attempt in 0..ATTEMPTS {
        if head != base {
            demand_untouched(repository, &request.changes, base, head).await?;
        }
        // Each attempt's pack may be stored under a name of its own.
        nonce[0] = request.nonce[0].wrapping_add(attempt);
        match commit_onto(repository, request, head, &nonce).await {
            Ok(id) => return Ok(Applied { id, parent: head }),
            Err(CommitError::Ref(RefError::Stale { .. })) => {}
            Err(CommitError::InTheWay { path } | CommitError::MissingPath { path })
                if head != base =>
            {
                return Err(CommitError::Touched { path });
            }
            Err(error) => return Err(error),
        }
        let now = head_of(repository, request).await?;
        if now.is_none() {
            break;
        }
        head = now;
    }
    Err(RefError::Stale { name: String::from(request.branch.as_str()) }.into())
}

async fn head_of<S: Store + Clone>(
    repository: &Repository<S>,
    request: &CommitRequest,
) -> Result<Option<ObjectId>, CommitError> {
    Ok(repository.refs.find(&request.branch).await?.map(|found| found.id))
}

/// Demands that the changed paths are in `head` what they are in `base`.
async fn demand_untouched<S: Store + Clone>(
    repository: &Repository<S>,
    changes: &[Change],
    base: Option<ObjectId>,
    head: Option<ObjectId>,
) -> Result<(), CommitError> {
    let mut roots = Vec::new();
    for commit in [base, head] {
        roots.push(match commit {
            Some(commit) => tree_of(repository, &commit).await?,
            None => ObjectId::EMPTY_TREE,
        });
    }
    let from = |change: &Change| match &change.content {
        Content::Moved { from } | Content::Copied { from } => Some(from.clone()),
        Content::Blob { .. } | Content::Nothing => None,
    };
    for change in changes {
        for path in from(change).iter().chain([&change.path]) {
            let mut sides = Vec::new();
            for root in &roots {
                sides.push(entry_at(&repository.objects, *root, path).await?);
            }
            if sides.first() != sides.last() {
                let path = String::from_utf8_lossy(path).into_owned();
                return Err(CommitError::Touched { path });
            }
        }
    }
    Ok(())
}
