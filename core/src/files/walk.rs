//! Walking the files of a revision, page by page.

use super::{
    FileError,
    entry::{TreeReader, entry_at, joined, normal},
    find::{find, text},
};
use crate::{
    limits::PAGE_ENTRIES,
    object::{Kind, Mode, ObjectId},
    odb::Objects,
    repository::Repository,
    store::Store,
};
use alloc::{vec, vec::Vec};

/// Which part of a tree to walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkOptions<'w> {
    /// The directory to begin at: names between slashes; empty for the root.
    pub path: &'w [u8],
    /// How far down to go.
    pub depth: Depth,
    /// The path of the last entry of the page before.
    pub after: Option<&'w [u8]>,
    /// At most so many entries, and never more than [`PAGE_ENTRIES`].
    pub limit: u32,
}

/// How far down a walk goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// What lies in the directory itself.
    Directory,
    /// All below it.
    Whole,
}

/// A page of a walk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WalkPage {
    /// The entries, in git's order: a directory comes before what it holds.
    pub entries: Vec<WalkEntry>,
    /// Whether others follow.
    pub more: bool,
}

/// What a walk came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkEntry {
    /// From the root of the revision, in whatever encoding its names were made.
    pub path: Vec<u8>,
    /// What it is.
    pub mode: Mode,
    /// The blob or tree; for a submodule, the other repository's commit.
    pub id: ObjectId,
}

/// Walks a directory of a revision: a page of it, directories included.
///
/// Reads the trees on the way to `after` and those that it goes into, one after the other.
///
/// # Errors
/// `NoPath`, `NotADirectory`, `IsASubmodule`; those of [`resolve`](super::resolve()).
///
/// # Source
/// git-ls-tree(1), `-r -t`
pub async fn walk<S: Store + Clone>(
    repository: &Repository<S>,
    revision: &str,
    options: &WalkOptions<'_>,
) -> Result<WalkPage, FileError> {
    let (mode, id) = find(repository, revision, options.path).await?;
    match mode.kind() {
        Some(Kind::Tree) => {}
        None => return Err(FileError::IsASubmodule { path: text(options.path), id }),
        Some(_) => return Err(FileError::NotADirectory { path: text(options.path) }),
    }
    let objects = &repository.objects;
    let prefix = normal(options.path);
    let after = last_key(objects, &prefix, id, options.after).await?;
    let limit = options.limit.min(PAGE_ENTRIES) as usize;
    let mut page = WalkPage::default();
    let mut levels = vec![(prefix, TreeReader::open(objects, Some(id)).await?)];
    while let Some((prefix, reader)) = levels.last_mut() {
        let Some(entry) = reader.peek()? else {
            levels.pop();
            continue;
        };
        let (path, mode, id) = (joined(prefix, entry.name), entry.mode, entry.id);
        let is_behind = match mode.is_tree() {
            true => is_after(&after, &joined(&path, b"")),
            false => is_after(&after, &path),
        };
        if is_behind && page.entries.len() == limit {
            page.more = true;
            break;
        }
        reader.skip();
        let goes_down = mode.is_tree()
            && options.depth == Depth::Whole
            && (is_behind || after.starts_with(&joined(&path, b"")));
        if goes_down {
            if levels.len() >= objects.limits().tree_depth as usize {
                return Err(FileError::TooDeep { path: text(&path) });
            }
            levels.push((path.clone(), TreeReader::open(objects, Some(id)).await?));
        }
        if is_behind {
            page.entries.push(WalkEntry { path, mode, id });
        }
    }
    Ok(page)
}

/// Git's order is that of the paths' bytes, when a directory's end with a slash.
fn is_after(after: &[u8], key: &[u8]) -> bool {
    after.is_empty() || key > after
}

/// The last entry's path, with a slash if it is a directory.
async fn last_key<S: Store>(
    objects: &Objects<S>,
    prefix: &[u8],
    root: ObjectId,
    after: Option<&[u8]>,
) -> Result<Vec<u8>, FileError> {
    let key = normal(after.unwrap_or_default());
    let below = match prefix.is_empty() {
        true => Some(key.as_slice()),
        false => key.strip_prefix(prefix).and_then(|rest| rest.strip_prefix(b"/")),
    };
    let Some(below) = below.filter(|below| !below.is_empty()) else { return Ok(key) };
    match entry_at(objects, root, below).await? {
        Some((mode, _)) if mode.is_tree() => Ok(joined(&key, b"")),
        _ => Ok(key),
    }
}
