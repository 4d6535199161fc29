//! What a killed Node program has left behind: temporary files in `.trunks-tmp/node/`, and locks.
//!
//! Node has no `flock`, so the names there say who made the file: `<space>.<pid>.<began>-<random>-<label>`.
//! `space` is the boot and the namespace of process ids, of which only this process's own is judged. As in Node,
//! whoever clears up first renames the file to a name of their own, which one process wins. ADR 0021.

use super::{place::LOCK, temporary::names};
use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};
use std::{
    fs,
    hash::{BuildHasher, Hasher, RandomState},
    path::{Path, PathBuf},
    process,
    sync::LazyLock,
};

/// Where they lie, in the directory of temporary files.
const DIRECTORY: &str = "node";

/// Removes the temporary files of dead Node programs, and the locks that are the same files.
///
/// `lock`: one that is waited for, in case its temporary file does not say what it is for.
pub(super) fn sweep(temporaries: &Path, lock: Option<&Path>) {
    let directory = temporaries.join(DIRECTORY);
    let Ok(entries) = fs::read_dir(&directory) else { return };
    let Some(space) = SPACE.as_deref() else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some((owner, label)) = name.to_str().and_then(parsed) else { continue };
        if !owner.is_dead(space) {
            continue;
        }
        let own = directory.join(format!("{}-{:016x}-{label}", own_name(space), random()));
        if fs::rename(entry.path(), &own).is_err() {
            continue;
        }
        let labelled = labelled_lock(temporaries, label);
        if let Ok(file) = fs::symlink_metadata(&own) {
            for lock in labelled.as_deref().into_iter().chain(lock) {
                if names(lock, &file) {
                    let _ = fs::remove_file(lock);
                }
            }
        }
        let _ = fs::remove_file(&own);
    }
    // It is there only as long as it is needed.
    let _ = fs::remove_dir(&directory);
}

/// Who made a file.
struct Owner<'a> {
    space: &'a str,
    pid: Pid,
    /// When the process began, in ticks since the boot, as the kernel writes it.
    began: &'a str,
}

impl Owner<'_> {
    /// Whether it is known that the process is gone.
    fn is_dead(&self, space: &str) -> bool {
        if self.space != space {
            return false;
        }
        match test_kill_process(self.pid) {
            Err(Errno::SRCH) => true,
            // The id may be another's by now.
            _ => began(self.pid).is_some_and(|now| self.began != "0" && self.began != now),
        }
    }
}

/// The owner and the label in a temporary file's name.
fn parsed(name: &str) -> Option<(Owner<'_>, &str)> {
    let mut parts = name.splitn(3, '-');
    let (owner, _, label) = (parts.next()?, parts.next()?, parts.next()?);
    let mut fields = owner.split('.');
    let (space, pid, began) = (fields.next()?, fields.next()?, fields.next()?);
    let pid = Pid::from_raw(pid.parse().ok().filter(|&pid| pid > 0)?)?;
    Some((Owner { space, pid, began }, label))
}

/// The lock of the path that a temporary file is for, if it says.
fn labelled_lock(temporaries: &Path, label: &str) -> Option<PathBuf> {
    let path = label.replace("%2F", "/").replace("%25", "%");
    (!path.is_empty()).then(|| temporaries.parent().map(|home| home.join(path + LOCK)))?
}

/// Where process ids mean what they mean to this process; `None` where the kernel does not say.
static SPACE: LazyLock<Option<String>> = LazyLock::new(|| {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let boot: String = boot.chars().filter(char::is_ascii_hexdigit).take(16).collect();
    let link = fs::read_link("/proc/self/ns/pid").ok()?;
    let digits = |c: &char| c.is_ascii_digit();
    let pids: String =
        link.to_str()?.chars().skip_while(|c| !digits(c)).take_while(digits).collect();
    (!boot.is_empty() && !pids.is_empty()).then(|| format!("{boot}_{pids}"))
});

fn own_name(space: &str) -> String {
    let pid = process::id();
    let began = i32::try_from(pid).ok().and_then(Pid::from_raw).and_then(began);
    format!("{space}.{pid}.{}", began.as_deref().unwrap_or("0"))
}

/// When a process began, where the kernel tells.
fn began(pid: Pid) -> Option<String> {
    let stat = fs::read(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    // The second field is the program's name, in parentheses, and may hold anything.
    let (_, fields) = stat.rsplit_once(") ")?;
    fields.split(' ').nth(19).map(str::to_owned)
}

fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::{fs::File, process::Command};

    /// A temporary file by the name that Node would give it, and a lock that is the same file.
    fn left(home: &Path, owner: &str, reference: &str) -> (PathBuf, PathBuf) {
        let directory = home.join(".trunks-tmp/node");
        fs::create_dir_all(&directory).expect("made");
        let temporary = directory.join(format!("{owner}-0123456789abcdef-{reference}"));
        File::create(&temporary).expect("made");
        let lock = home.join(format!("{reference}.lock"));
        fs::hard_link(&temporary, &lock).expect("linked");
        (temporary, lock)
    }

    /// The id of a process that has ended.
    fn dead() -> u32 {
        let mut child = Command::new("true").spawn().expect("started");
        child.wait().expect("ended");
        child.id()
    }

    #[test]
    fn what_the_dead_left_goes_and_what_the_living_hold_stays() {
        let home = tempfile::tempdir().expect("a directory");
        let home = home.path();
        let space = SPACE.as_deref().expect("the kernel says");
        let gone = left(home, &format!("{space}.{}.1", dead()), "main");
        let reused = left(home, &format!("{space}.{}.1", process::id()), "reused");
        let ours = left(home, &own_name(space), "ours");
        let elsewhere = left(home, &format!("0_1.{}.1", dead()), "elsewhere");
        let unknown = home.join(".trunks-tmp/node/not-a-name");
        File::create(&unknown).expect("made");
        sweep(&home.join(".trunks-tmp"), None);
        for (temporary, lock) in [gone, reused] {
            assert!(!temporary.exists() && !lock.exists(), "{}", lock.display());
        }
        for (temporary, lock) in [ours, elsewhere] {
            assert!(temporary.exists() && lock.exists(), "{}", lock.display());
        }
        assert!(unknown.exists());
    }

    #[test]
    fn a_lock_that_came_after_the_dead_one_stays() {
        let home = tempfile::tempdir().expect("a directory");
        let space = SPACE.as_deref().expect("the kernel says");
        let (_, lock) = left(home.path(), &format!("{space}.{}.1", dead()), "main");
        fs::remove_file(&lock).expect("removed");
        File::create(&lock).expect("another's");
        sweep(&home.path().join(".trunks-tmp"), Some(&lock));
        assert!(lock.exists());
        assert!(!home.path().join(".trunks-tmp/node").exists(), "nothing is left");
    }

    #[test]
    fn a_name_without_a_label_goes_with_the_lock_that_is_waited_for() {
        let home = tempfile::tempdir().expect("a directory");
        let space = SPACE.as_deref().expect("the kernel says");
        let (temporary, lock) = left(home.path(), &format!("{space}.{}.1", dead()), "");
        sweep(&home.path().join(".trunks-tmp"), Some(&lock));
        assert!(!temporary.exists() && !lock.exists());
    }
}
