//! Reading and writing trees.

use super::{Kind, Malformed, ObjectId};
use crate::sort;
use alloc::{format, vec::Vec};
use core::cmp::Ordering;

/// The mode of a tree's entry, kept as it is written: old repositories hold odd ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mode(pub u32);

impl Mode {
    /// A directory.
    pub const TREE: Self = Self(0o040000);
    /// A file.
    pub const FILE: Self = Self(0o100644);
    /// A file that can be executed.
    pub const EXECUTABLE: Self = Self(0o100755);
    /// A symbolic link.
    pub const SYMLINK: Self = Self(0o120000);
    /// A commit of another repository: a submodule.
    pub const GITLINK: Self = Self(0o160000);

    const TYPE_BITS: u32 = 0o170000;

    /// Whether the entry is a directory.
    pub fn is_tree(self) -> bool {
        self.has_type_of(Self::TREE)
    }

    /// Whether the entry names a commit that another repository holds.
    pub fn is_gitlink(self) -> bool {
        self.has_type_of(Self::GITLINK)
    }

    /// Whether the entry is a symbolic link.
    pub fn is_symlink(self) -> bool {
        self.has_type_of(Self::SYMLINK)
    }

    /// Whether the entry is a file with the owner's executable bit.
    pub fn is_executable(self) -> bool {
        self.has_type_of(Self::FILE) && self.0 & 0o100 != 0
    }

    /// The kind of the object that the entry names in this repository; `None` for a gitlink.
    pub fn kind(self) -> Option<Kind> {
        match self {
            mode if mode.is_tree() => Some(Kind::Tree),
            mode if mode.is_gitlink() => None,
            _ => Some(Kind::Blob),
        }
    }

    /// Whether both are files, links, directories or submodules.
    pub fn has_type_of(self, other: Self) -> bool {
        self.0 & Self::TYPE_BITS == other.0 & Self::TYPE_BITS
    }
}

/// One entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeEntry<'t> {
    /// What it is.
    pub mode: Mode,
    /// Its name, in whatever encoding it was made.
    pub name: &'t [u8],
    /// The object that it names.
    pub id: ObjectId,
}

/// The entries of a tree, in the order in which they are written.
///
/// After an error there are no more. What is read need not be sorted or safe to write to a disk:
/// [`verify`](super::verify()) tells.
pub fn entries(tree: &[u8]) -> Entries<'_> {
    Entries { rest: tree }
}

/// Iterator over the entries of a tree: [`entries`].
#[derive(Clone, Debug)]
pub struct Entries<'t> {
    rest: &'t [u8],
}

impl Entries<'_> {
    /// How much of the tree is still to be read, in bytes.
    pub(crate) fn rest_bytes(&self) -> usize {
        self.rest.len()
    }
}

impl<'t> Iterator for Entries<'t> {
    type Item = Result<TreeEntry<'t>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let entry = split_entry(self.rest);
        self.rest = entry.as_ref().map_or(&[], |(_, rest)| *rest);
        Some(entry.map(|(entry, _)| entry).map_err(|reason| Malformed::new(Kind::Tree, reason)))
    }
}

fn split_entry(bytes: &[u8]) -> Result<(TreeEntry<'_>, &[u8]), &'static str> {
    const CUT_OFF: &str = "an entry is cut off";
    let mut mode = 0u32;
    let mut digits = 0;
    let space = loop {
        match bytes.get(digits) {
            Some(digit @ b'0'..=b'7') if mode >> 29 == 0 => {
                mode = mode << 3 | u32::from(digit - b'0')
            }
            Some(b' ') if digits > 0 => break digits,
            Some(_) => return Err("the mode of an entry is not an octal number"),
            None => return Err(CUT_OFF),
        }
        digits += 1;
    };
    let after_mode = bytes.get(space + 1..).unwrap_or_default();
    let end = after_mode.iter().position(|&byte| byte == 0).ok_or(CUT_OFF)?;
    let (name, rest) = after_mode.split_at_checked(end).ok_or(CUT_OFF)?;
    let (id, rest) = rest
        .get(1..)
        .and_then(|rest| rest.split_at_checked(ObjectId::BYTES))
        .and_then(|(id, rest)| Some((ObjectId::from_bytes(id)?, rest)))
        .ok_or(CUT_OFF)?;
    Ok((TreeEntry { mode: Mode(mode), name, id }, rest))
}

/// Writes a tree with these entries, in git's order whatever order they come in.
pub fn write(entries: &[TreeEntry<'_>]) -> Vec<u8> {
    let mut sorted: Vec<&TreeEntry<'_>> = entries.iter().collect();
    sort::stable_by(&mut sorted, |a, b| compare(a, b));
    let mut tree = Vec::with_capacity(entries.iter().map(|entry| 28 + entry.name.len()).sum());
    for entry in sorted {
        tree.extend_from_slice(format!("{:o} ", entry.mode.0).as_bytes());
        tree.extend_from_slice(entry.name);
        tree.push(0);
        tree.extend_from_slice(entry.id.as_bytes());
    }
    tree
}

/// Git's order of the entries of a tree: by name, a directory's as if it ended with a slash.
pub fn compare(a: &TreeEntry<'_>, b: &TreeEntry<'_>) -> Ordering {
    let common = a.name.len().min(b.name.len());
    let next = |entry: &TreeEntry<'_>| match entry.name.get(common) {
        Some(&byte) => byte,
        None if entry.mode.is_tree() => b'/',
        None => 0,
    };
    a.name.get(..common).cmp(&b.name.get(..common)).then_with(|| next(a).cmp(&next(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: ObjectId = ObjectId::EMPTY_TREE;

    fn entry(mode: Mode, name: &str) -> TreeEntry<'_> {
        TreeEntry { mode, name: name.as_bytes(), id: ID }
    }

    #[test]
    fn directories_sort_as_if_they_ended_with_a_slash() {
        let sorted = [
            entry(Mode::FILE, "a"),
            entry(Mode::FILE, "a.b"),
            entry(Mode::TREE, "a"),
            entry(Mode::FILE, "a0"),
            entry(Mode::TREE, "b"),
            entry(Mode::EXECUTABLE, "b0"),
        ];
        let mut shuffled = sorted;
        shuffled.reverse();
        let tree = write(&shuffled);
        let read: Result<Vec<_>, _> = entries(&tree).collect();
        assert_eq!(read.unwrap(), sorted);
    }

    #[test]
    fn odd_modes_are_kept() {
        let tree = [b"0100664 f\0", &ID.as_bytes()[..]].concat();
        let read = entries(&tree).next().unwrap().unwrap();
        assert_eq!((read.mode, read.mode.kind()), (Mode(0o100664), Some(Kind::Blob)));
        assert_eq!(Mode::GITLINK.kind(), None);
        assert_eq!(Mode::TREE.kind(), Some(Kind::Tree));
    }

    #[test]
    fn a_cut_or_broken_tree_is_an_error_and_the_end() {
        let tree = write(&[entry(Mode::FILE, "one"), entry(Mode::TREE, "two")]);
        for length in 0..tree.len() {
            let read: Vec<_> = entries(&tree[..length]).collect();
            let is_boundary = length == 0 || length == tree.len() / 2 + 1;
            assert_eq!(read.iter().all(|entry| entry.is_ok()), is_boundary, "{length} {read:?}");
        }
        for start in [&b"x"[..], b" a\0", b"10064x a\0", b"777777777777 a\0", b"-1 a\0"] {
            let broken = [start, &tree].concat();
            let read: Vec<_> = entries(&broken).collect();
            assert!(matches!(read[..], [Err(_)]), "{read:?}");
        }
    }
}
