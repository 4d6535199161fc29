//! Real git fetches from the server, and gets what it gets from its own.

mod clones;
mod fetches;
mod refusals;
mod transcripts;

use super::{UploadOptions, upload_pack};
use crate::{
    limits::Limits,
    repository::Repository,
    store::Memory,
    testing::{TempDir, git, git_text, git_with_input, load, repo_name, try_git},
    wire::{
        bridge::{Outcomes, serve},
        testing::Script,
    },
};
use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

const VERSIONS: [&str; 3] = ["0", "1", "2"];

/// A repository with merges, tags of all sorts, many directories, a large file, a symbolic link
/// and a gitlink; half of it in a pack, some in another, the rest loose.
struct Source {
    dir: TempDir,
}

impl Source {
    fn new() -> Self {
        let source = Self::with_history(60);
        let path = source.path();
        git(&path, &["repack", "-ad", "--depth=10", "--window=10"]);
        git_with_input(&path, &["fast-import", "--quiet", "--force"], &more_history(60, 70));
        git(&path, &["tag", "-a", "-m", "one", "annotated", "main~3"]);
        git(&path, &["tag", "-a", "-m", "two", "nested", "annotated"]);
        git(&path, &["tag", "light", "main~5"]);
        git(&path, &["tag", "-a", "-m", "a tree", "of-a-tree", "main~7^{tree}"]);
        git(&path, &["tag", "of-a-blob", "main:file.txt"]);
        source
    }

    /// One pack with so many commits.
    fn with_history(commits: u32) -> Self {
        let source = Self { dir: TempDir::new() };
        git(source.dir.path(), &["init", "--bare", "--quiet", "src.git"]);
        let path = source.path();
        for (name, value) in [
            ("uploadpack.allowFilter", "true"),
            ("uploadpack.allowAnySHA1InWant", "true"),
            ("transfer.unpackLimit", "1"),
            ("fastimport.unpackLimit", "1"),
        ] {
            git(&path, &["config", name, value]);
        }
        git_with_input(&path, &["fast-import", "--quiet"], &more_history(0, commits));
        source
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("src.git")
    }

    fn url(&self) -> String {
        format!("file://{}", self.path().display())
    }

    fn store(&self) -> Memory {
        load(&self.path())
    }
}

/// Commits `from..to`, a hundred seconds apart, as git fast-import reads them.
fn more_history(from: u32, to: u32) -> Vec<u8> {
    let mut stream = String::new();
    let person =
        |number: u32| format!("A U Thor <a@example.com> {} +0000", 1_600_000_000 + 100 * number);
    for number in from..to {
        let branch = if number % 10 == 7 { "refs/heads/topic/one" } else { "refs/heads/main" };
        stream += &format!("commit {branch}\n");
        stream += &format!("author {0}\ncommitter {0}\n", person(number));
        let message = format!("change {number}\n");
        stream += &format!("data {}\n{message}", message.len());
        match number % 10 {
            _ if number == from && from == 0 => {}
            _ if number == from => stream += "from refs/heads/main^0\n",
            // A side branch, merged two commits later.
            7 => stream += "from refs/heads/main\n",
            9 => stream += "merge refs/heads/topic/one\n",
            _ => {}
        }
        let mut file = |path: &str, data: String| {
            stream += &format!("M 100644 inline {path}\ndata {}\n{data}\n", data.len());
        };
        file("file.txt", (0..100).map(|line| format!("{} line {line}\n", line * number)).collect());
        file(&format!("dir{}/sub/deep/f{number}", number % 5), format!("content {number}\n"));
        file(&format!("dir{}/x", number % 7), format!("{}\n", number / 3));
        if number == 4 {
            file("large.bin", large());
            stream += "M 120000 inline link\ndata 8\nfile.txt\n";
            stream += "M 160000 1234567890123456789012345678901234567890 module\n";
        }
        if number == 20 {
            stream += "R dir1 moved/dir1\n";
        }
        stream += "\n";
    }
    stream.into_bytes()
}

