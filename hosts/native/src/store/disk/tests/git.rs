//! Stock git in the same repository at the same time.

use super::*;
use std::{
    io::Write as _,
    sync::atomic::{AtomicBool, Ordering},
};

/// A repository that stock git made, and a chain of commits in it that no ref names.
struct Repository {
    _directory: tempfile::TempDir,
    disk: Disk,
    path: PathBuf,
    chain: Vec<String>,
}

impl Repository {
    fn new(length: usize) -> Self {
        let (directory, disk) = scratch();
        let path = disk.root().join("trunks/app.trunk");
        git(directory.path(), &["init", "--quiet", "--bare", path.to_str().expect("UTF-8")]);
        let tree = git(&path, &["mktree"]);
        let mut chain: Vec<String> = Vec::new();
        for number in 0..length {
            let message = number.to_string();
            let mut words = vec!["commit-tree", &tree, "-m", &message];
            if let Some(parent) = chain.last() {
                words.extend(["-p", parent]);
            }
            let commit = git(&path, &words);
            chain.push(commit);
        }
        let repository = Self { _directory: directory, disk, path, chain };
        repository.git(&["update-ref", "refs/heads/main", &repository.chain[0]]);
        repository
    }

    fn git(&self, words: &[&str]) -> String {
        git(&self.path, words)
    }

    /// Where in the chain a ref's value is.
    fn position(&self, value: &[u8]) -> usize {
        let id = str::from_utf8(value).expect("hexadecimal").trim_end();
        let at = self.chain.iter().position(|commit| commit == id);
        at.unwrap_or_else(|| panic!("{id:?} is no commit of the chain"))
    }

    /// Moves the branch one commit on, if it is where `at` says. `expected` is what that means.
    fn step(&self, at: usize, expected: Expected) -> bool {
        let value = format!("{}\n", self.chain[at + 1]).into_bytes();
        match wait(self.disk.put(MAIN, value, expected)) {
            Ok(_) => true,
            Err(StoreError::Conflict { .. }) => false,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Git, with nothing of this machine's settings.
fn command(directory: &Path, words: &[&str]) -> Command {
    let mut command = program("git", directory);
    command.args(words);
    command
}

/// A program with nothing of this machine's settings.
pub(super) fn program(name: &str, directory: &Path) -> Command {
    let mut command = Command::new(name);
    command
        .current_dir(directory)
        .env_clear()
        .env("PATH", env::var_os("PATH").expect("a PATH"))
        .env("HOME", directory)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "A")
        .env("GIT_AUTHOR_EMAIL", "a@example.com")
        .env("GIT_COMMITTER_NAME", "A")
        .env("GIT_COMMITTER_EMAIL", "a@example.com")
        .stdin(Stdio::null());
    command
}

pub(super) fn git(directory: &Path, words: &[&str]) -> String {
    let output = command(directory, words).output().expect("git is installed");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {words:?}: {told}");
    String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned()
}

#[test]
fn git_takes_a_repository_that_begins_with_head() {
    let (_directory, disk) = scratch();
    put(&disk, HEAD, b"ref: refs/heads/main\n");
    let path = disk.root().join("trunks/app.trunk");
    assert_eq!(git(&path, &["rev-parse", "--is-bare-repository"]), "true");
    git(&path, &["fsck", "--full", "--strict"]);
    let tree = git(&path, &["mktree"]);
    let commit = git(&path, &["commit-tree", &tree, "-m", "first"]);
    put(&disk, MAIN, format!("{commit}\n").as_bytes());
    assert_eq!(git(&path, &["log", "--format=%s"]), "first");
}

#[test]
fn git_respects_our_lock() {
    use crate::store::disk::{lock::Lock, temporary::Temporary};
    let repository = Repository::new(2);
    let place = Place::writable(repository.disk.root(), MAIN).expect("a place");
    let temporary = Temporary::create(&place).expect("a temporary file");
    let lock = Lock::acquire(&place, &temporary).expect("locked");
    let words = ["update-ref", "refs/heads/main", &repository.chain[1]];
    let refused = command(&repository.path, &words).output().expect("git is installed");
    assert!(!refused.status.success());
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("main.lock': File exists"), "{told}");
    drop(lock);
    repository.git(&words);
}

/// Whoever moves the branch from one commit of the chain to the next counts it. The branch ends where
/// the counts say: a lost update would leave it behind.
#[test]
fn no_update_is_lost_beside_update_ref() {
    const STEPS: usize = 200;
    /// Git takes the rest: it needs longer to start than we to finish.
    const OURS: usize = 50;
    let repository = Repository::new(STEPS + 1);
    let ours = || {
        let mut count = 0;
        while count < OURS {
            let value = present(&repository.disk, MAIN);
            let at = repository.position(&value.bytes);
            if at == STEPS {
                break;
            }
            count += usize::from(repository.step(at, Expected::Is(value.version)));
        }
        count
    };
    let theirs = || {
        let mut count = 0;
        loop {
            let at = repository.position(repository.git(&["rev-parse", "main"]).as_bytes());
            let Some(new) = repository.chain.get(at + 1) else { return count };
            let words = ["update-ref", "refs/heads/main", new, &repository.chain[at]];
            let moved = command(&repository.path, &words).output().expect("git is installed");
            count += usize::from(moved.status.success());
        }
    };
    let counts = std::thread::scope(|scope| {
        let all = [scope.spawn(ours), scope.spawn(ours), scope.spawn(theirs), scope.spawn(theirs)];
        all.map(|thread| thread.join().expect("no panic"))
    });
    assert_eq!(counts.iter().sum::<usize>(), STEPS, "{counts:?}");
    assert!(counts[0] + counts[1] > 0 && counts[2] + counts[3] > 0, "no race: {counts:?}");
    repository.git(&["fsck", "--full", "--strict"]);
}

/// Git packs the branch, and so deletes its file, while we move it.
#[test]
fn no_update_is_lost_beside_pack_refs() {
    const STEPS: usize = 150;
    let repository = Repository::new(STEPS + 1);
    let is_done = AtomicBool::new(false);
    let mut was_packed = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                let words = ["pack-refs", "--all", "--prune"];
                // It gives up where we hold the lock, and says so.
                let _ = command(&repository.path, &words).output().expect("git is installed");
            }
        });
        let mut at = 0;
        while at < STEPS {
            let found = wait(repository.disk.get(MAIN, None)).expect("read");
            let expected = match found {
                Some(value) => {
                    assert_eq!(repository.position(&value.bytes), at);
                    Expected::Is(value.version)
                }
                None => {
                    let packed = present(&repository.disk, "trunks/app.trunk/packed-refs").bytes;
                    let packed = String::from_utf8(packed).expect("text");
                    let line = packed.lines().find(|line| line.ends_with(" refs/heads/main"));
                    let line = line.expect("a ref that is neither loose nor packed was lost");
                    assert_eq!(repository.position(&line.as_bytes()[..40]), at);
                    was_packed += 1;
                    Expected::Absent
                }
            };
            at += usize::from(repository.step(at, expected));
        }
        is_done.store(true, Ordering::Relaxed);
    });
    assert_eq!(repository.git(&["rev-parse", "main"]), repository.chain[STEPS]);
    assert!(was_packed > 0, "there was no race");
    repository.git(&["fsck", "--full", "--strict"]);
}

