//! A store in a directory, that stock git may read and write at the same time.
//!
//! A key is the path of a file below the root. What stands there is a plain bare repository, so this
//! store moves files the way git does and can be killed at any point.
//!
//! # How a value is replaced
//!
//! 1. The bytes go to a temporary file in `.trunks-tmp/` of the repository (of the root, for keys
//!    outside any repository), which its maker holds by `flock` until it is done with it, and are
//!    fsynced.
//! 2. The temporary file is hard-linked to `<key>.lock`: exclusive, as git's own `O_EXCL` is, and
//!    whole from its first moment on.
//! 3. Under the lock the present value is compared with what the caller expects.
//! 4. `<key>.lock` is renamed to `<key>`, the temporary name is unlinked, the directory is fsynced.
//!
//! Stock git that finds `<key>.lock` fails or waits, and so do we when we find git's. Git packs a ref
//! and removes its file under that lock too. So whoever creates a ref's file under the lock and finds
//! `packed-refs` as it was seen knows what the ref was, which its absence alone does not say: hence
//! [`Expected::AbsentBeside`].
//!
//! A killed process leaves a temporary file that nobody holds, and between steps 2 and 4 the lock
//! too. The lock's content is the value to be, so it cannot name its owner; but it is the same inode
//! as the temporary file. So a lock is stale exactly when it is the inode of a temporary file whose
//! `flock` can be had, and whoever gets that `flock` may remove both: the kernel lets one in, and
//! gives it up for the dead at once, also across a reboot or a container's edge. A lock that is not
//! ours is never removed: it is waited for, then named in an error. Of Node, which has no `flock`, the names
//! of temporary files say who made them (`node`).
//!
//! On a share (NFS, SMB, FUSE) the kernel may know nothing of a `flock` on another machine. There no lock is
//! taken for stale: one that a killed process left is waited for, then named in an error.
//!
//! Where a filesystem has no hard links, `<key>.lock` is made by `O_EXCL` alone. Then a kill between
//! steps 2 and 4 leaves a lock that only the user can judge.
//!
//! Packs and loose objects are named by their content and need no lock: they are linked (where
//! nothing may be there) or renamed into place. A `.keep` beside a pack keeps git from removing it before
//! a ref has moved to it.
//!
//! # Who else may use the files
//!
//! Where the repository's `config` says `core.sharedRepository`, every file and directory gets the mode
//! that git would give it, a file before it gets its name.
//!
//! # What survives a power cut
//!
//! A write that was acknowledged: the file, its name, and the directories that were made for it. Not
//! so `info/refs` and `objects/info/packs`, which are derived from the rest and written again by the
//! next push.
//!
//! # Versions
//!
//! A value of up to 64 KiB is marked by a hash of its bytes: a mark made of inode, size and time would
//! miss a rewrite of equal size within one tick of the clock. A larger one, and packs and loose
//! objects, are marked by inode, size and time of modification in nanoseconds.

mod blocking;
mod directory;
mod failure;
mod held;
mod keeps;
mod leftovers;
mod list;
mod lock;
mod node;
mod permissions;
mod read;
mod remove;
mod shared;
mod temporary;
mod upload;
mod write;

use super::place::{self, Place};
use blocking::blocking;
use failure::failed;
use held::Held;
use keeps::Keeps;
use permissions::Sharings;
use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
    time::Duration,
};
use trunks_core::store::{Expected, Page, PartId, Store, StoreError, UploadId, Value, Version};
use upload::Upload;

/// A store in a directory. Cheap to clone: clones share their uploads.
#[derive(Clone, Debug)]
pub struct Disk {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    uploads: Mutex<HashMap<String, Arc<Upload>>>,
    held: Held,
    keeps: Keeps,
    next_upload: AtomicU64,
    /// Directories of temporary files that this process has swept.
    swept: Mutex<HashSet<PathBuf>>,
    sharings: Sharings,
}

