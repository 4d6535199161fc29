//! A store in a directory of a server that speaks SFTP, which stock git there may read and write at
//! the same time.
//!
//! A key is the path of a file below the root. What stands there is a plain bare repository. The server
//! is reached by the user's own `ssh`, so that whatever works for `ssh user@host` works here.
//!
//! # How a value is replaced
//!
//! SFTP has no compare-and-swap, no inodes and no `flock`, and an order that was given may be carried
//! out long after its giver is gone. So the lock is one that guards itself:
//!
//! 1. A token is made up, which names its owner. The bytes go to `.trunks-tmp/T/T/value`, where `T` is
//!    the token, and are synced.
//! 2. `.trunks-tmp/T` is renamed to `<key>.lock`. That succeeds where nothing or an empty directory
//!    stands, and fails where git or one of ours holds the lock. Git fails or waits where it finds it.
//! 3. Under the lock the present value is compared with what the caller expects.
//! 4. `<key>.lock/T/value` is renamed to `<key>`. A value is deleted by renaming it to
//!    `<key>.lock/T/gone`.
//! 5. The directories are removed, the inner one first.
//!
//! A client that dies between 2 and 5 leaves the lock. Whoever finds one and the same token in it for
//! ten seconds breaks it: `<key>.lock/T` is renamed back to `.trunks-tmp/T`, and `<key>.lock` is removed
//! if it is empty. Breaking a lock whose owner is alive after all does no harm: step 4 can succeed only
//! while `T` is in the lock, so an owner that was only slow, or whose order is still on its way, fails
//! and starts again with a new token. What is removed is a name that only one owner has ever had, or
//! an empty directory: so nobody can remove somebody else's lock. No clocks are compared.
//!
//! A lock that is a file is git's, and is never removed: it is waited for, then named in an error.
//!
//! Packs and loose objects are named by their content and need no lock: they are linked (where nothing
//! may be there) or renamed into place.
//!
//! When a connection is lost in step 4, the answer is learned from where the value lies, on a new
//! connection, after the lock was broken as above.
//!
//! # What the server must know
//!
//! `posix-rename@openssh.com`, or nothing can be written. Without `hardlink@openssh.com` packs are
//! locked too; without `fsync@openssh.com` a power cut may undo what was acknowledged.
//!
//! # Versions
//!
//! Values are marked by a hash of their bytes: to tell one from another there is else no more than size
//! and a time in seconds. Those are the mark of packs and loose objects of more than 64 KiB, whose
//! names stand for their content; one that replaces another is given a later time.

mod askpass;
mod config;
mod connect;
mod denial;
mod directory;
mod failure;
mod list;
mod lock;
mod pool;
mod read;
mod remove;
mod session;
mod temporary;
mod told;
mod upload;
mod write;

