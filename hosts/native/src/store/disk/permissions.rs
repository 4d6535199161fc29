//! The modes of files and directories in a repository that several users share, as
//! `core.sharedRepository` of its `config` says. Elsewhere they are what the umask makes of them.

use super::{
    Inner,
    failure::{failed, is_absence},
    place::Place,
};
use std::{
    collections::HashMap,
    fs::{self, File, Metadata, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};
use trunks_core::{repository::Sharing, store::StoreError};

/// What each repository's `config` said when a store first wrote there.
#[derive(Debug, Default)]
pub(super) struct Sharings {
    known: Mutex<HashMap<PathBuf, Sharing>>,
}

impl Inner {
    /// Lets `place` know who shares its repository. Reads `config` once; while there is none, again.
    ///
    /// # Errors
    /// `Denied`, `Failed`: `config` cannot be read, or what it says of this means nothing.
    pub(super) fn share(&self, place: &mut Place) -> Result<(), StoreError> {
        let Some(trunk) = &place.trunk else { return Ok(()) };
        let known = || self.sharings.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&sharing) = known().get(trunk) {
            place.sharing = sharing;
            return Ok(());
        }
        let path = trunk.join("config");
        let config = match fs::read(&path) {
            Ok(config) => config,
            Err(error) if is_absence(&error) => return Ok(()),
            Err(error) => return Err(failed(&place.key, "read", &path, &error)),
        };
        place.sharing = Sharing::of_config(&config)
            .map_err(|error| place.failed(format!("{}: {error}", path.display())))?;
        known().insert(trunk.clone(), place.sharing);
        Ok(())
    }
}

/// Gives a file that was just made the mode that its repository's files have.
pub(super) fn adjust(sharing: Sharing, file: &File) -> io::Result<()> {
    if sharing == Sharing::Umask {
        return Ok(());
    }
    if let Some(mode) = changed(&file.metadata()?, |mode| sharing.file_mode(mode)) {
        file.set_permissions(Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// The same for a directory.
pub(super) fn adjust_directory(sharing: Sharing, directory: &Path) -> io::Result<()> {
    if sharing == Sharing::Umask {
        return Ok(());
    }
    let wanted = |mode| hand_group_down(sharing.directory_mode(mode));
    match changed(&fs::metadata(directory)?, wanted) {
        Some(mode) => fs::set_permissions(directory, Permissions::from_mode(mode)),
        None => Ok(()),
    }
}

/// What is made in a directory that its group may use gets that group: BSD's systems do so anyway.
fn hand_group_down(mode: u32) -> u32 {
    let is_bsd = cfg!(any(
        target_vendor = "apple",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd",
        target_os = "dragonfly"
    ));
    if is_bsd || mode & 0o060 == 0 { mode } else { mode | 0o2000 }
}

/// The mode that is wanted of a file, if it has another.
fn changed(found: &Metadata, wanted: impl Fn(u32) -> u32) -> Option<u32> {
    let present = found.permissions().mode() & 0o7777;
    let wanted = wanted(present) & 0o7777;
    (wanted != present).then_some(wanted)
}
