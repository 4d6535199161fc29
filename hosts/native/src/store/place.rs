//! Where a key lies as a file, and how it wants to be written.

use std::path::{Path, PathBuf};
use trunks_core::{
    repository::{Layout, Sharing},
    store::StoreError,
};

/// The directory for temporary files: of a repository, or of the root.
pub(super) const TEMPORARIES: &str = ".trunks-tmp";

/// What git's lock of a file ends with.
pub(super) const LOCK: &str = ".lock";

/// What the temporary file is labelled with that keeps packs, and ends the names of it.
pub(super) const KEEP: &str = ".keep";

/// A key's place below the root.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub key: String,
    pub path: PathBuf,
    pub root: PathBuf,
    /// The repository's directory, if the key is in one.
    pub trunk: Option<PathBuf>,
    /// Where its temporary files go: the same repository, so that several roots that hold it agree
    /// and a repository that is a symbolic link into another filesystem can be written.
    pub temporaries: PathBuf,
    pub kind: Kind,
    /// Who else may use what is made there, where the store has looked.
    pub sharing: Sharing,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A pack's file or a loose object, named by its content: no lock, read-only.
    Object,
    /// Can be made again from the rest: not fsynced.
    Derived,
    /// The repository's `HEAD`: git wants some directories next to it.
    Head,
    /// Anything else.
    Plain,
}

impl Place {
    /// The place of `key`.
    ///
    /// # Errors
    /// `Failed`: the key is not a plain path below the root.
    pub fn new(root: &Path, key: &str) -> Result<Self, StoreError> {
        if let Some(reason) = key.split('/').find_map(refuse) {
            return Err(StoreError::Failed { key: key.to_owned(), reason: reason.to_owned() });
        }
        let inside = format!("{}/", Layout::SUFFIX);
        let (trunk, tail) = match key.find(&inside) {
            Some(at) => {
                let (trunk, tail) = key.split_at(at + inside.len());
                (Some(root.join(trunk.trim_end_matches('/'))), tail)
            }
            None => (None, ""),
        };
        Ok(Self {
            key: key.to_owned(),
            path: root.join(key),
            root: root.to_owned(),
            temporaries: trunk.as_deref().unwrap_or(root).join(TEMPORARIES),
            trunk,
            kind: Kind::of(tail),
            sharing: Sharing::default(),
        })
    }

    /// The place of `key`, which is to be written.
    ///
    /// # Errors
    /// `Failed`: as above, or the key is that of a lock.
    pub fn writable(root: &Path, key: &str) -> Result<Self, StoreError> {
        let place = Self::new(root, key)?;
        if key.ends_with(LOCK) {
            let reason = "names that end with .lock are git's locks".to_owned();
            return Err(StoreError::Failed { key: place.key, reason });
        }
        Ok(place)
    }

    /// The file that is git's lock of this one.
    pub fn lock(&self) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(LOCK);
        path.into()
    }

    /// The place of another file in the directory that it lies in.
    pub fn beside(&self, name: &str) -> Self {
        let key = match self.key.rsplit_once('/') {
            Some((directory, _)) => format!("{directory}/{name}"),
            None => name.to_owned(),
        };
        Self { key, path: self.directory().join(name), ..self.clone() }
    }

    /// The directory that it lies in.
    pub fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(&self.root)
    }

    /// Whether it is a pack.
    pub fn is_pack(&self) -> bool {
        self.is_object_file("pack")
    }

    /// Whether it is the idx of a pack.
    pub fn is_idx(&self) -> bool {
        self.is_object_file("idx")
    }

    /// Whether a directory there is damage. Elsewhere it is a ref's, whose name begins with this one's.
    pub fn is_ever_a_file(&self) -> bool {
        let own = self.trunk.as_deref().and_then(|trunk| self.path.strip_prefix(trunk).ok());
        let own = own.and_then(Path::to_str);
        matches!(own, Some("HEAD" | "config" | "packed-refs" | "trunk.json"))
    }

    fn is_object_file(&self, extension: &str) -> bool {
        self.kind == Kind::Object && self.path.extension().is_some_and(|end| end == extension)
    }

    pub fn conflict(&self) -> StoreError {
        StoreError::Conflict { key: self.key.clone() }
    }

    pub fn failed(&self, reason: String) -> StoreError {
        StoreError::Failed { key: self.key.clone(), reason }
    }
}

impl Kind {
    /// `tail`: the key below its repository's directory.
    fn of(tail: &str) -> Self {
        match tail {
            "HEAD" => return Self::Head,
            "info/refs" | "objects/info/packs" => return Self::Derived,
            _ => {}
        }
        match tail.strip_prefix("objects/").and_then(|tail| tail.split_once('/')) {
            Some(("pack", name)) if name.starts_with("pack-") => Self::Object,
            Some((directory, _)) if directory.len() == 2 => Self::Object,
            _ => Self::Plain,
        }
    }
}

/// Why a segment cannot be part of a key.
pub(super) fn refuse(segment: &str) -> Option<&'static str> {
    match segment {
        "" => Some("a key must not be empty, begin or end with a slash, or hold two in a row"),
        "." | ".." => Some("a key must not hold . or .. segments"),
        TEMPORARIES => Some("this directory is the store's own"),
        _ if segment.contains('\0') => Some("a key must not hold a zero byte"),
        _ => None,
    }
}
