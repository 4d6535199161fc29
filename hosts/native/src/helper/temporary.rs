//! Directories that are gone when the process ends, by a signal too.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process,
    sync::{Mutex, Once, PoisonError},
};

/// A directory that is removed with all that it holds when it is dropped.
///
/// It bears a name that `git prune` removes as well, should the process be killed.
#[derive(Debug)]
pub struct TemporaryDir {
    path: PathBuf,
}

static LIVE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
static WATCH: Once = Once::new();

impl TemporaryDir {
    /// Makes one below a repository's directory of objects.
    pub fn new(objects: &Path) -> io::Result<Self> {
        WATCH.call_once(|| {
            // Without the watch a signal leaves the directory to `git prune`: not worth failing.
            let _ = ctrlc::set_handler(remove_all_and_exit);
        });
        let mut live = LIVE.lock().unwrap_or_else(PoisonError::into_inner);
        let path =
            tempfile::Builder::new().prefix("tmp_objdir-trunks-").tempdir_in(objects)?.keep();
        live.push(path.clone());
        Ok(Self { path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TemporaryDir {
    fn drop(&mut self) {
        let mut live = LIVE.lock().unwrap_or_else(PoisonError::into_inner);
        live.retain(|path| *path != self.path);
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Holds on to the lock until the process is gone, so that no new directory is made meanwhile.
fn remove_all_and_exit() {
    let live = LIVE.lock().unwrap_or_else(PoisonError::into_inner);
    for path in live.iter() {
        let _ = fs::remove_dir_all(path);
    }
    process::exit(INTERRUPTED);
}

/// As a shell reports SIGINT.
const INTERRUPTED: i32 = 130;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_with_what_it_holds() {
        let objects = tempfile::tempdir().expect("a directory");
        let temporary = TemporaryDir::new(objects.path()).expect("made");
        fs::write(temporary.path().join("pack"), "bytes").expect("written");
        assert!(temporary.path().starts_with(objects.path()));
        drop(temporary);
        assert_eq!(fs::read_dir(objects.path()).expect("read").count(), 0);
    }
}
