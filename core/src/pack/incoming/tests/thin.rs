//! Thin packs, which need objects that the repository has.

use super::*;
use crate::testing::load;

/// A store with all but the last `without` commits of [`history`], and the thin pack of those.
fn split(versions: u32, without: u32, options: &[&str]) -> (TempDir, Memory, Vec<u8>) {
    let dir = history(versions);
    let old = TempDir::new();
    git(old.path(), &["init", "-q", "--bare", "."]);
    let source = format!("file://{}", dir.path().display());
    let wanted = format!("main~{without}");
    git(dir.path(), &["branch", "old", &wanted]);
    git(old.path(), &["fetch", "-q", "--no-tags", &source, "old:refs/heads/old"]);
    git(old.path(), &["repack", "-adq"]);
    let store = load(old.path());
    let revisions = format!("main\n^{wanted}\n");
    let pack = pack_of(dir.path(), &revisions, &[&["--thin"][..], options].concat());
    (dir, store, pack)
}

/// Has git look at the whole repository in the store, with `main` at what `dir` has.
fn judge_all(store: &Memory, dir: &Path) {
    let copy = TempDir::new();
    git(copy.path(), &["init", "-q", "--bare", "."]);
    unload(store, ROOT, copy.path());
    let tip = git_text(dir, &["rev-parse", "main"]);
    git(copy.path(), &["update-ref", "refs/heads/main", &tip]);
    git(copy.path(), &["fsck", "--full", "--strict"]);
    for key in keys(store, &format!("{ROOT}objects/pack/")) {
        if key.ends_with(".pack") {
            git(copy.path(), &["index-pack", "-o", "theirs.idx", &key[ROOT.len()..]]);
            let theirs = std::fs::read(copy.path().join("theirs.idx")).unwrap();
            let idx = key.replace(".pack", ".idx");
            let ours = std::fs::read(copy.path().join(&idx[ROOT.len()..])).unwrap();
            assert!(ours == theirs, "{idx}");
        }
    }
}

#[test]
fn bases_are_appended() {
    for options in [&["--delta-base-offset"][..], &[]] {
        let (dir, store, pack) = split(40, 10, options);
        git(dir.path(), &["init", "-q", "--bare", "alone"]);
        let (is_whole, _, _) = crate::testing::try_git(
            &dir.path().join("alone"),
            &["index-pack", "--stdin", "--strict"],
            &pack,
        );
        assert!(!is_whole, "the pack is thin");
        for limits in [Limits::default(), small(), Limits { cache_bytes: 1, ..small() }] {
            let copy = copied(&store);
            let received = receive(&copy, &pack, &limits).unwrap();
            let declared = u32::from_be_bytes(pack[8..12].try_into().unwrap());
            assert!(received.objects > declared);
            assert_eq!(keys(&copy, "").len(), keys(&store, "").len() + 2);
            assert_eq!(copy.uploads(), 0);
            judge_all(&copy, dir.path());
        }
    }
}

/// A base of the pack that was taken from the repository, because it was not made yet, was added to
/// the pack a second time.
#[test]
fn a_base_that_is_in_both_is_not_appended() {
    use super::hostile::{Forge, delta};
    use crate::{hash::object_id, object::Kind, pack::entry::EntryKind};
    let blobs = [&b"aaaa"[..], b"bbbb"];
    let ids = blobs.map(|blob| object_id(Kind::Blob, blob));
    for (known, made) in [(0, 1), (1, 0)] {
        let store = Memory::new();
        let both = Forge::default().object(Kind::Blob, blobs[0]).object(Kind::Blob, blobs[1]);
        receive(&store, &both.pack(), &Limits::default()).unwrap();
        let made_of_known = [b"\x04", blobs[made]].concat();
        let pack = Forge::default()
            .delta(EntryKind::RefDelta(ids[known]), &delta(4, 4, &made_of_known))
            .delta(EntryKind::RefDelta(ids[made]), &delta(4, 4, b"\x04cccc"))
            .pack();
        let received = receive(&store, &pack, &Limits::default()).unwrap();
        assert_eq!(received.objects, 3);
        assert_eq!(keys(&store, "").len(), 4);
    }
}

#[test]
fn a_base_that_is_nowhere_is_named() {
    let (dir, _, pack) = split(20, 5, &[]);
    for limits in [Limits::default(), small()] {
        let store = Memory::new();
        let error = receive(&store, &pack, &limits).unwrap_err();
        let IncomingError::MissingBase { base } = error else { panic!("{error}") };
        git(dir.path(), &["cat-file", "-e", &format!("{base}")]);
        assert!(keys(&store, "").is_empty());
        assert_eq!(store.uploads(), 0);
    }
}

#[test]
fn deltas_that_need_themselves_are_refused() {
    use super::hostile::{Forge, delta};
    use crate::{hash::object_id, object::Kind, pack::entry::EntryKind};
    let copy = delta(4, 4, &[0x90, 4]);
    let (a, b) = (object_id(Kind::Blob, b"aaaa"), object_id(Kind::Blob, b"bbbb"));
    let itself = Forge::default().delta(EntryKind::RefDelta(a), &copy);
    let each_other = Forge::default()
        .delta(EntryKind::RefDelta(a), &delta(4, 4, b"\x04bbbb"))
        .delta(EntryKind::RefDelta(b), &delta(4, 4, b"\x04aaaa"));
    for pack in [itself.pack(), each_other.pack()] {
        for limits in [Limits::default(), Limits { spool_bytes: 40, ..small() }] {
            let store = Memory::new();
            let error = receive(&store, &pack, &limits).unwrap_err();
            assert!(matches!(error, IncomingError::MissingBase { .. }), "{error}");
            assert!(keys(&store, "").is_empty());
        }
    }
}

#[test]
fn a_base_behind_its_delta_is_found() {
    use super::hostile::{Forge, delta};
    use crate::{hash::object_id, object::Kind, pack::entry::EntryKind};
    let (a, b) = (object_id(Kind::Blob, b"aaaa"), object_id(Kind::Blob, b"bbbb"));
    let pack = Forge::default()
        .delta(EntryKind::RefDelta(b), &delta(4, 4, b"\x04cccc"))
        .delta(EntryKind::RefDelta(a), &delta(4, 4, b"\x04bbbb"))
        .object(Kind::Blob, b"aaaa")
        .pack();
    for limits in [Limits::default(), Limits { spool_bytes: 40, ..small() }] {
        let store = Memory::new();
        let received = receive(&store, &pack, &limits).unwrap();
        assert_eq!(received.objects, 3);
        judge(&store, &received);
    }
}

fn copied(store: &Memory) -> Memory {
    let copy = Memory::new();
    for key in keys(store, "") {
        let value = block_on(store.get(&key, None)).unwrap().unwrap();
        block_on(copy.put(&key, value.bytes, Expected::Any)).unwrap();
    }
    copy
}