use super::place;
use place::Place;
use pool::{Pool, Tries};
use std::{
    collections::HashMap,
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use trunks_core::store::{Expected, Page, PartId, Store, StoreError, UploadId, Value, Version};
use upload::Upload;

pub use config::SftpConfig;

/// A store on a server that speaks SFTP. Cheap to clone: clones share the connection and the uploads.
#[derive(Clone, Debug)]
pub struct Sftp {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    pool: Pool,
    uploads: Mutex<HashMap<String, Arc<Upload>>>,
    next_upload: AtomicU64,
}

impl Sftp {
    /// The store that `config` describes. Connects to nobody yet.
    ///
    /// # Errors
    /// `Failed`: the configuration cannot be that of any server.
    pub fn new(config: SftpConfig) -> Result<Self, StoreError> {
        config.check()?;
        let root = if config.root.is_empty() { "." } else { &config.root };
        Ok(Self {
            inner: Arc::new(Inner {
                root: PathBuf::from(root),
                pool: Pool::new(config),
                uploads: Mutex::default(),
                next_upload: AtomicU64::new(1),
            }),
        })
    }

    /// Makes the root directory and what is missing above it, if it is not there yet.
    ///
    /// # Errors
    /// `Denied`, `Failed`: it cannot be made. `Unavailable`: the server did not answer.
    pub async fn make_root(&self) -> Result<(), StoreError> {
        let pool = &self.inner.pool;
        let mut tries = Tries::new("");
        loop {
            let session = pool.any_session().await?;
            match directory::make_root(&session, &self.inner.root).await {
                Ok(()) => return Ok(()),
                Err(fault) => pool.again(&mut tries, &session, fault).await?,
            }
        }
    }

    /// Removes what killed clients have left of the writes to `key`'s repository in the directory of
    /// temporary files, if it is `old_s` seconds old by the server's clock. The first write of a process
    /// does so by itself with what is a day old.
    ///
    /// # Errors
    /// `Unavailable`, `Denied`, `Failed`: the directory cannot be read, or nothing be made in it.
    pub async fn sweep(&self, key: &str, old_s: u64) -> Result<(), StoreError> {
        let (place, pool) = (self.writable(key)?, &self.inner.pool);
        let mut tries = Tries::new(key);
        loop {
            let session = pool.session(&place).await?;
            match temporary::sweep_older(&session, &place, old_s).await {
                Ok(()) => return Ok(()),
                Err(fault) => pool.again(&mut tries, &session, fault).await?,
            }
        }
    }

    /// The root directory on the server.
    pub fn root(&self) -> &Path {
        &self.inner.root
    }

    fn place(&self, key: &str) -> Result<Place, StoreError> {
        Place::new(&self.inner.root, key)
    }

    fn writable(&self, key: &str) -> Result<Place, StoreError> {
        directory::refuse_lock(key)?;
        Place::writable(&self.inner.root, key)
    }
}

impl Inner {
    fn uploads(&self) -> MutexGuard<'_, HashMap<String, Arc<Upload>>> {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, id: &UploadId) -> Result<Arc<Upload>, StoreError> {
        self.uploads().get(&id.0).cloned().ok_or_else(|| spent(id))
    }

    /// Finds it and forgets it.
    fn take(&self, id: &UploadId) -> Result<Arc<Upload>, StoreError> {
        self.uploads().remove(&id.0).ok_or_else(|| spent(id))
    }
}

fn spent(id: &UploadId) -> StoreError {
    let key = id.0.split_once(':').map_or("", |(_, key)| key).to_owned();
    StoreError::Failed { key, reason: "this upload was finished or aborted".to_owned() }
}

impl Store for Sftp {
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Value>, StoreError> {
        let place = self.place(key)?;
        let pool = &self.inner.pool;
        let mut tries = Tries::new(key);
        loop {
            let session = pool.session(&place).await?;
            match read::get(&session, &place, range.clone()).await {
                Ok(value) => return Ok(value),
                Err(fault) => pool.again(&mut tries, &session, fault).await?,
            }
        }
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        write::put(&self.inner.pool, &self.writable(key)?, &bytes, &expected).await
    }

    async fn delete(&self, key: &str, expected: Expected) -> Result<(), StoreError> {
        remove::delete(&self.inner.pool, &self.writable(key)?, &expected).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        let pool = &self.inner.pool;
        let mut tries = Tries::new(prefix);
        loop {
            let session = pool.any_session().await?;
            match list::list(&session, &self.inner.root, prefix, after, limit).await {
                Ok(page) => return Ok(page),
                Err(fault) => pool.again(&mut tries, &session, fault).await?,
            }
        }
    }

    async fn upload_start(&self, key: &str) -> Result<UploadId, StoreError> {
        let upload = Upload::start(&self.inner.pool, self.writable(key)?).await?;
        let number = self.inner.next_upload.fetch_add(1, Ordering::Relaxed);
        let id = format!("{number}:{key}");
        self.inner.uploads().insert(id.clone(), Arc::new(upload));
        Ok(UploadId(id))
    }

    async fn upload_part(
        &self,
        upload: &UploadId,
        number: u32,
        bytes: Vec<u8>,
    ) -> Result<PartId, StoreError> {
        self.inner.find(upload)?.write_part(&self.inner.pool, number, &bytes).await
    }

    async fn upload_finish(
        &self,
        upload: &UploadId,
        parts: Vec<PartId>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        self.inner.take(upload)?.finish(&self.inner.pool, &parts, &expected).await
    }

    async fn upload_abort(&self, upload: &UploadId) -> Result<(), StoreError> {
        let taken = self.inner.take(upload);
        if let Ok(taken) = taken {
            taken.abort(&self.inner.pool).await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
