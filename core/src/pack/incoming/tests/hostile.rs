//! Packs that were made to do harm, or were damaged: each is refused, and leaves nothing.

use super::*;
use crate::{
    object::Kind,
    pack::entry::{EntryHeader, EntryKind},
    zlib::deflate,
};
use alloc::{string::ToString, vec};

/// A pack made by hand.
#[derive(Default)]
pub(super) struct Forge {
    body: Vec<u8>,
    entries: u32,
}

impl Forge {
    /// Adds an entry whose header may lie.
    fn add(mut self, kind: EntryKind, size_bytes: u64, deflated: &[u8]) -> Self {
        EntryHeader { kind, size_bytes }.encode(&mut self.body);
        self.body.extend_from_slice(deflated);
        self.entries += 1;
        self
    }

    pub(super) fn object(self, kind: Kind, data: &[u8]) -> Self {
        self.add(EntryKind::Whole(kind), data.len() as u64, &deflate(data))
    }

    pub(super) fn delta(self, kind: EntryKind, instructions: &[u8]) -> Self {
        self.add(kind, instructions.len() as u64, &deflate(instructions))
    }

    /// Where the next entry will begin.
    fn next(&self) -> u64 {
        (HEADER_BYTES + self.body.len()) as u64
    }

    pub(super) fn pack(self) -> Vec<u8> {
        let entries = self.entries;
        self.declaring(entries)
    }

    /// The pack with this number of entries in its header.
    fn declaring(self, entries: u32) -> Vec<u8> {
        let header = [b"PACK\0\0\0\x02", &entries.to_be_bytes()[..]].concat();
        sealed([&header[..], &self.body].concat())
    }
}

/// The bytes with their hash behind them.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut hasher = Hasher::new();
    hasher.update(&bytes);
    bytes.extend_from_slice(hasher.finish().as_bytes());
    bytes
}

/// A delta with these lengths in front.
pub(super) fn delta(base_bytes: u64, result_bytes: u64, instructions: &[u8]) -> Vec<u8> {
    let mut delta = Vec::new();
    for mut size in [base_bytes, result_bytes] {
        while size > 0x7f {
            delta.push(size as u8 | 0x80);
            size >>= 7;
        }
        delta.push(size as u8);
    }
    delta.extend_from_slice(instructions);
    delta
}

/// Takes the pack in by way of memory and by way of the store; it must be refused either way.
fn refused_within(pack: &[u8], limits: Limits) -> IncomingError {
    let errors = [limits.spool_bytes, 40].map(|spool_bytes| {
        let limits = Limits { spool_bytes, ..limits.clone() };
        let store = Memory::new();
        let error = receive(&store, pack, &limits).expect_err("it is to be refused");
        assert!(keys(&store, "").is_empty(), "{error}: {:?}", keys(&store, ""));
        assert_eq!(store.uploads(), 0, "{error}");
        error
    });
    let [first, second] = errors;
    assert_eq!(first, second);
    first
}

fn refused(pack: &[u8]) -> IncomingError {
    refused_within(pack, Limits::default())
}

const TEN_GB: u64 = 10_000_000_000;

#[test]
fn a_pack_cut_off_anywhere_is_refused() {
    let dir = history(2);
    let pack = pack_of(dir.path(), "main\n", &["--delta-base-offset"]);
    for length in 0..pack.len() {
        let error = refused(&pack[..length]);
        assert!(matches!(error, IncomingError::Truncated { .. }), "{length}: {error}");
    }
}

#[test]
fn a_pack_with_any_byte_changed_is_refused() {
    let dir = history(2);
    let pack = pack_of(dir.path(), "main\n", &["--delta-base-offset"]);
    for position in 0..pack.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = pack.clone();
            damaged[position] ^= flip;
            refused(&damaged);
            // Someone who damages it on purpose also makes the hash fit.
            damaged.truncate(pack.len() - 20);
            let store = Memory::new();
            let outcome = receive(&store, &sealed(damaged), &small());
            assert_eq!(keys(&store, "").len(), if outcome.is_ok() { 2 } else { 0 });
        }
    }
}

#[test]
fn trees_that_git_would_not_follow_are_refused() {
    let dir = history(2);
    let pack = pack_of(dir.path(), "main\n", &[]);
    let within = |tree_depth| Limits { tree_depth, ..Limits::default() };
    receive(&Memory::new(), &pack, &within(1)).unwrap();
    assert_eq!(refused_within(&pack, within(0)), IncomingError::NestedTooDeep { limit: 0 });
}

