//! Real git clones, fetches and pushes over HTTP, in every version of the protocol.

use super::{server::serve_while, store_with, token};
use crate::{
    http::access::Access,
    store::Memory,
    testing::{TempDir, git, git_text, git_with_input, try_git, unload},
};
use alloc::{format, string::String, vec, vec::Vec};
use std::{fs, path::Path};

/// A work tree whose remote is at `url`.
fn work(dir: &Path, url: &str) {
    git(dir, &["init", "-q", "."]);
    git(dir, &["remote", "add", "origin", url]);
    // Fewer haves than this are sent as they are, more are compressed.
    for number in 0..40 {
        fs::write(dir.join("file"), format!("{number}\n")).unwrap();
        git(dir, &["add", "file"]);
        git(dir, &["commit", "-q", "-m", &format!("change {number}")]);
    }
}

fn judge(store: &Memory) -> String {
    let dir = TempDir::new();
    git(dir.path(), &["init", "-q", "--bare", "."]);
    unload(store, "trunks/team/app.trunk/", dir.path());
    let (is_clean, _, said) = try_git(dir.path(), &["fsck", "--full", "--strict"], b"");
    assert!(is_clean && said.is_empty(), "{said}");
    git_text(dir.path(), &["for-each-ref", "--format=%(objectname) %(refname)"])
}

#[test]
fn git_pushes_clones_and_fetches() {
    for version in ["0", "1", "2"] {
        let store = store_with(&["team/app"]);
        let token = token("team/app", Access::Write);
        let dir = TempDir::new();
        let protocol = format!("protocol.version={version}");
        let (_, seen) = serve_while(&store, &token, |root| {
            let url = format!("{root}team/app.git");
            let run = |dir: &Path, words: &[&str]| {
                let words = [&["-c", &protocol], words].concat();
                git_text(dir, &words)
            };
            let (one, two) = (dir.path().join("one"), dir.path().join("two"));
            fs::create_dir(&one).unwrap();
            work(&one, &url);
            run(&one, &["push", "-q", "origin", "main", "main~5:refs/heads/old"]);
            run(dir.path(), &["clone", "-q", &url, "two"]);
            run(dir.path(), &["clone", "-q", "--depth=2", &url, "shallow"]);
            run(&one, &["commit", "-q", "--allow-empty", "-m", "more"]);
            run(&one, &["push", "-q", "origin", "main", ":old"]);
            // Without the suffix, too.
            run(&two, &["remote", "set-url", "origin", url.strip_suffix(".git").unwrap()]);
            run(&two, &["fetch", "-q", "--prune"]);
            assert_eq!(run(&two, &["rev-parse", "origin/main"]), run(&one, &["rev-parse", "main"]));
            let id = run(&one, &["rev-parse", "main"]);
            assert_eq!(judge(&store), format!("{id} refs/heads/main"));
        });
        assert!(seen.iter().all(|seen| matches!(seen.status, 200 | 401)), "{seen:?}");
        let asked = |version: &str| {
            seen.iter()
                .any(|s| s.request.header("git-protocol") == Some(&format!("version={version}")))
        };
        assert_eq!(asked(version), version != "0");
    }
}

#[test]
fn a_large_push_comes_in_chunks_and_a_long_negotiation_compressed() {
    let store = store_with(&["team/app"]);
    let token = token("*", Access::Write);
    let dir = TempDir::new();
    let (_, seen) = serve_while(&store, &token, |root| {
        let url = format!("{root}team/app.git");
        let one = dir.path().join("one");
        fs::create_dir(&one).unwrap();
        work(&one, &url);
        let noise: Vec<u8> =
            (0..3_000_000_u64).map(|n| (n.wrapping_mul(n) >> 7).wrapping_mul(97) as u8).collect();
        fs::write(one.join("large"), noise).unwrap();
        git(&one, &["add", "large"]);
        git(&one, &["commit", "-q", "-m", "large"]);
        // The pack is kept from shrinking below what git sends in one piece.
        git(&one, &["config", "core.compression", "0"]);
        git(&one, &["push", "-q", "origin", "main"]);
        git(dir.path(), &["clone", "-q", &url, "two"]);
        // Many branches that the server does not know make many haves.
        let two = dir.path().join("two");
        let mut stream = String::new();
        for number in 0..300 {
            stream += &format!(
                "commit refs/heads/b{number}\ncommitter A <a@b> {} +0000\ndata 1\n.\n\n",
                1_800_000_000 + number
            );
        }
        git_with_input(&two, &["fast-import", "--quiet"], stream.as_bytes());
        git(&one, &["commit", "-q", "--allow-empty", "-m", "more"]);
        git(&one, &["push", "-q", "origin", "main"]);
        git(&two, &["fetch", "-q"]);
        assert_eq!(
            git_text(&two, &["rev-parse", "origin/main"]),
            git_text(&one, &["rev-parse", "main"])
        );
    });
    let has = |name, value| seen.iter().any(|seen| seen.request.header(name) == Some(value));
    assert!(has("transfer-encoding", "chunked"), "the push was not large enough");
    assert!(has("content-encoding", "gzip"), "the negotiation was not long enough");
}

#[test]
fn git_tells_its_user_what_is_refused() {
    let store = store_with(&["team/app"]);
    for (token, words, expected) in [
        (token("*", Access::Read), vec!["ls-remote", "URLmissing.git"], "not found"),
        (token("*", Access::Read), vec!["push", "-q", "URLteam/app.git", "main"], "may read"),
        ("wrong".into(), vec!["ls-remote", "URLteam/app.git"], "Authentication failed"),
    ] {
        let dir = TempDir::new();
        let (_, _) = serve_while(&store, &token, |root| {
            work(dir.path(), root);
            let words: Vec<String> = words.iter().map(|w| w.replace("URL", root)).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let (is_success, _, said) = try_git(dir.path(), &words, b"");
            assert!(!is_success && said.contains(expected), "{words:?}: {said}");
        });
    }
}
