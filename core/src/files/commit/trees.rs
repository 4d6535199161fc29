//! Makes the trees of a commit anew: those on the way to what changes, and no others.

use super::{Change, CommitError, Content, corrupt, pack::PackBuilder};
use crate::{
    files::entry_at,
    object::{Kind, Mode, ObjectId, TreeEntry, tree, verify},
    odb::{Objects, ReadError},
    sorted::BTreeMap,
    store::Store,
};
use alloc::{format, string::String, vec::Vec};

/// Adds the new blobs and trees to `pack` and returns the new root.
///
/// `root`: the tree that the changes are made against; `None` for an empty one.
pub(super) async fn rewrite<S: Store>(
    objects: &Objects<S>,
    root: Option<ObjectId>,
    changes: &[Change],
    pack: &mut PackBuilder,
) -> Result<ObjectId, CommitError> {
    let by_directory = grouped(objects, root, changes).await?;
    let mut directories: BTreeMap<&[u8], Directory> = BTreeMap::new();
    // A path sorts after the directories that it lies in, so parents are read before children.
    for (path, changes) in &by_directory {
        let id = match split(path) {
            None => root,
            Some((parent, name)) => subtree(&directories, parent, name)?,
        };
        let mut directory = Directory::read(objects, id).await?;
        directory.remove(path, changes)?;
        directory.place(path, changes)?;
        directories.insert(path, directory);
    }
    while let Some((path, mut directory)) = directories.pop_last() {
        if let Some(changes) = by_directory.get(path) {
            directory.write_blobs(path, changes, pack)?;
        }
        let Some((parent, name)) = split(path) else { return directory.write_tree(pack) };
        let mut entry = None;
        if !directory.entries.is_empty() {
            let (mode, id) = (Mode::TREE, directory.write_tree(pack)?);
            allow(parent, &TreeEntry { mode, name, id })?;
            entry = Some((mode, id));
        }
        if let Some(parent) = directories.get_mut(parent) {
            parent.set(name, entry);
        }
    }
    // `grouped` always has the root, which is written last.
    Ok(root.unwrap_or(ObjectId::EMPTY_TREE))
}

/// What is to be at a name.
enum Wanted<'c> {
    Nothing,
    Blob {
        mode: Mode,
        bytes: &'c [u8],
    },
    /// What is stored already.
    Entry(Mode, ObjectId),
}

/// The changes in a directory: names and what is to be there.
type Names<'c> = Vec<(&'c [u8], Wanted<'c>)>;

/// The changes by directory, with every directory on the way, the root too.
async fn grouped<'c, S: Store>(
    objects: &Objects<S>,
    root: Option<ObjectId>,
    changes: &'c [Change],
) -> Result<BTreeMap<&'c [u8], Names<'c>>, CommitError> {
    let root = root.unwrap_or(ObjectId::EMPTY_TREE);
    let depth = objects.limits().tree_depth;
    let mut directories: BTreeMap<&[u8], Names<'_>> = BTreeMap::new();
    directories.insert(&[], Names::new());
    for change in changes {
        let invalid = |reason: &str| {
            let path = shown(&[], &change.path);
            Err(CommitError::InvalidPath { path, reason: reason.into() })
        };
        if change.path.starts_with(b"/") {
            return invalid("it begins with a slash");
        }
        if change.path.split(|&byte| byte == b'/').count() > depth as usize {
            return invalid("it is nested too deep");
        }
        let (parent, name) = split(&change.path).unwrap_or_default();
        let wanted = match &change.content {
            Content::Nothing => Wanted::Nothing,
            Content::Blob { mode, bytes } => Wanted::Blob { mode: *mode, bytes },
            Content::Moved { from } | Content::Copied { from } => {
                match entry_at(objects, root, from).await? {
                    Some((mode, id)) if !from.is_empty() => Wanted::Entry(mode, id),
                    _ => return Err(CommitError::MissingPath { path: shown(&[], from) }),
                }
            }
        };
        directories.entry(parent).or_default().push((name, wanted));
        if let Content::Moved { from } = &change.content {
            let (parent, name) = split(from).unwrap_or_default();
            directories.entry(parent).or_default().push((name, Wanted::Nothing));
            with_parents(&mut directories, parent);
        }
        with_parents(&mut directories, parent);
    }
    Ok(directories)
}

/// Adds the directories in which `directory` lies.
fn with_parents<'c>(directories: &mut BTreeMap<&'c [u8], Names<'c>>, mut directory: &'c [u8]) {
    while let Some((parent, _)) = split(directory) {
        directories.entry(parent).or_default();
        directory = parent;
    }
}

/// The directory that a path lies in and its name there; `None` for the root itself.
fn split(path: &[u8]) -> Option<(&[u8], &[u8])> {
    if path.is_empty() {
        return None;
    }
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => Some((path.get(..slash)?, path.get(slash + 1..)?)),
        None => Some((&[], path)),
    }
}

