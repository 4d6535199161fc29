//! Packs that git's repacking must let be: a `.keep` lies beside each until refs have moved to it.
//!
//! `git repack -ad` makes one pack of all that refs reach, and removes the others. A pack that a push has just
//! stored is reached by no ref yet. Git's own receive-pack lays a `.keep` beside it meanwhile, which repacking
//! respects, and so does this store, for as long as it is open: when it is dropped, its process has moved the
//! refs or given up.
//!
//! All that a store keeps in a repository are names of one temporary file. So whoever sweeps what the dead have
//! left knows them by their inode, as it does locks. Where there are no hard links, nothing is kept.
//!
//! Two may push the same pack at once, and only one of them can lay the `.keep`. So each first writes into its
//! temporary file what it keeps, and whoever takes a `.keep` away lays one for another who lives and wrote so.

use super::{
    directory::{self, ATTEMPTS},
    failure::{failed, is},
    lock::is_missing_directory,
    place::{KEEP, Place},
    temporary::{self, Temporary, has_no_links},
};
use rustix::io::Errno;
use std::{
    collections::HashMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};
use trunks_core::store::StoreError;

/// What a store keeps, by the directory of temporary files. Given up when dropped.
#[derive(Debug, Default)]
pub(super) struct Keeps {
    holders: Mutex<HashMap<PathBuf, Holder>>,
}

#[derive(Debug)]
struct Holder {
    temporary: Temporary,
    names: Vec<PathBuf>,
}

impl Keeps {
    /// Runs what stores a value at `place`, with a `.keep` beside it if that is a pack. A pack that was there
    /// already is kept as well.
    ///
    /// # Errors
    /// `Denied`, `Failed`: it cannot be kept. Those of `store`.
    pub fn during<T>(
        &self,
        place: &Place,
        store: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.keep(place)?;
        let stored = store();
        if stored.as_ref().is_err_and(|error| !matches!(error, StoreError::Conflict { .. })) {
            self.release(place);
        }
        stored
    }

    /// Keeps what was stored at `place` no longer: it was deleted.
    pub fn release(&self, place: &Place) {
        let mut holders = self.holders();
        if let Some(holder) = holders.get_mut(&place.temporaries).filter(|_| place.is_pack()) {
            holder.release(&place.path.with_extension("keep"));
            if holder.names.is_empty() {
                holders.remove(&place.temporaries);
            }
        }
    }

    fn keep(&self, place: &Place) -> Result<(), StoreError> {
        if !place.is_pack() {
            return Ok(());
        }
        let mut holders = self.holders();
        if !holders.contains_key(&place.temporaries) {
            let temporary = Temporary::create(&place.beside(KEEP))?;
            let holder = Holder { temporary, names: Vec::new() };
            holders.insert(place.temporaries.clone(), holder);
        }
        match holders.get_mut(&place.temporaries) {
            Some(holder) => holder.keep(place),
            None => Ok(()),
        }
    }

    fn holders(&self) -> MutexGuard<'_, HashMap<PathBuf, Holder>> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Holder {
    fn keep(&mut self, place: &Place) -> Result<(), StoreError> {
        let name = place.path.with_extension("keep");
        if self.names.contains(&name) {
            return Ok(());
        }
        let fail = |error| failed(&place.key, "keep the pack", &name, &error);
        // Before the name is asked for: who has it may be about to take it away.
        (&self.temporary.file).write_all(line_of(&name).as_bytes()).map_err(fail)?;
        self.names.push(name.clone());
        for _ in 0..ATTEMPTS {
            match self.temporary.link(&name) {
                Ok(()) => return Ok(()),
                Err(error) if is_missing_directory(&error) => {
                    directory::make(place, place.directory())?;
                }
                // Somebody keeps it already, and will hand it on.
                Err(error) if is(&error, Errno::EXIST) || has_no_links(&error) => return Ok(()),
                Err(error) => return Err(fail(error)),
            }
        }
        Err(place.failed(format!("{} is removed again and again", place.directory().display())))
    }

    fn release(&mut self, name: &Path) {
        self.names.retain(|own| own != name);
        self.let_go(name);
    }

    fn let_go(&self, name: &Path) {
        if self.temporary.is_named(name) {
            let _ = fs::remove_file(name);
            hand_on(name, &self.temporary.path);
        }
    }
}

/// The names go before the temporary file does, whose `flock` says that they are in use.
impl Drop for Holder {
    fn drop(&mut self) {
        for name in std::mem::take(&mut self.names) {
            self.let_go(&name);
        }
    }
}

/// Lays a `.keep` that was taken away for another who needs it: one whose temporary file lies beside `own` and says
/// so.
pub(super) fn hand_on(name: &Path, own: &Path) {
    let Some(directory) = own.parent() else { return };
    let needed = line_of(name);
    for other in temporary::living(directory, KEEP).filter(|other| other != own) {
        let says = fs::read_to_string(&other).unwrap_or_default();
        if says.split_inclusive('\n').any(|line| line == needed) {
            let _ = fs::hard_link(&other, name);
        }
    }
}

/// What a temporary file says of a `.keep` that its maker needs. All of them lie in one directory.
fn line_of(name: &Path) -> String {
    let name = name.file_name().unwrap_or_default().to_string_lossy();
    format!("{name}\n")
}

/// What may be kept beside the packs in the directory of `label`, which a temporary file is labelled with.
pub(super) fn kept(label: &Path) -> Vec<PathBuf> {
    let directory = label.parent().filter(|_| label.file_name().is_some_and(|name| name == KEEP));
    let Some(entries) = directory.and_then(|directory| fs::read_dir(directory).ok()) else {
        return Vec::new();
    };
    let names = entries.flatten().map(|entry| entry.path());
    names.filter(|name| name.extension().is_some_and(|end| end == "keep")).collect()
}
