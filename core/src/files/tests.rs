mod checked;
mod cost;
mod walk;

use super::*;
use crate::{
    limits::Limits,
    object::Kind,
    repository::Repository,
    store::{Memory, Store},
    testing::{
        Counting, TempDir, block_on, git, git_text, git_with_input, load, repo_name, try_git,
    },
};
use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use core::ops::Range;
use std::{fs, path::Path};

fn open_repository<S: Store + Clone>(store: S) -> Repository<S> {
    Repository::open(store, &repo_name(), Limits::default())
}

/// A `.git` directory with merges, tags of every sort, names that mean several refs, a submodule,
/// a symbolic link, nested directories, an empty file and a large one.
fn repository() -> (TempDir, std::path::PathBuf) {
    let dir = TempDir::new();
    let path = dir.path();
    git(path, &["init", "--quiet", "."]);
    fs::create_dir_all(path.join("a/b/c")).unwrap();
    fs::write(path.join("README"), "hello\n").unwrap();
    fs::write(path.join("a/b/c/deep"), "deep\n").unwrap();
    fs::write(path.join("a/empty"), "").unwrap();
    fs::write(path.join("a/run"), "#!/bin/sh\n").unwrap();
    fs::write(path.join("large"), noise(3_000_000)).unwrap();
    std::os::unix::fs::symlink("a/b", path.join("link")).unwrap();
    git(path, &["add", "."]);
    git(path, &["update-index", "--chmod=+x", "a/run"]);
    let submodule = format!("160000,{:040},module", 1);
    git(path, &["update-index", "--add", "--cacheinfo", &submodule]);
    git(path, &["commit", "--quiet", "-m", "one"]);
    for n in 0..4 {
        fs::write(path.join("a/b/c/deep"), format!("deep {n}\n")).unwrap();
        git(path, &["commit", "--quiet", "-m", &format!("{n}"), "a"]);
    }
    git(path, &["branch", "topic", "HEAD~2"]);
    git(path, &["branch", "other", "HEAD~3"]);
    let tree = git_text(path, &["write-tree"]);
    let merge = ["commit-tree", "-m", "merge", "-p", "HEAD", "-p", "topic", "-p", "other", &tree];
    let merge = git_text(path, &merge);
    git(path, &["update-ref", "refs/heads/main", &merge]);
    git(path, &["tag", "-m", "one", "v1", "main~1"]);
    git(path, &["-c", "advice.nestedTag=false", "tag", "-m", "of a tag", "nested", "v1"]);
    git(path, &["tag", "-m", "of a tree", "tree", "main^{tree}"]);
    git(path, &["tag", "-m", "of a blob", "blob", "main:README"]);
    git(path, &["tag", "light", "main~2"]);
    // Names that mean several refs.
    git(path, &["tag", "topic", "main~1"]);
    git(path, &["update-ref", "refs/remotes/origin/main", "main~1"]);
    git(path, &["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    git(path, &["update-ref", "refs/odd", "main~1"]);
    let bare = path.join(".git");
    (dir, bare)
}

/// Bytes that do not compress.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(count + 8);
    while bytes.len() < count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(count);
    bytes
}

const REVISIONS: &[&str] = &[
    "HEAD",
    "@",
    "main",
    "heads/main",
    "refs/heads/main",
    "topic",
    "heads/topic",
    "tags/topic",
    "other",
    "v1",
    "nested",
    "tree",
    "blob",
    "light",
    "origin",
    "origin/main",
    "odd",
    "refs/odd",
    "main~",
    "main~1",
    "main~3",
    "main~~",
    "main^",
    "main^1",
    "main^2",
    "main^3",
    "main^0",
    "main^2~1",
    "main~0",
    "main^{}",
    "v1^{}",
    "nested^{}",
    "tree^{}",
    "blob^{}",
    "v1^{commit}",
    "nested^{commit}",
    "nested^{tree}",
    "main^{tree}",
    "tree^{tree}",
    "blob^{blob}",
    "v1^{tag}",
    "main^{object}",
    "v1^0",
    "nested~1",
    "main^{commit}~2^{tree}",
    "@~1",
];

const NO_REVISIONS: &[&str] = &[
    "none",
    "remotes/origin",
    "refs/heads/none",
    "main^4",
    "main~9",
    "main^2^2",
    "blob^{tree}",
    "tree^{commit}",
    "main^{tag}",
    "main^{blob}",
    "blob~1",
    "tree^1",
    "",
    "~1",
    "^{}",
    "main^{",
    "main^{x}",
    "main~x",
    "main^}",
    "main~{}",
    "main~99999999999999999999",
    "main..topic",
    "ma in",
    "refs/heads/",
    "main/",
    "heads",
    "HEAD/x",
];

fn resolved(repository: &Repository<&Memory>, revision: &str) -> Result<String, FileError> {
    block_on(resolve(repository, revision)).map(|id| id.to_string())
}

#[test]
fn resolves_what_git_resolves() {
    let (_dir, bare) = repository();
    for is_packed in [false, true] {
        if is_packed {
            git(&bare, &["pack-refs", "--all"]);
            git(&bare, &["repack", "-adq"]);
        }
        let store = load(&bare);
        let repository = open_repository(&store);
        for revision in REVISIONS {
            let expected = git_text(&bare, &["rev-parse", "--verify", revision]);
            assert_eq!(resolved(&repository, revision), Ok(expected), "{revision}");
        }
        for revision in NO_REVISIONS {
            let (git_resolves, _, _) = try_git(&bare, &["rev-parse", "--verify", revision], b"");
            assert!(!git_resolves, "{revision}");
            assert!(resolved(&repository, revision).is_err(), "{revision}");
        }
        let id = git_text(&bare, &["rev-parse", "main~1"]);
        assert_eq!(resolved(&repository, &id), Ok(id.clone()));
        assert_eq!(resolved(&repository, &format!("{id}~1^0")), resolved(&repository, "main~2"));
    }
}

#[test]
fn an_error_says_what_is_wrong() {
    let (_dir, bare) = repository();
    let store = load(&bare);
    let repository = open_repository(&store);
    let message = |revision| resolved(&repository, revision).unwrap_err().to_string();
    assert_eq!(message("none"), r#"there is no revision "none""#);
    assert_eq!(message("main^9"), r#"there is no revision "main^9""#);
    assert_eq!(message("tree^{commit}"), r#""tree^{commit}" leads to a tree, not to a commit"#);
    assert_eq!(
        message("main^{x}"),
        r#""main^{x}" is not a revision: only the kind of an object may stand in braces"#
    );
    let message = |path: &str| {
        block_on(open(&repository, "main", path.as_bytes(), None)).unwrap_err().to_string()
    };
    assert_eq!(message("a/none"), "there is no a/none in main");
    assert_eq!(message("a/b"), "a/b is a directory");
    assert_eq!(message(""), "the root is a directory");
    assert_eq!(message("README/x"), "README/x is not a directory");
    assert_eq!(message("module"), format!("module is a submodule at {:040}", 1));
}

fn read<S: Store + Clone>(
    repository: &Repository<S>,
    path: &str,
    range: Option<Range<u64>>,
) -> Vec<u8> {
    block_on(async {
        let mut reader = open(repository, "main", path.as_bytes(), range).await.unwrap();
        let mut bytes = Vec::new();
        while let Some(mut piece) = reader.next().await.unwrap() {
            assert!(!piece.is_empty() && piece.len() <= 1024 * 1024);
            bytes.append(&mut piece);
        }
        assert_eq!(reader.next().await, Ok(None));
        bytes
    })
}

#[test]
fn looks_at_and_reads_what_git_shows() {
    let (_dir, bare) = repository();
    for is_packed in [false, true] {
        if is_packed {
            git(&bare, &["repack", "-adq"]);
        }
        let store = load(&bare);
        let repository = open_repository(&store);
        let lines = git_text(&bare, &["ls-tree", "-r", "-t", "-l", "main"]);
        assert_eq!(lines.lines().count(), 10);
        for line in lines.lines() {
            let (fields, path) = line.split_once('\t').unwrap();
            let fields: Vec<&str> = fields.split_whitespace().collect();
            let stat = block_on(stat(&repository, "main", path.as_bytes())).unwrap();
            assert_eq!(format!("{:06o}", stat.mode.0), fields[0]);
            assert_eq!(stat.id.to_string(), fields[2]);
            assert_eq!(stat.size_bytes, fields[3].parse().unwrap_or(0));
            if fields[1] == "blob" {
                let expected = git(&bare, &["cat-file", "blob", &format!("main:{path}")]);
                assert!(read(&repository, path, None) == expected, "{path}");
            }
        }
    }
}

#[test]
fn lists_what_git_lists() {
    let (_dir, bare) = repository();
    let store = load(&bare);
    let repository = open_repository(&store);
    for path in ["", "a", "a/b", "a/b/c", "/a//b/"] {
        let tree = format!("main:{}", path.replace("//", "/").trim_matches('/'));
        let expected = git_text(&bare, &["ls-tree", &tree]);
        let listed: Vec<String> = block_on(list(&repository, "main", path.as_bytes()))
            .unwrap()
            .iter()
            .map(|entry| {
                let kind = entry.mode.kind().map_or("commit", Kind::as_str);
                let name = String::from_utf8_lossy(&entry.name);
                format!("{:06o} {kind} {}\t{name}", entry.mode.0, entry.id)
            })
            .collect();
        assert_eq!(listed.join("\n"), expected);
    }
    assert!(matches!(
        block_on(list(&repository, "main", b"README")),
        Err(FileError::NotADirectory { .. })
    ));
    assert!(matches!(
        block_on(list(&repository, "main", b"module")),
        Err(FileError::IsASubmodule { .. })
    ));
}

#[test]
fn reads_any_range() {
    let (_dir, bare) = repository();
    git(&bare, &["repack", "-adq"]);
    let store = load(&bare);
    let repository = open_repository(&store);
    for path in ["README", "a/empty", "large"] {
        let whole = git(&bare, &["cat-file", "blob", &format!("main:{path}")]);
        let size = whole.len() as u64;
        let backwards = Range { start: 3, end: 1 };
        let ranges = [
            0..0,
            0..1,
            0..size,
            0..size + 9,
            1..3,
            backwards.clone(),
            5..6,
            size..size + 1,
            1_000_000..1_000_010,
            262_143..262_145,
            2_999_990..u64::MAX,
            100_000..2_500_000,
        ];
        for range in ranges {
            let end = range.end.min(size);
            let expected = &whole[range.start.min(end) as usize..end as usize];
            assert!(read(&repository, path, Some(range.clone())) == expected, "{path} {range:?}");
        }
    }
}

#[test]
fn the_beginning_of_a_large_file_does_not_read_all_of_it() {
    let (_dir, bare) = repository();
    git(&bare, &["repack", "-adq"]);
    let store = Counting::new(load(&bare));
    let repository = open_repository(&store);
    assert_eq!(read(&repository, "large", Some(0..10)).len(), 10);
    let bytes = store.take().bytes;
    assert!(bytes < 1_500_000, "{bytes} bytes");
}

#[test]
fn without_a_repository_no_revision_is_looked_for() {
    use crate::repository::RepositoryError;
    let store = Memory::new();
    let repository = open_repository(&store);
    let outcome = block_on(stat(&repository, "main", b"README"));
    let missing = matches!(outcome, Err(FileError::Repository(RepositoryError::Missing { .. })));
    assert!(missing, "{outcome:?}");
}
