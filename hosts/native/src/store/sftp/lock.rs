//! The lock of a value: `<file>.lock`, which git would make too, in a form that SFTP can guard.
//!
//! See the page of this store for why it is a directory, and why it can be broken safely.

use super::{
    directory::{self, ATTEMPTS},
    failure::{Fault, fault, is_hopeless},
    list::entries,
    place::Place,
    session::{Refusal, Session},
    temporary::Temporary,
};
use futures_util::join;
use std::{
    hash::{BuildHasher, Hasher, RandomState},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use trunks_core::store::StoreError;

/// A lock of ours that is seen unchanged for so long is broken; one of git's is given up. Git itself
/// holds one for milliseconds, we for four round trips.
pub(super) const LEASE: Duration = Duration::from_secs(10);
/// How long a value is waited for that others lock again and again.
const BUSY: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// From this pause on it is worth a question who holds the lock.
const SUSPICION: Duration = Duration::from_millis(50);

/// The lock of a place, held. To be given up by [`Lock::release`].
#[derive(Debug)]
pub(super) struct Lock<'a> {
    session: &'a Session,
    place: &'a Place,
    temporary: &'a Temporary,
    path: PathBuf,
}

impl<'a> Lock<'a> {
    /// Waits for the lock of `place` and takes it. `temporary`: of the lockable form.
    pub async fn acquire(
        session: &'a Session,
        place: &'a Place,
        temporary: &'a Temporary,
    ) -> Result<Self, Fault> {
        let path = place.lock();
        let outer = temporary.outer();
        let mut wait = Wait::new();
        let mut attempts = 0;
        loop {
            let refusal = match session.rename(&outer, &path).await {
                Ok(()) => return Ok(Self { session, place, temporary, path }),
                Err(refusal) => refusal,
            };
            let is_held = match refusal {
                // Something stands there that is not an empty directory, or nothing may be moved there.
                Refusal::Failure => true,
                // A file stands there, or its directory is missing.
                Refusal::Missing => is_there(session, place, &path).await?,
                _ => false,
            };
            if is_held && wait.pause(session, place, &path, attempts).await? {
                attempts = 0;
                continue;
            }
            attempts += 1;
            if refusal == Refusal::Missing && attempts < ATTEMPTS {
                directory::make(session, place, place.directory()).await?;
            } else if refusal != Refusal::Failure
                || attempts >= ATTEMPTS
                || is_hopeless(session, &path).await
            {
                return Err(fault(session, &place.key, "make the lock", &path, refusal).await);
            }
        }
    }

    /// Takes the lock if it is free and its directory is there.
    pub async fn try_acquire(
        session: &'a Session,
        place: &'a Place,
        temporary: &'a Temporary,
    ) -> Option<Self> {
        let path = place.lock();
        session.rename(&temporary.outer(), &path).await.ok()?;
        Some(Self { session, place, temporary, path })
    }

    /// Where the value to be lies now.
    pub fn value(&self) -> PathBuf {
        self.temporary.value_in(&self.path)
    }

    /// Where a deleted value lies now.
    pub fn gone(&self) -> PathBuf {
        self.temporary.gone_in(&self.path)
    }

    /// Makes it the value at the place. Can succeed only while this lock was not broken.
    pub async fn replace(&self) -> Result<(), Fault> {
        let value = self.value();
        for _ in 0..ATTEMPTS {
            match self.session.rename(&value, &self.place.path).await {
                Ok(()) => return Ok(()),
                Err(Refusal::Missing) => return Err(Fault::Fenced),
                Err(refusal) => self.clear_way(refusal).await?,
            }
        }
        Err(self.in_the_way().into())
    }

    /// Removes the value at the place, if there is one. Can succeed only while this lock was not broken.
    pub async fn delete(&self) -> Result<bool, Fault> {
        let gone = self.gone();
        match self.session.rename(&self.place.path, &gone).await {
            Ok(()) => Ok(true),
            Err(Refusal::Missing) => {
                let token = self.path.join(&self.temporary.token);
                if is_there(self.session, self.place, &token).await? {
                    Ok(false)
                } else {
                    Err(Fault::Fenced)
                }
            }
            Err(refusal) => {
                let place = self.place;
                Err(fault(self.session, &place.key, "delete", &place.path, refusal).await)
            }
        }
    }

    /// Gives the lock up after its value was moved.
    pub async fn release(self) {
        let token = self.path.join(&self.temporary.token);
        let session = self.session;
        // The token goes only if it is still ours, and the lock only if it is empty.
        let removed = join!(session.remove_directory(&token), session.remove_directory(&self.path));
        if removed.0.is_err() {
            self.give_up().await;
        } else if removed.1.is_err() {
            let _ = session.remove_directory(&self.path).await;
        }
    }

    /// Gives the lock up with the file `left` in it: the value that was not wanted, or the deleted one.
    pub async fn release_with(self, left: &Path) {
        let token = self.path.join(&self.temporary.token);
        let session = self.session;
        let removed = join!(
            session.remove_file(left),
            session.remove_directory(&token),
            session.remove_directory(&self.path)
        );
        if removed.1.is_err() || removed.2.is_err() {
            self.give_up().await;
        }
    }

    /// Gives the lock up one step at a time. What fails is left to expire.
    async fn give_up(&self) {
        let (session, outer) = (self.session, self.temporary.outer());
        let _ = fence(session, &self.path, &self.temporary.token, &outer).await;
        self.temporary.remove(session).await;
    }

