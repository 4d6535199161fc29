//! Packs that are held open, so that whoever is reading one can go on when another process, such as
//! `git gc`, has put its objects elsewhere and removed it. Git holds its packs open for the same reason.

use super::{blocking::held_files_max, place::Place};
use std::{
    collections::HashMap,
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The packs that a store holds open.
#[derive(Debug, Default)]
pub(super) struct Held {
    packs: Mutex<Packs>,
}

#[derive(Debug, Default)]
struct Packs {
    files: HashMap<PathBuf, OpenPack>,
    uses: u64,
    most: Option<usize>,
}

#[derive(Debug)]
struct OpenPack {
    file: Arc<File>,
    last_use: u64,
}

impl Held {
    /// The file at `place`, if it is held.
    pub fn find(&self, place: &Place) -> Option<Arc<File>> {
        place.is_pack().then(|| self.packs().find(&place.path))?
    }

    /// Holds the file at `place`, if it is a pack.
    pub fn hold(&self, place: &Place, file: &Arc<File>) {
        if place.is_pack() {
            self.packs().hold(&place.path, file);
        }
    }

    /// Holds the pack of the idx at `place`, if it is one: whoever reads an idx reads the pack next.
    pub fn hold_pack_of(&self, place: &Place) {
        if !place.is_idx() {
            return;
        }
        let path = place.path.with_extension("pack");
        let mut packs = self.packs();
        if packs.find(&path).is_none()
            && let Ok(file) = File::open(&path)
        {
            packs.hold(&path, &Arc::new(file));
        }
    }

    /// Lets the file at `place` go: it was replaced or deleted.
    pub fn release(&self, place: &Place) {
        self.packs().files.remove(&place.path);
    }

    fn packs(&self) -> MutexGuard<'_, Packs> {
        self.packs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Packs {
    /// At most so many files are held.
    fn most(&mut self) -> usize {
        *self.most.get_or_insert_with(held_files_max)
    }

    fn find(&mut self, path: &Path) -> Option<Arc<File>> {
        self.uses += 1;
        let held = self.files.get_mut(path)?;
        held.last_use = self.uses;
        Some(held.file.clone())
    }

    fn hold(&mut self, path: &Path, file: &Arc<File>) {
        self.uses += 1;
        if self.files.len() >= self.most() {
            let oldest = self.files.iter().min_by_key(|(_, held)| held.last_use);
            if let Some(oldest) = oldest.map(|(path, _)| path.clone()) {
                self.files.remove(&oldest);
            }
        }
        let held = OpenPack { file: file.clone(), last_use: self.uses };
        self.files.insert(path.to_owned(), held);
    }
}
