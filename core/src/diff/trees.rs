//! What differs between the trees of two revisions, page by page.

use super::renames;
use crate::{
    at_once,
    files::{FileError, Found, TreeReader, joined, normal, parsed, peel_to, resolve},
    limits::PAGE_ENTRIES,
    object::{Commit, Kind, Mode, ObjectId, Tag, tree},
    odb::{Objects, ReadError},
    repository::Repository,
    store::Store,
};
use alloc::{string::String, vec, vec::Vec};
use core::cmp::Ordering;

/// Which differences to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeOptions<'c> {
    /// Only the file or directory at this path: names between slashes; empty for all.
    pub path: &'c [u8],
    /// The path of the last change of the page before.
    pub after: Option<&'c [u8]>,
    /// At most so many changes, and never more than [`PAGE_ENTRIES`].
    pub limit: u32,
    /// Whether to look for files that only moved.
    pub renames: Renames,
}

/// Whether to look for files that only moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renames {
    /// A file that moved is removed at one place and added at another.
    Ignore,
    /// A file that is removed at one place and added with the same content at another has moved.
    /// Found only where all differences are on one page.
    Exact,
}

/// A page of differences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangePage {
    /// The differences, by path.
    pub changes: Vec<TreeChange>,
    /// Whether others follow.
    pub more: bool,
}

/// A file, link or submodule that is not the same in two trees. Directories are not named, only what
/// they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeChange {
    /// In which way it differs.
    pub kind: ChangeKind,
    /// Where it lies in the new tree; of one that is removed, in the old one.
    pub path: Vec<u8>,
    /// Where one that moved was before.
    pub old_path: Option<Vec<u8>>,
    /// What it was; `None` of one that is added.
    pub old: Option<(Mode, ObjectId)>,
    /// What it is; `None` of one that is removed.
    pub new: Option<(Mode, ObjectId)>,
}

/// In which way two trees differ at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// There was nothing before.
    Added,
    /// There is nothing any more.
    Removed,
    /// Another content or another mode.
    Modified,
    /// It was a file, and is a link or a submodule, or the like.
    TypeChanged,
    /// It lay at another path.
    Renamed,
}

/// The differences between the trees of two revisions.
///
/// `old`: `None` for the first parent of `new`, if that is a commit, and else for an empty tree.
/// Only directories that differ are read, those of both sides at once.
///
/// # Errors
/// Those of [`resolve`]; `TooDeep`.
///
/// # Source
/// git-diff-tree(1), `-r -M100%`
pub async fn changes<S: Store + Clone>(
    repository: &Repository<S>,
    old: Option<&str>,
    new: &str,
    options: &ChangeOptions<'_>,
) -> Result<ChangePage, FileError> {
    let objects = &repository.objects;
    let (old, new) = match old {
        Some(old) => {
            let ends = at_once::join(root_of(repository, old), root_of(repository, new)).await;
            (Some(ends.0?), ends.1?)
        }
        None => {
            let id = resolve(repository, new).await?;
            (parent_root(objects, id).await?, peel_to(objects, new, id, Kind::Tree).await?.0)
        }
    };
    let after = normal(options.after.unwrap_or_default());
    let within = normal(options.path);
    let limit = options.limit.min(PAGE_ENTRIES) as usize;
    let mut walk = TreePairs { objects, within, after, levels: vec![] };
    walk.enter(Vec::new(), old, Some(new)).await?;
    let mut page = ChangePage::default();
    while let Some(change) = walk.next().await? {
        if page.changes.len() == limit {
            page.more = true;
            break;
        }
        page.changes.push(change);
    }
    if options.renames == Renames::Exact && options.after.is_none() && !page.more {
        renames::pair(&mut page.changes);
    }
    Ok(page)
}

async fn root_of<S: Store + Clone>(
    repository: &Repository<S>,
    revision: &str,
) -> Result<ObjectId, FileError> {
    let id = resolve(repository, revision).await?;
    Ok(peel_to(&repository.objects, revision, id, Kind::Tree).await?.0)
}