#[test]
fn we_read_what_git_packs_and_deletes() {
    let repository = Repository::new(2);
    repository.git(&["update-ref", "refs/heads/a/b", &repository.chain[1]]);
    assert!(keys(&repository.disk, "trunks/").contains(&"trunks/app.trunk/refs/heads/a/b".into()));
    repository.git(&["pack-refs", "--all"]);
    assert!(keys(&repository.disk, "trunks/app.trunk/refs/").is_empty());
    // Git leaves the directory `a` at times; a branch of that name must go there all the same.
    fs::create_dir_all(repository.path.join("refs/heads/a")).expect("made");
    repository.git(&["update-ref", "-d", "refs/heads/a/b"]);
    put(&repository.disk, "trunks/app.trunk/refs/heads/a", repository.chain[0].as_bytes());
    assert_eq!(repository.git(&["rev-parse", "refs/heads/a"]), repository.chain[0]);
}

/// A push had stored its pack and not yet moved its ref when `git repack -ad` ran: git removed the pack, and
/// the push that was acknowledged a moment later was lost.
#[test]
fn a_pack_that_no_ref_names_yet_outlives_a_repack() {
    let repository = Repository::new(2);
    let (old, new) = (&repository.chain[0], &repository.chain[1]);
    let elsewhere = tempfile::tempdir().expect("a directory");
    let stem = elsewhere.path().join("pack");
    let words = ["pack-objects", "--quiet", "--revs", stem.to_str().expect("UTF-8")];
    let mut packing = command(&repository.path, &words);
    let mut packing = packing.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("git");
    let wanted = format!("{new}\n^{old}\n");
    packing.stdin.take().expect("a pipe").write_all(wanted.as_bytes()).expect("written");
    let named = packing.wait_with_output().expect("packed").stdout;
    let checksum = str::from_utf8(&named).expect("UTF-8").trim_end();
    repository.git(&["prune"]);

    let pushing = Disk::new(repository.disk.root());
    for end in ["idx", "pack"] {
        let made = fs::read(stem.with_file_name(format!("pack-{checksum}.{end}"))).expect("made");
        put(&pushing, &format!("trunks/app.trunk/objects/pack/pack-{checksum}.{end}"), &made);
    }
    repository.git(&["repack", "-a", "-d", "--quiet"]);
    put(&pushing, MAIN, format!("{new}\n").as_bytes());
    drop(pushing);
    assert_eq!(repository.git(&["fsck", "--full", "--strict"]), "");
    let left = keys(&repository.disk, "trunks/app.trunk/objects/pack/");
    assert!(left.iter().all(|key| !key.ends_with(".keep")), "{left:?}");
}