/// 3 MB that hardly compress: longer than a run of stored bytes.
fn large() -> String {
    let mut state = 7u32;
    let mut step = || {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        char::from(33 + (state >> 24) as u8 % 90)
    };
    (0..3_000_000).map(|_| step()).collect()
}

/// Everything that git can tell of a clone.
#[derive(Debug, PartialEq, Eq)]
struct Clone {
    head: String,
    refs: String,
    objects: String,
    shallow: String,
    fsck: (bool, String),
}

impl Clone {
    fn of(dir: &Path) -> Self {
        let git_dir = git_text(dir, &["rev-parse", "--absolute-git-dir"]);
        let (_, head, _) = try_git(dir, &["symbolic-ref", "HEAD"], b"");
        let mut shallow: Vec<String> = fs::read_to_string(Path::new(&git_dir).join("shallow"))
            .unwrap_or_default()
            .lines()
            .map(ToString::to_string)
            .collect();
        shallow.sort();
        let (is_clean, _, complaints) = try_git(dir, &["fsck", "--full", "--strict"], b"");
        Self {
            head: String::from_utf8(head).unwrap(),
            refs: git_text(dir, &["for-each-ref"]),
            objects: git_text(dir, &["cat-file", "--batch-all-objects", "--batch-check"]),
            shallow: shallow.join("\n"),
            fsck: (is_clean, complaints),
        }
    }
}

/// Does the same to a clone from git's own server and to one from ours, step by step, and expects
/// the same of both after each. A step is a git command; `URL` stands for the server's.
fn same(source: &Source, version: &str, steps: &[&[&str]]) -> Outcomes {
    let store = source.store();
    let (_, outcomes) = serve(&store, |ours| {
        let dir = TempDir::new();
        let urls = [("theirs", source.url()), ("ours", format!("{ours}x"))];
        for (number, step) in steps.iter().enumerate() {
            let states = urls.each_ref().map(|(name, url)| {
                let clone = dir.path().join(name);
                let mut arguments = vec!["-c", "protocol.version="];
                let protocol = format!("protocol.version={version}");
                arguments[1] = &protocol;
                arguments.extend(step.iter().map(|&part| if part == "URL" { url } else { part }));
                let at = if number == 0 { dir.path() } else { &clone };
                if number == 0 {
                    arguments.push(name);
                }
                let (is_success, _, stderr) = try_git(at, &arguments, b"");
                assert!(is_success, "{name}: git {arguments:?}: {stderr}");
                Clone::of(&clone)
            });
            let [theirs, ours] = states;
            let what = format!("version {version}, {:?}", &steps[..=number]);
            assert_eq!(theirs.refs, ours.refs, "{what}");
            assert_eq!(theirs.head, ours.head, "{what}");
            assert_eq!(theirs.shallow, ours.shallow, "{what}");
            assert_eq!(theirs.fsck, ours.fsck, "{what}");
            assert_objects(&theirs.objects, &ours.objects, &what);
        }
    });
    outcomes
}

fn assert_objects(theirs: &str, ours: &str, what: &str) {
    let less: Vec<&str> = theirs.lines().filter(|line| !ours.contains(line)).collect();
    let more: Vec<&str> = ours.lines().filter(|line| !theirs.contains(line)).collect();
    assert!(less.is_empty() && more.is_empty(), "{what}: missing {less:?}, too many {more:?}");
}

/// [`same`] in all versions; no conversation may end badly.
fn same_in_all(source: &Source, steps: &[&[&str]]) {
    for version in VERSIONS {
        for outcome in same(source, version, steps) {
            assert_eq!(outcome, Ok(()), "version {version}, {steps:?}");
        }
    }
}

/// A host on many threads may move a conversation from one to another.
#[cfg(not(feature = "small"))]
#[test]
fn conversations_can_move_between_threads() {
    fn is_send(_: &impl Send) {}
    let store = Memory::new();
    let repository = Repository::open(&store, &repo_name(), Limits::default());
    let mut script = Script::default();
    let options = UploadOptions::default();
    is_send(&upload_pack(&repository, &mut script, &options));
    is_send(&crate::walk::connectivity::check(&repository.objects, &[], &[]));
}
