//! Temporary files, and the removal of those whose makers are dead.
//!
//! A maker holds its file by `flock`. So a file whose `flock` can be had was left behind.

use super::{
    directory::{self, ATTEMPTS},
    failure::{failed, is},
    keeps, node, permissions,
    place::{Kind, LOCK, Place},
    shared,
};
use rustix::{
    fs::{FlockOperation, flock},
    io::{Errno, retry_on_intr},
};
use std::{
    ffi::OsStr,
    fs::{self, File, Metadata, OpenOptions},
    io,
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};
use trunks_core::store::StoreError;

/// A file that is to become a value. Removed when dropped.
#[derive(Debug)]
pub(super) struct Temporary {
    pub path: PathBuf,
    pub file: File,
    is_gone: AtomicBool,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

impl Temporary {
    /// Makes an empty file for the value at `place`.
    pub fn create(place: &Place) -> Result<Self, StoreError> {
        let directory = &place.temporaries;
        let label = label(place);
        // As git does: nobody is to change a pack by mistake.
        let mode = if place.kind == Kind::Object { 0o444 } else { 0o666 };
        for _ in 0..ATTEMPTS {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = directory.join(format!("{}-{number}-{label}", process::id()));
            match hold_new(&path, mode) {
                Ok(Some(file)) => {
                    let made = Self { path, file, is_gone: AtomicBool::new(false) };
                    permissions::adjust(place.sharing, &made.file).map_err(|error| {
                        failed(&place.key, "set the mode of", &made.path, &error)
                    })?;
                    return Ok(made);
                }
                // Taken for one that was left behind, or a name that another process has.
                Ok(None) => {}
                Err(error) if is(&error, Errno::EXIST) => {}
                Err(error) if is(&error, Errno::NOENT) => directory::make(place, directory)?,
                Err(error) if is(&error, Errno::NOTDIR) => directory::make(place, directory)?,
                Err(error) => return Err(failed(&place.key, "write in", directory, &error)),
            }
        }
        Err(place.failed(format!("no temporary file can be made in {}", directory.display())))
    }

    /// Gives the file one more name, unless something has that name.
    ///
    /// A share whose answer was lost is asked again by the system, and then says that the name is
    /// taken: by this very file.
    pub fn link(&self, name: &Path) -> io::Result<()> {
        match fs::hard_link(&self.path, name) {
            Err(error) if is(&error, Errno::EXIST) && self.is_named(name) => Ok(()),
            linked => linked,
        }
    }

    /// Whether `name` is a name of the file.
    pub fn is_named(&self, name: &Path) -> bool {
        self.file.metadata().is_ok_and(|own| names(name, &own))
    }

    /// Moves the file to `name`, over whatever is there.
    pub fn rename(&self, name: &Path) -> io::Result<()> {
        fs::rename(&self.path, name)?;
        self.is_gone.store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// The name goes before the `flock` does: a name without one was left behind.
impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.is_gone.load(Ordering::Relaxed) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether a hard link was refused for what the filesystem is.
pub(super) fn has_no_links(error: &io::Error) -> bool {
    [Errno::PERM, Errno::OPNOTSUPP, Errno::NOSYS, Errno::MLINK, Errno::XDEV]
        .iter()
        .any(|&errno| is(error, errno))
}

/// The temporary files in `directory` whose makers live, for values whose names end with `name`.
pub(super) fn living(directory: &Path, name: &str) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let is_labelled = move |entry: &fs::DirEntry| {
        label_of(directory, &entry.file_name()).is_some_and(|label| label.ends_with(name))
    };
    entries.filter(is_labelled).map(|entry| entry.path()).filter(|path| {
        File::open(path)
            .is_ok_and(|file| flock(&file, FlockOperation::NonBlockingLockShared).is_err())
    })
}

/// Removes the files in `directory` whose makers are dead, and what locks or keeps by the same files.
///
/// `lock`: a lock that someone waits for, in case its temporary file does not say what it is for.
/// What cannot be removed stays: it harms nobody, or is met again as a lock and then told of.
pub(super) fn sweep(directory: &Path, lock: Option<&Path>) {
    sweep_where(directory, lock, shared::is_shared);
    node::sweep(directory, lock);
}

/// The same, where `is_shared` says whether a file lies on a share: there who holds a `flock` on
/// another machine may not be seen here, so that only what is old is taken for left behind, and no lock
/// is removed.
fn sweep_where(directory: &Path, lock: Option<&Path>, is_shared: impl Fn(&File) -> bool) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(file) = File::open(&path) else { continue };
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            continue;
        }
        // From here on, and as long as `file` is open, nobody else removes it.
        let Ok(metadata) = file.metadata() else { continue };
        if !names(&path, &metadata) {
            continue;
        }
        let label = label_of(directory, &entry.file_name());
        let kept = label.as_deref().map(keeps::kept).unwrap_or_default();
        let locks = label.as_deref().map(lock_of).into_iter().chain(lock.map(Path::to_owned));
        let is_shared = is_shared(&file);
        if is_shared && !is_old(&metadata) {
            continue;
        }
        let is_its_own = |other: &PathBuf| metadata.nlink() > 1 && names(other, &metadata);
        for keep in kept.into_iter().filter(is_its_own) {
            let _ = fs::remove_file(&keep);
            keeps::hand_on(&keep, &path);
        }
        for lock in locks.filter(|_| !is_shared).filter(is_its_own) {
            let _ = fs::remove_file(lock);
        }
        // What is left may be a lock that we do not know of, or that is not to be judged.
        let links = file.metadata().map_or(0, |metadata| metadata.nlink());
        if links == 1 || (label.is_some() && !is_shared) {
            let _ = fs::remove_file(&path);
        }
    }
}