    /// Removes empty directories that stand where the value is to be: git leaves them behind.
    async fn clear_way(&self, refusal: Refusal) -> Result<(), Fault> {
        let (session, place) = (self.session, self.place);
        let is_directory = directory::look(session, place, &place.path).await?;
        if refusal != Refusal::Failure || is_directory != Some(true) {
            return Err(fault(session, &place.key, "write", &place.path, refusal).await);
        }
        match directory::remove_empty(session, &place.path).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.in_the_way().into()),
            Err(refusal) => {
                let action = "remove the empty directory";
                Err(fault(session, &place.key, action, &place.path, refusal).await)
            }
        }
    }

    fn in_the_way(&self) -> StoreError {
        self.place.failed(format!(
            "the directory {} is in the way and holds files: remove them or choose another name",
            self.place.path.display()
        ))
    }
}

/// Sees to it that nothing can be done any more under a lock that `temporary` may hold.
pub(super) async fn withdraw(
    session: &Session,
    place: &Place,
    temporary: &Temporary,
) -> Result<(), Refusal> {
    fence(session, &place.lock(), &temporary.token, &temporary.outer()).await
}

/// Takes the token out of a lock, so that its owner can do nothing under it, and the lock away.
async fn fence(session: &Session, lock: &Path, token: &str, outer: &Path) -> Result<(), Refusal> {
    match session.rename(&lock.join(token), outer).await {
        Ok(()) | Err(Refusal::Missing | Refusal::Failure) => {}
        Err(refusal) => return Err(refusal),
    }
    match session.remove_directory(lock).await {
        Err(refusal @ Refusal::Lost(_)) => Err(refusal),
        _ => Ok(()),
    }
}

async fn is_there(session: &Session, place: &Place, path: &Path) -> Result<bool, Fault> {
    match session.look_at_name(path).await {
        Ok(found) => Ok(found.is_some()),
        Err(refusal) => Err(fault(session, &place.key, "look at", path, refusal).await),
    }
}

/// The wait for someone else's lock.
struct Wait {
    started: Instant,
    /// Who was last seen to hold it, and when first.
    met: Option<(String, Instant)>,
    pause: Duration,
}

impl Wait {
    fn new() -> Self {
        Self { started: Instant::now(), met: None, pause: FIRST_PAUSE }
    }

    /// Waits a moment, and breaks the lock when it has stood for too long.
    ///
    /// Returns false when nobody holds it, which may be why it could not be taken, too.
    async fn pause(
        &mut self,
        session: &Session,
        place: &Place,
        lock: &Path,
        attempts: u32,
    ) -> Result<bool, Fault> {
        if self.started.elapsed() >= BUSY {
            let reason = format!("others have kept {} for {} s", lock.display(), BUSY.as_secs());
            return Err(StoreError::Unavailable { key: place.key.clone(), reason }.into());
        }
        if self.pause >= SUSPICION || attempts > 0 {
            let Some(holder) = holder(session, place, lock).await? else { return Ok(false) };
            let since = match self.met.take() {
                Some((met, since)) if met == holder.to_string() => since,
                _ => Instant::now(),
            };
            self.met = Some((holder.to_string(), since));
            if since.elapsed() >= LEASE {
                holder.give_up_on(session, place, lock).await?;
            }
        }
        // Between half a pause and a whole one, so that those who wait do not march in step.
        let half = self.pause / 2;
        let spread = RandomState::new().build_hasher().finish() % 1024;
        sleep(half + half * u32::try_from(spread).unwrap_or(0) / 1024).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(true)
    }
}

/// Who holds a lock.
#[derive(Debug)]
enum Holder {
    /// A client of ours, by its token.
    Token(String),
    /// Git, or someone else who makes a file: its size and time.
    File(u64, u32),
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Token(token) => f.write_str(token),
            Self::File(size, time) => write!(f, "/{size}/{time}"),
        }
    }
}

impl Holder {
    /// Breaks the lock of a client that must be dead; tells the user of any other.
    async fn give_up_on(&self, session: &Session, place: &Place, lock: &Path) -> Result<(), Fault> {
        match self {
            Self::Token(token) => {
                let outer = place.temporaries.join(token);
                match fence(session, lock, token, &outer).await {
                    Ok(()) => Ok(()),
                    Err(refusal) => {
                        Err(fault(session, &place.key, "break the lock", lock, refusal).await)
                    }
                }
            }
            Self::File(..) => Err(place
                .failed(format!(
                    "{} has been there for {} s on {}: if no git or trunks process is running there, \
                     remove it and try again",
                    lock.display(),
                    LEASE.as_secs(),
                    session.target()
                ))
                .into()),
        }
    }
}

/// Who holds `lock`; `None`: nobody.
async fn holder(session: &Session, place: &Place, lock: &Path) -> Result<Option<Holder>, Fault> {
    let failed = |refusal| fault(session, &place.key, "look at", lock, refusal);
    let found = match session.look_at_name(lock).await {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(None),
        Err(refusal) => return Err(failed(refusal).await),
    };
    if !found.file_type().is_some_and(|kind| kind.is_dir()) {
        let time = found.modified().map_or(0, |at| at.into_raw());
        return Ok(Some(Holder::File(found.len().unwrap_or(0), time)));
    }
    match entries(session, lock).await {
        Ok(entries) => Ok(entries.into_iter().next().map(|entry| Holder::Token(entry.name))),
        Err(refusal) => Err(failed(refusal).await),
    }
}