#[test]
fn what_is_not_a_pack_is_refused() {
    let empty = |header: &[u8]| sealed(header.to_vec());
    for (pack, words) in [
        (empty(b"JUNK\0\0\0\x02\0\0\0\0"), "does not begin with PACK"),
        (empty(b"PACK\0\0\0\x04\0\0\0\0"), "pack version 4 is not known"),
        // The trailer is taken for an entry, whatever that gives.
        (empty(b"PACK\0\0\0\x02\0\0\0\x01"), "the pack "),
        (empty(b"PACK\0\0\0\x02\xff\xff\xff\xff"), "4294967295 objects, over the limit"),
        (Forge::default().object(Kind::Blob, b"a").declaring(2), "the pack "),
        ([Forge::default().pack(), b"x".to_vec()].concat(), "1 bytes follow"),
        (Forge::default().object(Kind::Blob, b"a").declaring(0), "bytes follow"),
        (sealed(b"PACK\0\0\0\x02\0\0\0\x01\x50abcdefgh".to_vec()), "unknown type 5"),
        (sealed(b"PACK\0\0\0\x02\0\0\0\x01\x00abcdefgh".to_vec()), "unknown type 0"),
        (sealed([b"PACK\0\0\0\x02\0\0\0\x01", &[0xff; 40][..]].concat()), "size is too large"),
    ] {
        let error = refused(&pack).to_string();
        assert!(error.contains(words), "{words:?}: {error}");
    }
}

#[test]
fn declared_lengths_must_be_true() {
    for (declared, words) in [(3, "not as long as declared"), (1, "not as long as declared")] {
        for kind in [Kind::Blob, Kind::Tree] {
            let whole = EntryKind::Whole(kind);
            let pack = Forge::default().add(whole, declared, &deflate(b"ab")).pack();
            let error = refused(&pack).to_string();
            assert!(error.contains(words), "{error}");
            // The same by the way of blobs that are not held.
            let limits = Limits { held_object_bytes: 0, ..Limits::default() };
            refused_within(&pack, limits);
        }
    }
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let few = deflate(b"few");
    let forged = |kind, size| Forge::default().add(kind, size, &few).pack();
    for kind in [Kind::Tree, Kind::Commit, Kind::Tag] {
        let error = refused(&forged(EntryKind::Whole(kind), TEN_GB));
        assert!(matches!(error, IncomingError::ObjectTooLarge { .. }), "{error}");
    }
    let error = refused(&forged(EntryKind::RefDelta(ObjectId::EMPTY_TREE), TEN_GB));
    assert!(error.to_string().contains("over the limit of 33554432 for deltas"), "{error}");
    let limits = || Limits { object_bytes: 1_000_000, ..Limits::default() };
    let error = refused_within(&forged(EntryKind::Whole(Kind::Blob), TEN_GB), limits());
    assert!(error.to_string().contains("10000000000 bytes"), "{error}");
    // Within the limit, but not there.
    refused(&forged(EntryKind::Whole(Kind::Blob), TEN_GB));
    let bomb = Forge::default().object(Kind::Blob, &vec![0; 5_000_000]).pack();
    assert!(bomb.len() < 10_000);
    let error = refused_within(&bomb, limits());
    assert!(matches!(error, IncomingError::ObjectTooLarge { .. }), "{error}");
    let pack = Forge::default().object(Kind::Blob, &[7; 100]).pack();
    let error = refused_within(&pack, Limits { pack_bytes: 20, ..Limits::default() });
    assert_eq!(error, IncomingError::PackTooLarge { limit_bytes: 20 });
}

#[test]
fn bombs_of_deltas_are_refused_before_they_go_off() {
    let base = Forge::default().object(Kind::Blob, b"base");
    let distance = base.next() - HEADER_BYTES as u64;
    let bomb = delta(4, TEN_GB, &[0x90, 4]);
    let pack = base.delta(EntryKind::OfsDelta(distance), &bomb).pack();
    let error = refused(&pack);
    assert!(error.to_string().contains("for results of deltas"), "{error}");

    // Each doubles the one before: 2 to the power of 60 bytes if nobody stops it.
    let mut forge = Forge::default().object(Kind::Blob, &[7; 64]);
    let (mut last, mut size) = (HEADER_BYTES as u64, 64u64);
    for _ in 0..54 {
        let whole = [0xf0, size as u8, (size >> 8) as u8, (size >> 16) as u8];
        let next = forge.next();
        forge = forge.delta(
            EntryKind::OfsDelta(next - last),
            &delta(size, size * 2, &[whole, whole].concat()),
        );
        last = next;
        size *= 2;
    }
    let limits = Limits { held_object_bytes: 100_000, ..Limits::default() };
    let error = refused_within(&forge.pack(), limits);
    assert!(matches!(error, IncomingError::ObjectTooLarge { .. }), "{error}");
}

