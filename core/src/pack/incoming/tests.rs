//! Packs made by real git, judged by real git; and packs that were made to do harm.

use super::*;
use crate::{
    store::Memory,
    testing::{
        Interrupted, Moment, Request, TempDir, block_on, git, git_text, git_with_input, keys,
        repo_name, unload,
    },
};
use alloc::format;
use std::path::Path;

mod hostile;
mod packs;
mod thin;

const ROOT: &str = "trunks/x.trunk/";

/// A pack that arrives in pieces of one size.
struct Pieces<'p> {
    rest: &'p [u8],
    piece_bytes: usize,
}

impl Source for Pieces<'_> {
    async fn piece(&mut self) -> Result<Vec<u8>, IncomingError> {
        let (piece, rest) = self.rest.split_at(self.piece_bytes.min(self.rest.len()));
        self.rest = rest;
        Ok(piece.to_vec())
    }
}

/// Takes a pack into the store.
fn receive_in<S: Store + Clone>(
    store: S,
    pack: &[u8],
    piece_bytes: usize,
    limits: &Limits,
) -> Result<Received, IncomingError> {
    let layout = Layout::new(&repo_name());
    let objects = Objects::new(store.clone(), layout.clone(), limits.clone());
    let incoming =
        Incoming { objects: &objects, store: &store, layout: &layout, limits, nonce: [7; 20] };
    block_on(incoming.receive(&mut Pieces { rest: pack, piece_bytes }, &[]))
}

fn receive(store: &Memory, pack: &[u8], limits: &Limits) -> Result<Received, IncomingError> {
    receive_in(store, pack, 1 << 16, limits)
}

/// Limits under which everything goes by way of the store.
fn small() -> Limits {
    Limits { spool_bytes: 1000, cache_bytes: 20_000, ..Limits::default() }
}

/// A repository whose one file grows and changes over `versions` commits.
fn history(versions: u32) -> TempDir {
    let dir = TempDir::new();
    git(dir.path(), &["init", "-q", "--bare", "."]);
    let mut stream = String::new();
    let mut lines: Vec<String> = (0..200).map(|n| format!("line {n} {}\n", n * n)).collect();
    for version in 0..versions {
        let changed = (version as usize * 37) % lines.len();
        lines[changed] = format!("version {version} of line {changed}\n");
        lines.push(format!("added in {version} {}\n", version * 7919));
        let text = lines.concat();
        stream += &format!(
            "commit refs/heads/main\ncommitter A <a@b.c> {} +0000\ndata 3\nc{:02}\n\
             M 100644 inline file\ndata {}\n{text}\nM 100644 inline d/{version}\ndata 2\nx\n\n",
            1_700_000_000 + version,
            version % 100,
            text.len(),
        );
    }
    git_with_input(dir.path(), &["fast-import", "--quiet"], stream.as_bytes());
    dir
}

/// A pack of all that `revisions` (as of rev-list) give.
fn pack_of(dir: &Path, revisions: &str, options: &[&str]) -> Vec<u8> {
    let arguments = [&["pack-objects", "--stdout", "--revs", "-q"][..], options].concat();
    git_with_input(dir, &arguments, revisions.as_bytes())
}

/// Has git look at the one pack in the store: valid, and with the idx that git would write.
fn judge(store: &Memory, received: &Received) {
    let name = received.name.as_ref().expect("a pack that is not empty has a name");
    let expected = ["idx", "pack"].map(|end| format!("{ROOT}objects/pack/pack-{name}.{end}"));
    assert_eq!(keys(store, ""), expected);
    let dir = TempDir::new();
    git(dir.path(), &["init", "-q", "--bare", "."]);
    unload(store, ROOT, dir.path());
    let pack = format!("objects/pack/pack-{name}.pack");
    git(dir.path(), &["index-pack", "-o", "theirs.idx", &pack]);
    let theirs = std::fs::read(dir.path().join("theirs.idx")).unwrap();
    let ours = std::fs::read(dir.path().join(format!("objects/pack/pack-{name}.idx"))).unwrap();
    assert_eq!(ours.len(), theirs.len());
    assert!(ours == theirs, "the idx is the one that git writes");
    git(dir.path(), &["verify-pack", &pack]);
}
