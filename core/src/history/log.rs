//! The commits that lead to a revision, newest first, page by page.

use super::chain::Chain;
use crate::{
    files::{FileError, commit::Person, names, parsed, peel_to, resolve},
    limits::PAGE_ENTRIES,
    object::{Commit, Kind, ObjectId},
    odb::{Objects, ReadError},
    repository::Repository,
    store::Store,
    walk::{Flags, Marks, OBJECTS_BEFORE_INDEXES},
};
use alloc::{
    collections::BinaryHeap,
    string::{String, ToString},
    vec::Vec,
};
use core::cmp::{Ordering, Reverse};

/// Which part of a history to give.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogOptions<'o> {
    /// Only commits that changed what lies at this path: names between slashes; empty for all.
    pub path: &'o [u8],
    /// The last commit of the page before.
    pub after: Option<ObjectId>,
    /// So many of the commits that would be given are passed over first.
    pub skip: u64,
    /// At most so many commits, and never more than [`PAGE_ENTRIES`].
    pub limit: u32,
}

/// A page of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogPage {
    /// The commits, newest first.
    pub commits: Vec<CommitInfo>,
    /// Whether others follow. With a path it says that history goes on, which may come to nothing.
    pub more: bool,
}

/// What a commit says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitInfo {
    /// The commit.
    pub id: ObjectId,
    /// Its tree.
    pub tree: ObjectId,
    /// Its parents.
    pub parents: Vec<ObjectId>,
    /// Who wrote it, and when.
    pub author: Person,
    /// Who committed it, and when.
    pub committer: Person,
    /// The message; what is not UTF-8 in it is replaced.
    pub message: String,
}

/// The commits that lead to a revision, itself included, newest first.
///
/// Of a merge that has at the path what one of its parents has, only that parent is followed, as git
/// does. A page behind another one costs a walk from the revision to there: of the commits, and of
/// trees at merges only.
///
/// # Errors
/// `NoRevision`: `after` is not in the history. Those of [`resolve`].
///
/// # Source
/// git-log(1), "History Simplification"
pub async fn log<S: Store + Clone>(
    repository: &Repository<S>,
    revision: &str,
    options: &LogOptions<'_>,
) -> Result<LogPage, FileError> {
    let objects = &repository.objects;
    let id = resolve(repository, revision).await?;
    let (tip, _) = peel_to(objects, revision, id, Kind::Commit).await?;
    let path: Vec<&[u8]> = names(options.path).collect();
    let limit = options.limit.min(PAGE_ENTRIES) as usize;
    let mut walk =
        Walk { objects, path, seen: Marks::new(), queue: BinaryHeap::new(), looked_at: 0 };
    walk.push(tip, None).await?;
    let mut behind = options.after;
    let mut skip = options.skip;
    let mut page = LogPage::default();
    while page.commits.len() < limit {
        let Some(queued) = walk.pop().await? else { break };
        let id = queued.id;
        // Before `after` it does not matter which commits changed the path, but at merges.
        let is_given = behind.is_none();
        let is_shown = walk.look_at(queued, is_given).await?;
        if behind == Some(id) {
            behind = None;
        } else if is_given && is_shown {
            match skip.checked_sub(1) {
                Some(less) => skip = less,
                None => page.commits.push(CommitInfo::read(objects, &id).await?),
            }
        }
    }
    if let Some(id) = behind {
        return Err(FileError::NoRevision { revision: id.to_string() });
    }
    page.more = !walk.queue.is_empty();
    Ok(page)
}

impl CommitInfo {
    /// Reads a commit.
    ///
    /// # Errors
    /// `Missing`, `Corrupt`: it is stored no longer, is malformed or no commit.
    pub(crate) async fn read<S: Store>(
        objects: &Objects<S>,
        id: &ObjectId,
    ) -> Result<Self, ReadError> {
        let object = objects.read(id).await?;
        let commit = parsed(*id, Commit::parse(&object.data))?;
        Ok(Self {
            id: *id,
            tree: commit.tree,
            author: Person::parse(commit.author),
            committer: Person::parse(commit.committer),
            message: String::from_utf8_lossy(commit.message).into_owned(),
            parents: commit.parents,
        })
    }
}

struct Walk<'w, S> {
    objects: &'w Objects<S>,
    /// The names of the path that matters; empty for all.
    path: Vec<&'w [u8]>,
    seen: Marks,
    queue: BinaryHeap<Queued>,
    looked_at: u32,
}

/// A commit that was read and not looked at.
struct Queued {
    /// The newest first, then the one that was read first.
    order: (u64, Reverse<u32>),
    id: ObjectId,
    tree: ObjectId,
    parents: Vec<ObjectId>,
    /// What it has at the path, if that is known.
    chain: Option<Chain>,
}

impl<S: Store> Walk<'_, S> {
    async fn pop(&mut self) -> Result<Option<Queued>, ReadError> {
        self.looked_at = self.looked_at.saturating_add(1);
        if self.looked_at == OBJECTS_BEFORE_INDEXES {
            self.objects.hold_indexes().await?;
        }
        Ok(self.queue.pop())
    }

    /// Follows the commit's parents. Whether it changed what lies at the path, which without
    /// `is_given` is not found out.
    async fn look_at(&mut self, commit: Queued, is_given: bool) -> Result<bool, ReadError> {
        let is_plain = !is_given && commit.parents.len() < 2;
        if self.path.is_empty() || is_plain {
            for parent in commit.parents {
                self.push(parent, None).await?;
            }
            return Ok(true);
        }
        let own = match commit.chain {
            Some(chain) => chain,
            None => Chain::read(self.objects, commit.tree, &self.path, None).await?,
        };
        let mut parents = Vec::new();
        for parent in &commit.parents {
            let tree = self.read(parent).await?.1;
            let chain = Chain::read(self.objects, tree, &self.path, Some(&own)).await?;
            if chain.end(&self.path) == own.end(&self.path) {
                self.push(*parent, Some(chain)).await?;
                return Ok(false);
            }
            parents.push((*parent, chain));
        }
        let is_first = parents.is_empty();
        for (parent, chain) in parents {
            self.push(parent, Some(chain)).await?;
        }
        Ok(!is_first || own.end(&self.path).is_some())
    }

    async fn push(&mut self, id: ObjectId, chain: Option<Chain>) -> Result<(), ReadError> {
        let (mark, before) = self.seen.set(&id, Flags::NEW);
        if before == Flags::NONE {
            let (date_s, tree, parents) = self.read(&id).await?;
            self.queue.push(Queued { order: (date_s, Reverse(mark)), id, tree, parents, chain });
        }
        Ok(())
    }

    /// The commit's date, tree and parents.
    async fn read(&self, id: &ObjectId) -> Result<(u64, ObjectId, Vec<ObjectId>), ReadError> {
        let object = self.objects.read(id).await?;
        let commit = parsed(*id, Commit::parse(&object.data))?;
        Ok((commit.committer_time_s, commit.tree, commit.parents))
    }
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Queued {}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order.cmp(&other.order)
    }
}
