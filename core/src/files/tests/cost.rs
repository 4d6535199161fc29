//! What a cold read of a file costs.

use super::*;

/// A bare repository whose every directory, commit and branch is one of many, all in one pack.
fn large_repository(commits: usize) -> TempDir {
    let dir = TempDir::new();
    let mut stream = String::new();
    let identity = "A <a@example.com>";
    for n in 0..commits {
        let text = format!("{n} {}\n", "x".repeat(n % 100));
        let body = format!(
            "commit refs/heads/main\ncommitter {identity} {} +0000\ndata 2\nm\n\
             M 100644 inline d{}/e{}/f{n}\ndata {}\n{text}\n",
            1_700_000_000 + n,
            n % 40,
            n % 30,
            text.len(),
        );
        stream.push_str(&body);
    }
    git(dir.path(), &["init", "--quiet", "--bare", "."]);
    git_with_input(dir.path(), &["fast-import", "--quiet"], stream.as_bytes());
    git(dir.path(), &["repack", "-adfq"]);
    dir
}

/// What reading a file of a repository costs that nothing is known of yet: requests after one
/// another, and bytes.
fn cost(dir: &Path, limits: &Limits, revision: &str, path: &str) -> (u64, u64) {
    let store = Counting::new(load(dir));
    let repository = Repository::open(&store, &repo_name(), limits.clone());
    let (bytes, depth) = store.run(async {
        let mut reader = open(&repository, revision, path.as_bytes(), None).await.unwrap();
        let mut bytes = vec![];
        while let Some(mut piece) = reader.next().await.unwrap() {
            bytes.append(&mut piece);
        }
        bytes
    });
    assert_eq!(bytes, git(dir, &["cat-file", "blob", &format!("{revision}:{path}")]));
    (depth, store.take().bytes)
}

#[test]
fn a_file_is_read_within_the_promised_depth() {
    let dir = large_repository(3000);
    // As if the idx were too large to be read whole.
    let parts = Limits { whole_index_bytes: 0, ..Limits::default() };
    for is_packed in [false, true] {
        if is_packed {
            git(dir.path(), &["pack-refs", "--all"]);
        }
        for limits in [Limits::default(), parts.clone()] {
            for revision in ["refs/heads/main", "main"] {
                let (depth, bytes) = cost(dir.path(), &limits, revision, "d7/e27/f2727");
                let idx = limits.whole_index_bytes;
                // The root and two directories. Of a large idx, a part is read for each object.
                let most = if idx == 0 { 4 + 2 * 3 + 2 } else { 4 + 3 };
                let case = format!("{revision}, packed {is_packed}, idx {idx}");
                assert!(depth <= most, "{case}: {depth} deep");
                assert!(bytes < 1_000_000, "{case}: {bytes} bytes");
            }
        }
    }
}
