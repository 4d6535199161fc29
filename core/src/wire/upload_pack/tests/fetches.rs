//! Fetches into a clone that has most of it already, and what they cost.

use super::*;
use crate::testing::Counting;

#[test]
fn later_fetches_bring_what_is_new() {
    for version in VERSIONS {
        let source = Source::with_history(40);
        let dir = TempDir::new();
        let store = source.store();
        let ((), outcomes) = serve(&store, |url| {
            git(dir.path(), &["clone", "--quiet", "--bare", &format!("{url}x"), "clone"]);
        });
        assert_eq!(outcomes, [Ok(())]);
        git_with_input(
            &source.path(),
            &["fast-import", "--quiet", "--force"],
            &more_history(41, 60),
        );
        git(&source.path(), &["tag", "-a", "-m", "new", "v2", "main~2"]);
        git(&source.path(), &["tag", "-a", "-m", "elsewhere", "other", "main~30"]);
        let store = source.store();
        let clone = dir.path().join("clone");
        let ((), outcomes) = serve(&store, |url| {
            let protocol = format!("protocol.version={version}");
            let url = format!("{url}x");
            git(&clone, &["-c", &protocol, "fetch", "--quiet", &url, "main:main"]);
        });
        assert_eq!(outcomes, [Ok(())]);
        let expected =
            git_text(&source.path(), &["rev-list", "--objects", "main", "v2", "topic/one~1"]);
        let _ = expected;
        assert_eq!(
            git_text(&clone, &["rev-parse", "main"]),
            git_text(&source.path(), &["rev-parse", "main"])
        );
        assert_eq!(Clone::of(&clone).fsck, (true, String::new()));
        // Git fetches a tag along when what it names is fetched.
        assert_eq!(
            git_text(&clone, &["rev-parse", "v2"]),
            git_text(&source.path(), &["rev-parse", "v2"])
        );
    }
}

#[test]
fn a_fetch_of_one_commit_costs_little_in_a_long_history() {
    let source = Source::with_history(1500);
    let path = source.path();
    let dir = TempDir::new();
    let clone = dir.path().join("clone");
    git(dir.path(), &["clone", "--quiet", "--bare", "--no-local", &source.url(), "clone"]);
    // One push, as receive-pack stores it: a pack of its own.
    git_with_input(&path, &["fast-import", "--quiet", "--force"], &more_history(1501, 1502));
    for version in ["0", "2"] {
        let store = Counting::new(source.store());
        let protocol = format!("protocol.version={version}");
        let (output, outcomes) = serve(&store, |url| {
            let url = format!("{url}x");
            let fetch = ["-c", &protocol, "fetch", "--progress", &url, "main"];
            try_git(&clone, &fetch, b"").2
        });
        assert_eq!(outcomes, [Ok(())]);
        // A commit, five trees and three files.
        assert!(output.contains("Total 9 (delta"), "{output}");
        assert!(output.contains("Counting objects: 100% (9/9), done."), "{output}");
        let counts = store.take();
        // HEAD, packed refs, two idx files, two branches; the new pack, and four directories of
        // the old one at most.
        assert!(counts.gets <= 16 && counts.lists <= 8, "version {version}: {counts:?}");
        let all: u64 = 700_000;
        assert!(counts.bytes < all, "version {version}: {counts:?}");
        git(&clone, &["gc", "--prune=now", "--quiet"]);
    }
}

/// The client tells of hundreds of commits that the server has never heard of, before one that it
/// has.
#[test]
fn what_is_common_is_found_below_many_commits_of_the_client() {
    let source = Source::with_history(30);
    for version in VERSIONS {
        let dir = TempDir::new();
        let clone = dir.path().join("clone");
        git(dir.path(), &["clone", "--quiet", "--bare", "--no-local", &source.url(), "clone"]);
        let mut stream = String::new();
        for number in 0..400 {
            stream += "commit refs/heads/mine\n";
            stream += &format!("committer C <c@d> {} +0000\ndata 0\n\n", 1_700_000_000 + number);
            if number == 0 {
                stream += "from refs/heads/main^0\n";
            }
            stream += &format!("M 100644 inline mine\ndata <<END\n{number}\nEND\n\n");
        }
        git_with_input(&clone, &["fast-import", "--quiet"], stream.as_bytes());
        let newer = Source::with_history(33);
        let store = Counting::new(newer.store());
        let protocol = format!("protocol.version={version}");
        let (output, outcomes) = serve(&store, |url| {
            let url = format!("{url}x");
            let fetch = ["-c", &protocol, "fetch", "--progress", &url, "main:main"];
            let (is_success, _, output) = try_git(&clone, &fetch, b"");
            assert!(is_success, "{output}");
            output
        });
        assert_eq!(outcomes, [Ok(())]);
        let total = output.split("Total ").nth(1).and_then(|rest| rest.split(' ').next());
        let total: u32 = total.unwrap().parse().unwrap();
        assert!(total < 40, "version {version}: {output}");
        assert!(Clone::of(&clone).fsck.0);
        let counts = store.take();
        assert!(counts.lists < 20, "version {version}: {counts:?}");
    }
}
