//! Refs in a directory move by trunks and by stock git at once, while git packs them.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};
use trunks::store::Disk;
use trunks_core::{
    object::ObjectId,
    refs::{OldValue, RefError, RefName, RefUpdate, Refs},
    repository::{Layout, RepoName},
};

/// Git, with nothing of this machine's settings.
fn git(directory: &Path, words: &[&str]) -> Output {
    Command::new("git")
        .current_dir(directory)
        .args(words)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").expect("a PATH"))
        .env("HOME", directory)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "A")
        .env("GIT_AUTHOR_EMAIL", "a@example.com")
        .env("GIT_COMMITTER_NAME", "A")
        .env("GIT_COMMITTER_EMAIL", "a@example.com")
        .stdin(Stdio::null())
        .output()
        .expect("git is installed")
}

fn said(directory: &Path, words: &[&str]) -> String {
    let output = git(directory, words);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {words:?}: {told}");
    String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned()
}

/// A bare repository with a branch of one commit.
struct Repository {
    _directory: tempfile::TempDir,
    path: PathBuf,
    refs: Refs<Disk>,
    main: RefName,
    tree: String,
}

impl Repository {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("trunks/app.trunk");
        said(directory.path(), &["init", "--quiet", "--bare", path.to_str().expect("UTF-8")]);
        let tree = said(&path, &["mktree"]);
        let first = said(&path, &["commit-tree", &tree, "-m", "first"]);
        said(&path, &["update-ref", "refs/heads/main", &first]);
        let layout = Layout::new(&RepoName::new("app").expect("a name"));
        let refs = Refs::new(Disk::new(directory.path()), layout);
        let main = RefName::new("refs/heads/main").expect("a name");
        Self { _directory: directory, path, refs, main, tree }
    }

    /// A commit that nobody else makes, upon `parent`.
    fn commit(&self, parent: &str, message: &str) -> String {
        said(&self.path, &["commit-tree", &self.tree, "-p", parent, "-m", message])
    }

    /// Puts `count` commits on the branch by trunks. Returns their ids.
    fn update(&self, writer: usize, count: usize) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let mut acknowledged = Vec::new();
        while acknowledged.len() < count {
            let found = runtime.block_on(self.refs.find(&self.main)).expect("read");
            let old = found.expect("the branch is never absent").id;
            let message = format!("ours {writer} {}", acknowledged.len());
            let new = self.commit(&old.to_string(), &message);
            let update = RefUpdate {
                name: self.main.clone(),
                old: OldValue::Is(old),
                new: Some(ObjectId::from_hex(new.as_bytes()).expect("an id")),
            };
            match runtime.block_on(self.refs.update(&[update])).remove(0) {
                Ok(()) => acknowledged.push(new),
                Err(RefError::Stale { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        acknowledged
    }

    /// Has git pack the refs over and over.
    fn pack_until(&self, is_done: &AtomicBool) {
        while !is_done.load(Ordering::Relaxed) {
            // It gives up where someone holds a lock, and says so.
            git(&self.path, &["pack-refs", "--all", "--prune"]);
        }
    }
}

/// No commit that a writer was told is on the branch is pushed off it by one of ours.
///
/// Git's own are not so careful: `git update-ref` beside `git pack-refs` at times takes a packed value
/// for the present one (git 2.47, in one of some thousand updates), without us as with us. So a commit
/// that is lost counts only if one of ours took its place.
#[test]
fn no_update_is_lost_while_git_updates_and_packs() {
    const EACH: usize = 40;
    let repository = Repository::new();
    let is_done = AtomicBool::new(false);
    let theirs = |writer: usize| {
        let mut acknowledged = Vec::new();
        while acknowledged.len() < EACH {
            let old = said(&repository.path, &["rev-parse", "--verify", "refs/heads/main"]);
            let message = format!("theirs {writer} {}", acknowledged.len());
            let new = repository.commit(&old, &message);
            let words = ["update-ref", "refs/heads/main", &new, &old];
            if git(&repository.path, &words).status.success() {
                acknowledged.push(new);
            }
        }
        acknowledged
    };
    let acknowledged = thread::scope(|scope| {
        scope.spawn(|| repository.pack_until(&is_done));
        let (repository, theirs) = (&repository, &theirs);
        let writers = [0, 1].map(|writer| {
            let ours = scope.spawn(move || repository.update(writer, EACH));
            (ours, scope.spawn(move || theirs(writer)))
        });
        let acknowledged = writers.map(|(ours, theirs)| [ours.join(), theirs.join()]);
        is_done.store(true, Ordering::Relaxed);
        acknowledged.map(|writers| writers.map(|writer| writer.expect("no panic")))
    });
    let on_branch = said(&repository.path, &["log", "--format=%P %H %s", "refs/heads/main"]);
    let on_branch: Vec<(&str, &str, &str)> = on_branch
        .lines()
        .filter_map(|line| {
            let (parent, line) = line.split_once(' ')?;
            let (id, subject) = line.split_once(' ')?;
            Some((parent, id, subject))
        })
        .collect();
    let mut lost_by_git = 0;
    for id in acknowledged.iter().flatten().flatten() {
        if on_branch.iter().any(|(_, on_branch, _)| on_branch == id) {
            continue;
        }
        lost_by_git += 1;
        let parent = said(&repository.path, &["rev-parse", &format!("{id}^")]);
        let usurper = on_branch.iter().find(|(on, ..)| *on == parent);
        if let Some((_, usurper, subject)) = usurper {
            assert!(subject.starts_with("theirs"), "{usurper} ({subject}) took the place of {id}");
        }
    }
    // All but the first commit, which has no parent.
    assert!(on_branch.len() + lost_by_git >= 4 * EACH, "{} and {lost_by_git}", on_branch.len());
    said(&repository.path, &["fsck", "--full", "--strict"]);
}

/// With nobody else but git's packing, every update stays.
#[test]
fn none_of_our_updates_is_lost_while_git_packs() {
    const EACH: usize = 60;
    let repository = Repository::new();
    let is_done = AtomicBool::new(false);
    let acknowledged = thread::scope(|scope| {
        scope.spawn(|| repository.pack_until(&is_done));
        let writers = [0, 1, 2].map(|writer| {
            let repository = &repository;
            scope.spawn(move || repository.update(writer, EACH))
        });
        let acknowledged = writers.map(|writer| writer.join());
        is_done.store(true, Ordering::Relaxed);
        acknowledged.map(|ids| ids.expect("no panic"))
    });
    let on_branch = said(&repository.path, &["rev-list", "refs/heads/main"]);
    assert!(acknowledged.iter().flatten().all(|id| on_branch.contains(id.as_str())));
    assert_eq!(on_branch.lines().count(), 1 + 3 * EACH);
    said(&repository.path, &["fsck", "--full", "--strict"]);
}
