//! Directories, which keys know nothing of: made when a key needs them, removed when none does.

use super::{
    failure::{failed, is, is_absence},
    lock::Lock,
    permissions,
    place::{Kind, Place, TEMPORARIES},
    temporary::Temporary,
};
use rustix::io::Errno;
use std::{
    fs::{self, File},
    io,
    path::Path,
};
use trunks_core::store::StoreError;

/// How often a race with someone who removes a directory while we fill it, or the other way round, is
/// run again.
pub(super) const ATTEMPTS: u32 = 64;

/// Makes the root and what is missing above it.
pub(super) fn make_root(root: &Path) -> io::Result<()> {
    if root.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(root)?;
    root.parent().map_or(Ok(()), sync)
}

/// Makes `directory`, which lies below the place's root, and what is missing in between.
///
/// Never the root itself: a missing root may be a disk that is not mounted.
pub(super) fn make(place: &Place, directory: &Path) -> Result<(), StoreError> {
    for _ in 0..ATTEMPTS {
        match make_below(place, directory) {
            Ok(()) => return Ok(()),
            // Removed again by someone who found it empty.
            Err(error) if is(&error, Errno::NOENT) && place.root.is_dir() => {}
            Err(error) if is(&error, Errno::NOENT) => {
                return Err(place.failed(format!(
                    "the store's directory {} is not there: mount it, or make it",
                    place.root.display()
                )));
            }
            Err(error) if is(&error, Errno::NOTDIR) || is(&error, Errno::EXIST) => {
                return Err(place.failed(format!(
                    "a file stands where the directory {} is needed: remove one or choose another \
                     name",
                    directory.display()
                )));
            }
            Err(error) => return Err(failed(&place.key, "make the directory", directory, &error)),
        }
    }
    Err(place.failed(format!("the directory {} is removed again and again", directory.display())))
}

fn make_below(place: &Place, directory: &Path) -> io::Result<()> {
    let root = place.root.as_path();
    if directory == root {
        return if root.is_dir() { Ok(()) } else { Err(Errno::NOENT.into()) };
    }
    match make_one(place, directory) {
        Err(error) if is(&error, Errno::NOENT) => {
            make_below(place, directory.parent().unwrap_or(root))?;
            make_one(place, directory)
        }
        done => done,
    }
}

/// Makes `directory` in a parent that is there. "No entry" also where one was there and is gone again.
fn make_one(place: &Place, directory: &Path) -> io::Result<()> {
    match fs::create_dir(directory) {
        Ok(()) => {
            permissions::adjust_directory(place.sharing, directory)?;
            directory.parent().map_or(Ok(()), sync)
        }
        Err(error) if is(&error, Errno::EXIST) => match fs::metadata(directory) {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(_) => Err(error),
            Err(_) if directory.is_symlink() => Err(error),
            Err(absence) => Err(absence),
        },
        Err(error) => Err(error),
    }
}

/// Makes the names in `directory` survive a power cut.
pub(super) fn sync(directory: &Path) -> io::Result<()> {
    match File::open(directory)?.sync_all() {
        // Some filesystems cannot do it to directories, and say so.
        Err(error) if is(&error, Errno::INVAL) => Ok(()),
        done => done,
    }
}

/// Makes the directories without which git does not take the place for a repository.
pub(super) fn make_skeleton(place: &Place) -> Result<(), StoreError> {
    let Some(trunk) = &place.trunk else { return Ok(()) };
    make(place, &trunk.join("refs/heads"))?;
    make(place, &trunk.join("objects/pack"))
}

/// Removes `directory` and the directories below it, if there is no file among them.
///
/// Returns whether it is gone.
pub(super) fn remove_empty(directory: &Path) -> io::Result<bool> {
    let mut frames = vec![(directory.to_owned(), false)];
    while let Some((path, is_read)) = frames.pop() {
        if is_read {
            match fs::remove_dir(&path) {
                Ok(()) => {}
                Err(error) if is(&error, Errno::NOENT) => {}
                Err(error) if is(&error, Errno::NOTEMPTY) || is(&error, Errno::EXIST) => {
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
            continue;
        }
        frames.push((path.clone(), true));
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if is(&error, Errno::NOENT) => continue,
            Err(error) if is_absence(&error) => return Ok(false),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                return Ok(false);
            }
            frames.push((entry.path(), false));
        }
    }
    Ok(true)
}

/// Removes the directories that the deletion of `place` has left empty.
///
/// In a repository only below `refs/heads`, `refs/tags` and their like, as git does. Of one that has
/// no `HEAD` any more, all of it. What cannot be removed stays: it is invisible.
pub(super) fn prune(place: &Place) {
    let Some(trunk) = &place.trunk else {
        climb(place.directory(), &place.root);
        let _ = fs::remove_dir(&place.temporaries);
        return;
    };
    if fs::symlink_metadata(trunk.join("HEAD")).is_ok() {
        let refs = trunk.join("refs");
        if let Ok(below) = place.directory().strip_prefix(&refs)
            && let Some(kind) = below.components().next()
        {
            climb(place.directory(), &refs.join(kind));
        }
        return;
    }
    if prune_headless(place, trunk).is_some() {
        let _ = fs::remove_dir(trunk.join(TEMPORARIES));
        climb(trunk, &place.root.join("trunks"));
    }
}

/// Prunes a repository without `HEAD`, under the lock of `HEAD`: so nobody makes it anew meanwhile.
///
/// Returns `None` when something is left.
fn prune_headless(place: &Place, trunk: &Path) -> Option<()> {
    let head = Place { path: trunk.join("HEAD"), kind: Kind::Head, ..place.clone() };
    let temporary = Temporary::create(&head).ok()?;
    let _lock = Lock::try_acquire(&head, &temporary)?;
    if fs::symlink_metadata(&head.path).is_ok() {
        return None;
    }
    climb(place.directory(), trunk);
    for entry in fs::read_dir(trunk).ok()? {
        let entry = entry.ok()?;
        let name = entry.file_name();
        if name == TEMPORARIES || name == "HEAD.lock" {
            continue;
        }
        if !entry.file_type().ok()?.is_dir() || !remove_empty(&entry.path()).ok()? {
            return None;
        }
    }
    Some(())
}

/// Removes empty directories from `directory` upwards, `top` excluded.
fn climb(directory: &Path, top: &Path) {
    let mut directory = directory;
    while directory != top && directory.starts_with(top) {
        if fs::remove_dir(directory).is_err() {
            return;
        }
        let Some(parent) = directory.parent() else { return };
        directory = parent;
    }
}