/// The tree of the first parent of what `id` leads to.
async fn parent_root<S: Store>(
    objects: &Objects<S>,
    id: ObjectId,
) -> Result<Option<ObjectId>, FileError> {
    let mut at = id;
    loop {
        let object = objects.read(&at).await?;
        at = match object.kind {
            Kind::Tag => parsed(at, Tag::parse(&object.data))?.target,
            Kind::Commit => {
                let parents = parsed(at, Commit::parse(&object.data))?.parents;
                let Some(parent) = parents.first() else { return Ok(None) };
                return Ok(Some(peel_to(objects, "", *parent, Kind::Tree).await?.0));
            }
            Kind::Tree | Kind::Blob => return Ok(None),
        };
    }
}

/// Two trees being compared, from front to back.
struct TreePairs<'w, S> {
    objects: &'w Objects<S>,
    /// The path that matters; empty for all.
    within: Vec<u8>,
    /// What lies at or before this path was given out before; empty for nothing.
    after: Vec<u8>,
    levels: Vec<Level>,
}

/// A directory of both trees.
struct Level {
    prefix: Vec<u8>,
    old: TreeReader,
    new: TreeReader,
}

impl<S: Store> TreePairs<'_, S> {
    async fn next(&mut self) -> Result<Option<TreeChange>, FileError> {
        while let Some(level) = self.levels.last_mut() {
            let Some((path, old, new)) = level.next()? else {
                self.levels.pop();
                continue;
            };
            if old == new {
                continue;
            }
            let is_directory = [old, new].into_iter().flatten().all(|(mode, _)| mode.is_tree());
            if is_directory {
                if self.leads_on(&path) {
                    let id = |side: Option<Found>| side.map(|(_, id)| id);
                    self.enter(path, id(old), id(new)).await?;
                }
            } else if path > self.after && self.is_within(&path) {
                return Ok(Some(TreeChange {
                    kind: kind(old, new),
                    path,
                    old_path: None,
                    old,
                    new,
                }));
            }
        }
        Ok(None)
    }

    async fn enter(
        &mut self,
        prefix: Vec<u8>,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
    ) -> Result<(), FileError> {
        if old == new {
            return Ok(());
        }
        if self.levels.len() >= self.objects.limits().tree_depth as usize {
            return Err(FileError::TooDeep { path: String::from_utf8_lossy(&prefix).into() });
        }
        let (old, new) =
            at_once::join(TreeReader::open(self.objects, old), TreeReader::open(self.objects, new))
                .await;
        self.levels.push(Level { prefix, old: old?, new: new? });
        Ok(())
    }

    /// Whether a file matters.
    fn is_within(&self, path: &[u8]) -> bool {
        let rest = path.strip_prefix(self.within.as_slice());
        self.within.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
    }

    /// Whether a directory holds anything that matters and was not given out before.
    fn leads_on(&self, path: &[u8]) -> bool {
        let key = joined(path, b"");
        let is_new = key > self.after || self.after.starts_with(&key);
        is_new && (self.is_within(path) || self.within.starts_with(&key))
    }
}

impl Level {
    /// The next path of either tree, and what both have there.
    #[expect(clippy::type_complexity, reason = "used once")]
    fn next(&mut self) -> Result<Option<(Vec<u8>, Option<Found>, Option<Found>)>, ReadError> {
        let (old, new) = (self.old.peek()?, self.new.peek()?);
        let order = match (&old, &new) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => tree::compare(old, new),
        };
        let (old, new) = (old.filter(|_| order.is_le()), new.filter(|_| order.is_ge()));
        let name = old.or(new).map_or(&[][..], |entry| entry.name);
        let path = joined(&self.prefix, name);
        let found = |entry: Option<tree::TreeEntry<'_>>| entry.map(|entry| (entry.mode, entry.id));
        let (old, new) = (found(old), found(new));
        if order.is_le() {
            self.old.skip();
        }
        if order.is_ge() {
            self.new.skip();
        }
        Ok(Some((path, old, new)))
    }
}

fn kind(old: Option<Found>, new: Option<Found>) -> ChangeKind {
    match (old, new) {
        (None, _) => ChangeKind::Added,
        (_, None) => ChangeKind::Removed,
        (Some((old, _)), Some((new, _))) if old.has_type_of(new) => ChangeKind::Modified,
        _ => ChangeKind::TypeChanged,
    }
}
