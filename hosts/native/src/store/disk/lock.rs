//! Git's lock of a file: `<file>.lock`, made exclusively.

use super::{
    directory::{self, ATTEMPTS},
    failure::{failed, is},
    place::Place,
    temporary::{self, Temporary, has_no_links},
};
use rustix::io::Errno;
use std::{
    fs::{self, OpenOptions},
    hash::{BuildHasher, Hasher, RandomState},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};
use trunks_core::store::StoreError;

/// How long one and the same lock of someone else is waited for. Git itself holds one for
/// milliseconds, and gives up on ours after 0.1 to 1 second.
const ONE_LOCK: Duration = Duration::from_secs(5);
/// How long a file is waited for that others lock again and again.
const BUSY: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);
/// From this pause on, whoever holds the lock may well be dead.
const SUSPICION: Duration = Duration::from_millis(4);

/// The lock of a place, held. Given up when dropped.
#[derive(Debug)]
pub(super) struct Lock<'a> {
    place: &'a Place,
    temporary: &'a Temporary,
    path: PathBuf,
    form: Form,
}

#[derive(Debug, PartialEq, Eq)]
enum Form {
    /// The lock is one more name of the temporary file.
    Linked,
    /// The lock is an empty file, since there are no hard links here.
    Exclusive,
    /// It was given up.
    Released,
}

impl<'a> Lock<'a> {
    /// Waits for the lock of `place` and takes it. `temporary`: the value to be.
    pub fn acquire(place: &'a Place, temporary: &'a Temporary) -> Result<Self, StoreError> {
        let path = place.lock();
        let mut wait = Wait::new();
        let mut attempts = 0;
        loop {
            let error = match take(temporary, &path) {
                Ok(form) => return Ok(Self { place, temporary, path, form }),
                Err(error) => error,
            };
            if is(&error, Errno::EXIST) {
                wait.pause(place, &path)?;
            } else if attempts < ATTEMPTS && is_missing_directory(&error) {
                attempts += 1;
                directory::make(place, place.directory())?;
            } else {
                return Err(failed(&place.key, "make the lock", &path, &error));
            }
        }
    }

    /// Takes the lock if it is free and its directory is there.
    pub fn try_acquire(place: &'a Place, temporary: &'a Temporary) -> Option<Self> {
        let path = place.lock();
        let form = take(temporary, &path).ok()?;
        Some(Self { place, temporary, path, form })
    }

    /// Makes the temporary file the value at the place, and gives the lock up.
    pub fn replace(mut self) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS {
            let moved = match self.form {
                Form::Linked => fs::rename(&self.path, &self.place.path),
                _ => self.temporary.rename(&self.place.path),
            };
            match moved {
                Ok(()) => {
                    if self.form == Form::Linked {
                        self.form = Form::Released;
                    }
                    return Ok(());
                }
                Err(error)
                    if [Errno::ISDIR, Errno::NOTEMPTY, Errno::EXIST]
                        .iter()
                        .any(|&errno| is(&error, errno)) =>
                {
                    self.clear_way()?;
                }
                Err(error) => return Err(self.failed("write", &error)),
            }
        }
        Err(self.in_the_way())
    }

    /// Removes empty directories that stand where the value is to be: git leaves them behind.
    fn clear_way(&self) -> Result<(), StoreError> {
        match directory::remove_empty(&self.place.path) {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.in_the_way()),
            Err(error) => Err(self.failed("remove the empty directory", &error)),
        }
    }

    fn in_the_way(&self) -> StoreError {
        self.place.failed(format!(
            "the directory {} is in the way and holds files: remove them or choose another name",
            self.place.path.display()
        ))
    }

    fn failed(&self, action: &str, error: &io::Error) -> StoreError {
        failed(&self.place.key, action, &self.place.path, error)
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        if self.form != Form::Released {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether a link or a file could not be made for want of its directory.
pub(super) fn is_missing_directory(error: &io::Error) -> bool {
    is(error, Errno::NOENT) || is(error, Errno::NOTDIR)
}

fn take(temporary: &Temporary, path: &Path) -> io::Result<Form> {
    match temporary.link(path) {
        Ok(()) => Ok(Form::Linked),
        Err(error) if has_no_links(&error) => {
            OpenOptions::new().write(true).create_new(true).open(path).map(|_| Form::Exclusive)
        }
        Err(error) => Err(error),
    }
}

/// The wait for someone else's lock.
struct Wait {
    started: Instant,
    /// The lock that was last met, and when first.
    met: Option<((u64, i64, i64), Instant)>,
    pause: Duration,
}

impl Wait {
    fn new() -> Self {
        Self { started: Instant::now(), met: None, pause: FIRST_PAUSE }
    }

    fn pause(&mut self, place: &Place, lock: &Path) -> Result<(), StoreError> {
        let found = match fs::symlink_metadata(lock) {
            Ok(found) => found,
            Err(error) if is(&error, Errno::NOENT) => return Ok(()),
            Err(error) => return Err(failed(&place.key, "look at", lock, &error)),
        };
        let identity = (found.ino(), found.ctime(), found.ctime_nsec());
        let since = match self.met {
            Some((met, since)) if met == identity => since,
            _ => Instant::now(),
        };
        self.met = Some((identity, since));
        if self.pause >= SUSPICION {
            temporary::sweep(&place.temporaries, Some(lock));
        }
        if since.elapsed() >= ONE_LOCK {
            return Err(place.failed(format!(
                "{} has been held for {} s: if no git or trunks process is running there, remove it \
                 and try again",
                lock.display(),
                ONE_LOCK.as_secs()
            )));
        }
        if self.started.elapsed() >= BUSY {
            let reason = format!("others have kept {} for {} s", lock.display(), BUSY.as_secs());
            return Err(StoreError::Unavailable { key: place.key.clone(), reason });
        }
        // Between half a pause and a whole one, so that those who wait do not march in step.
        let half = self.pause / 2;
        let spread = RandomState::new().build_hasher().finish() % 1024;
        thread::sleep(half + half * u32::try_from(spread).unwrap_or(0) / 1024);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }
}
