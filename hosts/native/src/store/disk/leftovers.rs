//! What is left in a repository by others who were killed: git's locks, and directories that nobody needs.

use super::{
    directory,
    failure::failed,
    place::{LOCK, Place, TEMPORARIES},
};
use std::{
    fs::{self, DirEntry},
    io,
    os::unix::fs::MetadataExt,
    path::Path,
    time::Duration,
};
use trunks_core::store::StoreError;

/// Removes git's locks in the repository of `place` that were not touched for `grace`, and its own empty
/// directories. Returns the keys of the locks.
///
/// A lock of git says nothing of who holds it: that nobody can take so long is all that there is. One with
/// a second name is ours, and goes with its temporary file.
pub(super) fn remove(place: &Place, grace: Duration) -> Result<Vec<String>, StoreError> {
    let Some(trunk) = &place.trunk else { return Ok(Vec::new()) };
    let mut removed = Vec::new();
    let mut directories = vec![trunk.clone()];
    while let Some(directory) = directories.pop() {
        // What is gone by now was removed by its owner.
        let Ok(entries) = fs::read_dir(&directory) else { continue };
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && entry.file_name() != TEMPORARIES {
                directories.push(entry.path());
            } else if kind.is_file() && is_stale_lock(&entry, grace) {
                match fs::remove_file(entry.path()) {
                    Ok(()) => removed.push(key(place, &entry.path())),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => {
                        return Err(failed(&place.key, "remove", &entry.path(), &error));
                    }
                }
            }
        }
    }
    for name in [TEMPORARIES, "journals"] {
        // Whoever needs it next makes it again.
        let _ = directory::remove_empty(&trunk.join(name));
    }
    removed.sort();
    Ok(removed)
}

fn is_stale_lock(entry: &DirEntry, grace: Duration) -> bool {
    entry.file_name().to_string_lossy().ends_with(LOCK)
        && entry.metadata().is_ok_and(|found| {
            let age = found.modified().ok().and_then(|then| then.elapsed().ok());
            found.nlink() == 1 && age.is_some_and(|age| age >= grace)
        })
}

fn key(place: &Place, path: &Path) -> String {
    path.strip_prefix(&place.root).unwrap_or(path).to_string_lossy().into_owned()
}
