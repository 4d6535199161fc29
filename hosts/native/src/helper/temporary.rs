//! Directories that are gone when the process ends, by a signal too.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{self, Child},
    sync::{Mutex, MutexGuard, Once, PoisonError},
};

/// A directory that is removed with all that it holds when it is dropped.
///
/// It bears a name that `git prune` removes as well, should the process be killed.
#[derive(Debug)]
pub struct TemporaryDir {
    path: PathBuf,
}

/// What must not outlive the process.
#[derive(Debug)]
struct Live {
    dirs: Vec<PathBuf>,
    children: Vec<u32>,
}

static LIVE: Mutex<Live> = Mutex::new(Live { dirs: Vec::new(), children: Vec::new() });
static WATCH: Once = Once::new();

impl TemporaryDir {
    /// Makes one below a repository's directory of objects.
    pub fn new(objects: &Path) -> io::Result<Self> {
        WATCH.call_once(|| {
            // Without the watch a signal leaves the directory to `git prune`: not worth failing.
            let _ = ctrlc::set_handler(remove_all_and_exit);
        });
        let mut live = live();
        let path =
            tempfile::Builder::new().prefix("tmp_objdir-trunks-").tempdir_in(objects)?.keep();
        live.dirs.push(path.clone());
        Ok(Self { path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Has `child`, which writes here, end when a signal ends this process. What is returned must be
    /// dropped before the child is waited for: after that its number may be another's.
    pub fn end_with_us(&self, child: &Child) -> EndsWithUs {
        live().children.push(child.id());
        EndsWithUs(child.id())
    }
}

/// A child that is ended when a signal ends this process.
#[derive(Debug)]
pub struct EndsWithUs(u32);

impl Drop for EndsWithUs {
    fn drop(&mut self) {
        live().children.retain(|child| *child != self.0);
    }
}

fn live() -> MutexGuard<'static, Live> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for TemporaryDir {
    fn drop(&mut self) {
        live().dirs.retain(|path| *path != self.path);
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Holds on to the lock until the process is gone, so that no new directory is made meanwhile.
fn remove_all_and_exit() {
    let live = live();
    for child in &live.children {
        end(*child);
    }
    for path in &live.dirs {
        let _ = fs::remove_dir_all(path);
    }
    process::exit(INTERRUPTED);
}

#[cfg(unix)]
fn end(child: u32) {
    use rustix::process::{Pid, Signal, kill_process};
    if let Some(pid) = i32::try_from(child).ok().and_then(Pid::from_raw) {
        // It may have ended by itself.
        let _ = kill_process(pid, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn end(_child: u32) {}

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