#[test]
fn chains_of_deltas_are_bounded() {
    let chain = |length: u32| {
        let mut forge = Forge::default().object(Kind::Blob, b"0000");
        let mut last = HEADER_BYTES as u64;
        for number in 1..=length {
            let next = forge.next();
            let text = format!("{number:04}");
            let instructions = delta(4, 4, &[b"\x04", text.as_bytes()].concat());
            forge = forge.delta(EntryKind::OfsDelta(next - last), &instructions);
            last = next;
        }
        forge.pack()
    };
    for cache_bytes in [1 << 20, 1] {
        let limits = Limits { delta_depth: 30, cache_bytes, ..Limits::default() };
        assert!(receive(&Memory::new(), &chain(30), &limits).is_ok());
        let error = refused_within(&chain(31), limits);
        assert!(matches!(error, IncomingError::TooDeep { limit: 30, .. }), "{error}");
    }
}

#[test]
fn a_base_must_be_an_entry_before_its_delta() {
    let copy = delta(4, 4, &[0x90, 4]);
    for distance in [0, 1, 12, 1_000_000, u64::MAX] {
        let forge = Forge::default().object(Kind::Blob, b"base");
        let error = refused(&forge.delta(EntryKind::OfsDelta(distance), &copy).pack());
        assert!(error.to_string().contains("no entry begins"), "{distance}: {error}");
    }
}

#[test]
fn deltas_that_do_not_fit_their_base_are_refused() {
    for instructions in [
        delta(5, 4, &[0x90, 4]),
        delta(4, 5, &[0x90, 4]),
        delta(4, 3, &[0x90, 4]),
        delta(4, 4, &[0x91, 2, 4]),
        delta(4, 4, &[0, 4]),
        delta(4, 4, &[9, b'a']),
        vec![0x80],
        Vec::new(),
    ] {
        let base = Forge::default().object(Kind::Blob, b"base");
        let distance = base.next() - HEADER_BYTES as u64;
        let error = refused(&base.delta(EntryKind::OfsDelta(distance), &instructions).pack());
        assert!(matches!(error, IncomingError::Malformed { .. }), "{error}");
    }
}

#[test]
fn a_base_that_cannot_be_held_is_refused() {
    let large = vec![7; 3000];
    let base = Forge::default().object(Kind::Blob, &large);
    let distance = base.next() - HEADER_BYTES as u64;
    let pack = base.delta(EntryKind::OfsDelta(distance), &delta(3000, 4, &[0x90, 4])).pack();
    let limits = Limits { held_object_bytes: 2000, ..Limits::default() };
    let error = refused_within(&pack, limits);
    assert!(error.to_string().contains("for bases of deltas"), "{error}");
}

#[test]
fn objects_that_would_do_harm_are_refused() {
    let entry = |mode: &str, name: &str| {
        let id = [7u8; 20];
        [mode.as_bytes(), b" ", name.as_bytes(), b"\0", &id].concat()
    };
    let id = ObjectId::EMPTY_TREE;
    for (kind, data) in [
        (Kind::Tree, entry("40000", ".git")),
        (Kind::Tree, entry("40000", "..")),
        (Kind::Tree, entry("40000", ".")),
        (Kind::Tree, entry("100644", "GIT~1")),
        (Kind::Tree, entry("100644", "a/b")),
        (Kind::Tree, entry("100644", "")),
        (Kind::Tree, [entry("100644", "b"), entry("100644", "a")].concat()),
        (Kind::Tree, [entry("100644", "a"), entry("100644", "a")].concat()),
        (Kind::Tree, entry("100644", "a")[..20].to_vec()),
        (Kind::Commit, b"hello".to_vec()),
        (Kind::Commit, format!("tree {id}\nparent x\n").into_bytes()),
        (Kind::Tag, b"object x\n".to_vec()),
    ] {
        let error = refused(&Forge::default().object(kind, &data).pack());
        assert!(matches!(error, IncomingError::Invalid { .. }), "{error}");
    }
}

#[test]
fn an_object_is_not_twice_in_a_pack() {
    let pack = Forge::default().object(Kind::Blob, b"a").object(Kind::Blob, b"a").pack();
    assert!(matches!(refused(&pack), IncomingError::Duplicate { .. }));
}
