//! Walking trees, page by page, as `git ls-tree` lists them.

use super::*;
use crate::files::{Depth, WalkOptions, walk};

/// All pages of a walk, in the form of `git ls-tree`.
fn walked<S: Store + Clone>(
    repository: &Repository<S>,
    path: &str,
    depth: Depth,
    limit: u32,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut after: Option<Vec<u8>> = None;
    loop {
        let options = WalkOptions { path: path.as_bytes(), depth, after: after.as_deref(), limit };
        let page = block_on(walk(repository, "main", &options)).unwrap();
        assert!(page.entries.len() <= limit as usize);
        assert!(!page.more || page.entries.len() == limit as usize);
        after = page.entries.last().map(|entry| entry.path.clone());
        lines.extend(page.entries.iter().map(|entry| {
            let kind = entry.mode.kind().map_or("commit", Kind::as_str);
            let path = String::from_utf8_lossy(&entry.path);
            format!("{:06o} {kind} {}\t{path}", entry.mode.0, entry.id)
        }));
        if !page.more {
            return lines;
        }
    }
}

/// Names that sort otherwise as files than as directories.
fn add_awkward_names(bare: &Path) {
    let id = git_with_input(bare, &["hash-object", "-w", "--stdin"], b"x");
    let id = String::from_utf8(id).unwrap();
    let mut lines = git_text(bare, &["ls-tree", "-r", "main"]);
    for path in ["a.b", "a-", "a0", "aa/b", "aa.b/c", "aa/b.c", "zz", "z/z/z/z"] {
        lines.push_str(&format!("\n100644 blob {}\t{path}", id.trim()));
    }
    git(bare, &["read-tree", "--empty"]);
    git_with_input(bare, &["update-index", "--index-info"], format!("{lines}\n").as_bytes());
    let tree = git_text(bare, &["write-tree"]);
    let commit = git_text(bare, &["commit-tree", "-m", "names", "-p", "main", &tree]);
    git(bare, &["update-ref", "refs/heads/main", &commit]);
}

#[test]
fn pages_of_any_size_give_what_git_lists() {
    let (_dir, bare) = repository();
    add_awkward_names(&bare);
    let store = load(&bare);
    let repository = open_repository(&store);
    for (depth, flags) in [(Depth::Directory, &["-t"][..]), (Depth::Whole, &["-r", "-t"])] {
        for path in ["", "a", "a/b", "aa", "z"] {
            let directory = match path {
                "" => vec![],
                _ => vec![format!("{path}/")],
            };
            let mut words = vec!["ls-tree", "--full-tree"];
            words.extend(flags);
            words.push("main");
            words.extend(directory.iter().map(String::as_str));
            let expected = git_text(&bare, &words);
            // Git lists the directories on the way as well.
            let on_the_way = |line: &&str| {
                let listed = line.split('\t').nth(1).unwrap();
                path == listed || path.starts_with(&format!("{listed}/"))
            };
            let expected: Vec<&str> = expected.lines().filter(|line| !on_the_way(line)).collect();
            for limit in [1, 2, 3, 7, 1000] {
                assert_eq!(walked(&repository, path, depth, limit), expected, "{path} {limit}");
            }
        }
    }
}

#[test]
fn a_file_a_submodule_and_nothing_cannot_be_walked() {
    let (_dir, bare) = repository();
    let store = load(&bare);
    let repository = open_repository(&store);
    let outcome = |path: &str| {
        let depth = Depth::Whole;
        let options = WalkOptions { path: path.as_bytes(), depth, after: None, limit: 10 };
        block_on(walk(&repository, "main", &options)).unwrap_err()
    };
    assert!(matches!(outcome("README"), FileError::NotADirectory { .. }));
    assert!(matches!(outcome("module"), FileError::IsASubmodule { .. }));
    assert!(matches!(outcome("none"), FileError::NoPath { .. }));
}

#[test]
fn a_page_reads_no_directory_behind_it() {
    let dir = TempDir::new();
    git(dir.path(), &["init", "--quiet", "."]);
    for n in 0..50 {
        fs::create_dir(dir.path().join(format!("d{n:02}"))).unwrap();
        fs::write(dir.path().join(format!("d{n:02}/f")), format!("{n}")).unwrap();
    }
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "--quiet", "-m", "one"]);
    let bare = dir.path().join(".git");
    let store = Counting::new(load(&bare));
    let repository = open_repository(&store);
    block_on(resolve(&repository, "main")).unwrap();
    store.take();
    let after = Some(&b"d30/f"[..]);
    let options = WalkOptions { path: b"", depth: Depth::Whole, after, limit: 4 };
    let page = block_on(walk(&repository, "main", &options)).unwrap();
    let paths: Vec<_> = page.entries.iter().map(|entry| entry.path.as_slice()).collect();
    assert_eq!(paths, [&b"d31"[..], b"d31/f", b"d32", b"d32/f"]);
    // Beside config, each object is a loose file: the ref, its commit, the root, d30 to find the place,
    // d31, d32.
    let gets = store.take().gets;
    assert!(gets <= 15, "{gets}");
}