/// The tree of a directory below one that was read; `None` when it is new.
fn subtree(
    directories: &BTreeMap<&[u8], Directory>,
    parent: &[u8],
    name: &[u8],
) -> Result<Option<ObjectId>, CommitError> {
    let entry = directories.get(parent).and_then(|parent| parent.entries.get(name));
    match entry {
        Some((mode, id)) if mode.is_tree() => Ok(Some(*id)),
        Some(_) => Err(CommitError::InTheWay { path: shown(parent, name) }),
        None => Ok(None),
    }
}

/// A directory on the way to a change.
struct Directory {
    /// What it was, if it was there.
    was: Option<ObjectId>,
    entries: BTreeMap<Vec<u8>, (Mode, ObjectId)>,
}

impl Directory {
    async fn read<S: Store>(
        objects: &Objects<S>,
        was: Option<ObjectId>,
    ) -> Result<Self, CommitError> {
        let mut entries = BTreeMap::new();
        if let Some(id) = was.filter(|id| *id != ObjectId::EMPTY_TREE) {
            let object = objects.read(&id).await?;
            if object.kind != Kind::Tree {
                let reason = format!("it is a {}, not a tree", object.kind.as_str());
                return Err(ReadError::Corrupt { id, reason }.into());
            }
            for entry in tree::entries(&object.data) {
                let entry = entry.map_err(|malformed| corrupt(&id, &malformed))?;
                entries.insert(entry.name.to_vec(), (entry.mode, entry.id));
            }
        }
        Ok(Self { was, entries })
    }

    fn remove(&mut self, path: &[u8], changes: &Names<'_>) -> Result<(), CommitError> {
        for (name, content) in changes {
            if matches!(content, Wanted::Nothing) && self.entries.remove(*name).is_none() {
                return Err(CommitError::MissingPath { path: shown(path, name) });
            }
        }
        Ok(())
    }

    /// Puts what is stored already where it is to be.
    fn place(&mut self, path: &[u8], changes: &Names<'_>) -> Result<(), CommitError> {
        for (name, content) in changes {
            let Wanted::Entry(mode, id) = content else { continue };
            let in_the_way = self.entries.get(*name);
            if in_the_way.is_some_and(|(old, _)| old.is_tree() || mode.is_tree()) {
                return Err(CommitError::InTheWay { path: shown(path, name) });
            }
            allow(path, &TreeEntry { mode: *mode, name, id: *id })?;
            self.set(name, Some((*mode, *id)));
        }
        Ok(())
    }

    fn write_blobs(
        &mut self,
        path: &[u8],
        changes: &Names<'_>,
        pack: &mut PackBuilder,
    ) -> Result<(), CommitError> {
        for (name, content) in changes {
            let Wanted::Blob { mode, bytes } = content else { continue };
            if self.entries.get(*name).is_some_and(|(mode, _)| mode.is_tree()) {
                return Err(CommitError::InTheWay { path: shown(path, name) });
            }
            if ![Mode::FILE, Mode::EXECUTABLE, Mode::SYMLINK].contains(mode) {
                let reason = format!("{:o} is not the mode of a file or symbolic link", mode.0);
                return Err(CommitError::InvalidPath { path: shown(path, name), reason });
            }
            let was = self.entries.get(*name).map(|(_, id)| *id);
            let id = pack.add(Kind::Blob, bytes, was)?;
            allow(path, &TreeEntry { mode: *mode, name, id })?;
            self.set(name, Some((*mode, id)));
        }
        Ok(())
    }

    fn write_tree(&self, pack: &mut PackBuilder) -> Result<ObjectId, CommitError> {
        let entries = self.entries.iter();
        let entries: Vec<TreeEntry<'_>> =
            entries.map(|(name, (mode, id))| TreeEntry { mode: *mode, name, id: *id }).collect();
        pack.add(Kind::Tree, &tree::write(&entries), self.was)
    }

    fn set(&mut self, name: &[u8], entry: Option<(Mode, ObjectId)>) {
        match entry {
            Some(entry) => self.entries.insert(name.to_vec(), entry),
            None => self.entries.remove(name),
        };
    }
}

/// Refuses what `git fsck --strict` would complain of.
fn allow(directory: &[u8], entry: &TreeEntry<'_>) -> Result<(), CommitError> {
    let path = || shown(directory, entry.name);
    let invalid = |reason| Err(CommitError::InvalidPath { path: path(), reason });
    if entry.name.contains(&0) {
        return invalid("its name holds a zero byte".into());
    }
    match verify(Kind::Tree, &tree::write(&[*entry])) {
        Ok(()) => Ok(()),
        Err(malformed) => invalid(malformed.reason),
    }
}

fn shown(directory: &[u8], name: &[u8]) -> String {
    let slash: &[u8] = if directory.is_empty() { b"" } else { b"/" };
    String::from_utf8_lossy(&[directory, slash, name].concat()).into_owned()
}