/// Whether nobody has written to a file for longer than any write takes.
fn is_old(file: &Metadata) -> bool {
    const OLD: Duration = Duration::from_secs(2 * 24 * 60 * 60);
    file.modified().is_ok_and(|then| then.elapsed().is_ok_and(|age| age > OLD))
}

/// Makes a new file and holds it. `None`: someone removed it before it was held.
fn hold_new(path: &Path, mode: u32) -> io::Result<Option<File>> {
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(mode).open(path)?;
    match retry_on_intr(|| flock(&file, FlockOperation::LockExclusive)) {
        Ok(()) => {}
        // No `flock` here: then nobody can have it, and nothing is ever taken for left behind.
        Err(Errno::NOLCK | Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => {}
        Err(error) => return Err(error.into()),
    }
    Ok((file.metadata()?.nlink() > 0).then_some(file))
}

/// Whether `path` is a name of the file.
pub(super) fn names(path: &Path, file: &Metadata) -> bool {
    fs::symlink_metadata(path)
        .is_ok_and(|found| found.ino() == file.ino() && found.dev() == file.dev())
}

/// Longest label, in bytes, that leaves room in a file name for what stands before it.
const LABEL_BYTES: usize = 200;

/// The path that a temporary file is for, as one segment; empty if it would be too long.
fn label(place: &Place) -> String {
    let home = place.temporaries.parent().unwrap_or(&place.root);
    let Ok(path) = place.path.strip_prefix(home) else { return String::new() };
    let label = path.to_string_lossy().replace('%', "%25").replace('/', "%2F");
    if label.len() > LABEL_BYTES { String::new() } else { label }
}

/// The path that a temporary file is for, if it says.
fn label_of(directory: &Path, name: &OsStr) -> Option<PathBuf> {
    let label = name.as_bytes().splitn(3, |&byte| byte == b'-').nth(2)?;
    let path = str::from_utf8(label).ok()?.replace("%2F", "/").replace("%25", "%");
    (!path.is_empty()).then(|| directory.parent().map(|home| home.join(path)))?
}

fn lock_of(path: &Path) -> PathBuf {
    let mut lock = path.to_owned().into_os_string();
    lock.push(LOCK);
    lock.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aged(path: &Path, days: u64) {
        let file = File::create(path).expect("made");
        let age = Duration::from_secs(days * 24 * 60 * 60);
        file.set_modified(std::time::SystemTime::now() - age).expect("set");
    }

    #[test]
    fn on_a_share_only_what_is_old_and_no_lock_is_swept() {
        let directory = tempfile::tempdir().expect("a directory");
        let temporaries = directory.path().join(".trunks-tmp");
        fs::create_dir(&temporaries).expect("made");
        let path = |name: &str| temporaries.join(name);
        for (name, days) in [("1-1-new", 0), ("1-2-old", 3), ("1-3-main", 3)] {
            aged(&path(name), days);
        }
        let lock = directory.path().join("main.lock");
        fs::hard_link(path("1-3-main"), &lock).expect("linked");
        sweep_where(&temporaries, Some(&lock), |_| true);
        assert!(path("1-1-new").exists() && path("1-3-main").exists() && lock.exists());
        assert!(!path("1-2-old").exists());
        sweep_where(&temporaries, Some(&lock), |_| false);
        assert!(!path("1-1-new").exists() && !path("1-3-main").exists() && !lock.exists());
    }

    #[test]
    fn a_link_that_was_made_already_is_ours() {
        let directory = tempfile::tempdir().expect("a directory");
        let place = Place::writable(directory.path(), "key").expect("a place");
        let temporary = Temporary::create(&place).expect("made");
        let other = Temporary::create(&place).expect("made");
        let name = directory.path().join("name");
        temporary.link(&name).expect("linked");
        temporary.link(&name).expect("the answer was lost, and it is asked again");
        let error = other.link(&name).expect_err("another file has the name");
        assert!(is(&error, Errno::EXIST), "{error}");
    }
}
