//! Repositories out of which nothing is served, and that it costs nothing to see that.

use super::*;
use crate::{
    store::{Expected, Store},
    testing::{Counting, block_on},
    wire::{Session, Version},
};

/// What one request of version 2 came to, and how deep it went.
fn ask(store: &Counting<Memory>, command: &[u8]) -> (Result<(), String>, u64) {
    let repository = Repository::open(store, &repo_name(), Limits::default());
    let session = Session::Request;
    let options = UploadOptions { version: Version::V2, session, ..UploadOptions::default() };
    let mut client = Script::new(&[command]);
    let (outcome, depth) = store.run(upload_pack(&repository, &mut client, &options));
    (outcome.map_err(|error| error.to_string()), depth)
}

/// The requests of a clone, each by itself.
fn requests(tip: &str) -> [(&'static str, Vec<u8>); 3] {
    let line = |text: &str| format!("{:04x}{text}", text.len() + 4);
    let fetch = [line("command=fetch\n"), "0001".into(), line(&format!("want {tip}\n"))];
    let info = [line("command=object-info\n"), "0001".into(), line("size\n")];
    [
        ("ls-refs", format!("{}00010000", line("command=ls-refs\n")).into_bytes()),
        ("fetch", format!("{}{}0000", fetch.concat(), line("done\n")).into_bytes()),
        ("object-info", format!("{}{}0000", info.concat(), line(&format!("oid {tip}\n"))).into()),
    ]
}

/// Nothing looked at `config` before a clone: one of SHA-256, or of a later version, gave nonsense.
#[test]
fn a_repository_in_another_format_is_not_served() {
    let source = Source::with_history(3);
    let tip = git_text(&source.path(), &["rev-parse", "main"]);
    let store = Counting::new(source.store());
    let depths = requests(&tip).map(|(command, request)| {
        let (outcome, depth) = ask(&store, &request);
        assert_eq!(outcome, Ok(()), "{command}");
        depth
    });
    // HEAD and the list, the refs, the packs, an idx, and what it leads to: no more than without.
    assert!(depths[0] <= 3 && depths[2] <= 3, "{depths:?}");
    let config = b"[core]\nrepositoryformatversion = 1\n[extensions]\nobjectFormat = sha256\n";
    let key = repository_key("config");
    block_on(store.store.put(&key, config.to_vec(), Expected::Any)).unwrap();
    for (command, request) in requests(&tip) {
        let (outcome, _) = ask(&store, &request);
        let message = outcome.unwrap_err();
        assert!(message.contains("objectformat = sha256"), "{command}: {message}");
    }
    clones_fail(&store.store, "objectformat = sha256");
}

/// A ref that could not be read was passed over: the clone ended well, without a branch.
#[test]
fn a_ref_that_cannot_be_read_is_named_and_not_passed_over() {
    let source = Source::with_history(3);
    let tip = git_text(&source.path(), &["rev-parse", "main"]);
    for content in [&b""[..], b"nonsense\n", b"ref: refs/heads/broken\n", &[b'a'; 5000]] {
        let store = source.store();
        let key = repository_key("refs/heads/broken");
        block_on(store.put(&key, content.to_vec(), Expected::Any)).unwrap();
        clones_fail(&store, "refs/heads/broken is corrupt");
        // Who asks for another one is served.
        let (_, outcomes) = serve(&store, |url| {
            let dir = TempDir::new();
            git(dir.path(), &["init", "--quiet", "."]);
            git(dir.path(), &["fetch", "--quiet", &format!("{url}x"), "main"]);
            assert_eq!(git_text(dir.path(), &["rev-parse", "FETCH_HEAD"]), tip);
        });
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    }
}

fn repository_key(path: &str) -> String {
    format!("{}{path}", crate::repository::Layout::new(&repo_name()).root())
}

/// A clone in any version ends with these words.
fn clones_fail(store: &Memory, words: &str) {
    for version in VERSIONS {
        serve(store, |url| {
            let dir = TempDir::new();
            let protocol = format!("protocol.version={version}");
            let clone = ["-c", &protocol, "clone", "--quiet", &format!("{url}x"), "c"];
            let (is_success, _, told) = try_git(dir.path(), &clone, b"");
            assert!(!is_success && told.contains(words), "version {version}: {told}");
        });
    }
}