impl Disk {
    /// The store in the directory `root`. Touches nothing: where there is no such directory, the
    /// store is empty and cannot be written.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            inner: Arc::new(Inner {
                root: root.into(),
                uploads: Mutex::default(),
                held: Held::default(),
                keeps: Keeps::default(),
                next_upload: AtomicU64::new(1),
                swept: Mutex::default(),
                sharings: Sharings::default(),
            }),
        }
    }

    /// Makes the directory `root`, if it is not there yet, and opens the store in it.
    ///
    /// # Errors
    /// `Denied`, `Failed`: the directory cannot be made.
    pub fn create(root: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let root = root.into();
        directory::make_root(&root)
            .map_err(|error| failed("", "make the directory", &root, &error))?;
        Ok(Self::new(root))
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.inner.root
    }

    /// Removes what killed processes have left of the writes to `key`'s repository: temporary files
    /// and locks. The first write of a process does so by itself.
    pub fn sweep(&self, key: &str) -> Result<(), StoreError> {
        temporary::sweep(&Place::new(&self.inner.root, key)?.temporaries, None);
        Ok(())
    }

    /// The same, and what other programs have left there: git's locks that nobody touched for `grace`,
    /// whose keys are returned, and empty directories.
    ///
    /// # Errors
    /// `Denied`, `Failed`: a lock cannot be removed.
    pub fn clean(&self, key: &str, grace: Duration) -> Result<Vec<String>, StoreError> {
        self.sweep(key)?;
        leftovers::remove(&Place::new(&self.inner.root, key)?, grace)
    }
}

impl Inner {
    fn uploads(&self) -> MutexGuard<'_, HashMap<String, Arc<Upload>>> {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sweeps the place's temporary files on the first write there.
    fn sweep_once(&self, place: &Place) {
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if swept.insert(place.temporaries.clone()) {
            drop(swept);
            temporary::sweep(&place.temporaries, None);
        }
    }
}

/// Reads are plain system calls on the calling thread, since they are short. Writes wait for the
/// device, so they go to threads of their own, and several are under way at once.
impl Store for Disk {
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Value>, StoreError> {
        read::get(&Place::new(&self.inner.root, key)?, range, &self.inner.held)
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        let mut place = Place::writable(&self.inner.root, key)?;
        let inner = self.inner.clone();
        blocking(move || {
            inner.share(&mut place)?;
            inner.sweep_once(&place);
            inner.keeps.during(&place, || write::put(&place, &bytes, &expected))
        })
        .await
    }

    async fn delete(&self, key: &str, expected: Expected) -> Result<(), StoreError> {
        let mut place = Place::writable(&self.inner.root, key)?;
        let inner = self.inner.clone();
        blocking(move || {
            // A repository whose `config` is damaged can be deleted all the same.
            let _ = inner.share(&mut place);
            inner.sweep_once(&place);
            let deleted = remove::delete(&place, &expected);
            inner.held.release(&place);
            inner.keeps.release(&place);
            deleted
        })
        .await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        list::list(&self.inner.root, prefix, after, limit)
    }

    async fn upload_start(&self, key: &str) -> Result<UploadId, StoreError> {
        let mut place = Place::writable(&self.inner.root, key)?;
        let inner = self.inner.clone();
        blocking(move || {
            inner.share(&mut place)?;
            inner.sweep_once(&place);
            upload::start(&inner, place)
        })
        .await
    }

    async fn upload_part(
        &self,
        upload: &UploadId,
        number: u32,
        bytes: Vec<u8>,
    ) -> Result<PartId, StoreError> {
        let open = upload::find(&self.inner, upload)?;
        blocking(move || open.write_part(number, &bytes)).await
    }

    async fn upload_finish(
        &self,
        upload: &UploadId,
        parts: Vec<PartId>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        let open = upload::take(&self.inner, upload)?;
        let inner = self.inner.clone();
        blocking(move || inner.keeps.during(open.place(), || open.finish(&parts, &expected))).await
    }

    async fn upload_abort(&self, upload: &UploadId) -> Result<(), StoreError> {
        // Dropping it removes its file.
        drop(upload::take(&self.inner, upload));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
