//! Packs that git must be able to index, and stored ones that are damaged.

use super::{Counts, Sink, WriteOptions, write};
use crate::{
    hash::{Hasher, object_id},
    limits::Limits,
    object::{Kind, ObjectId},
    odb::{Objects, ReadError},
    pack::{EntryHeader, EntryKind},
    repository::Layout,
    store::{Expected, Memory, Store},
    testing::{
        Counting, TempDir, block_on, git, git_text, git_with_input, keys, load, load_into,
        repo_name,
    },
    walk::{Filter, Selection, Selector},
    zlib::deflate,
};
use alloc::{format, string::String, vec, vec::Vec};
use std::path::Path;

/// A pack in memory.
#[derive(Default)]
struct Pack(Vec<u8>);

impl Sink for Pack {
    type Error = ReadError;

    async fn write(&mut self, bytes: &[u8]) -> Result<(), ReadError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    async fn progress(&mut self, _: &Counts) -> Result<(), ReadError> {
        Ok(())
    }
}

fn pack<S: Store>(
    store: S,
    wants: &[ObjectId],
    haves: &[ObjectId],
    options: WriteOptions,
) -> Result<(Vec<u8>, Counts), ReadError> {
    block_on(async {
        let objects = Objects::new(store, Layout::new(&repo_name()), Limits::default());
        let filter = Filter::default();
        let selection = Selection { wants, haves, shallow: None, filter: &filter };
        let mut selector = Selector::new(&objects, selection).await.unwrap();
        while selector.advance().await.unwrap() {}
        let found = selector.finish().await.unwrap();
        let mut pack = Pack::default();
        let counts = write(&objects, found, options, &mut pack).await?;
        Ok((pack.0, counts))
    })
}

const ALL: WriteOptions = WriteOptions { has_ofs_delta: true, is_thin: true };
const NONE: WriteOptions = WriteOptions { has_ofs_delta: false, is_thin: false };

fn id(dir: &Path, name: &str) -> ObjectId {
    git_text(dir, &["rev-parse", name]).parse().unwrap()
}

/// So many commits that each change one line of a long file, packed as deltas.
fn deltas(commits: u32) -> TempDir {
    let dir = TempDir::new();
    git(dir.path(), &["init", "--bare", "--quiet", "."]);
    git(dir.path(), &["config", "fastimport.unpackLimit", "1"]);
    let mut stream = String::new();
    for number in 0..commits {
        let date = 1_000_000 + number;
        stream += &format!("commit refs/heads/main\ncommitter C <c@d> {date} +0000\ndata 0\n\n");
        let data: String = (0..300)
            .map(|line| format!("line {line} {}\n", if line == number { "new" } else { "" }))
            .collect();
        stream += &format!("M 100644 inline dir/file\ndata {}\n{data}\n\n", data.len());
    }
    git_with_input(dir.path(), &["fast-import", "--quiet"], stream.as_bytes());
    git(dir.path(), &["repack", "-adfq", "--depth=20"]);
    dir
}

/// How closely git looks at a pack.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Checks {
    /// Everything that its objects lead to must be in it.
    Closed,
    /// Its objects must be whole.
    Objects,
}

/// Has git put a pack into an empty repository.
fn index(pack: &[u8], checks: Checks) -> TempDir {
    let dir = TempDir::new();
    git(dir.path(), &["init", "--bare", "--quiet", "."]);
    let mut arguments = vec!["index-pack", "--stdin"];
    if checks == Checks::Closed {
        arguments.push("--strict");
    }
    git_with_input(dir.path(), &arguments, pack);
    dir
}

#[test]
fn everything_is_copied_as_it_is_stored() {
    let dir = deltas(40);
    let tip = id(dir.path(), "main");
    let store = load(dir.path());
    for options in [ALL, NONE] {
        let (bytes, counts) = pack(&store, &[tip], &[], options).unwrap();
        assert_eq!(counts.reused, counts.total);
        assert!(counts.deltas > counts.total / 5, "{counts:?}");
        index(&bytes, Checks::Closed);
    }
}

#[test]
fn a_thin_pack_counts_on_what_the_reader_has() {
    let dir = deltas(40);
    let (tip, have) = (id(dir.path(), "main"), id(dir.path(), "main~20"));
    let store = load(dir.path());
    let (thick, _) = pack(&store, &[tip], &[have], NONE).unwrap();
    let (thin, _) = pack(&store, &[tip], &[have], ALL).unwrap();
    index(&thick, Checks::Objects);
    assert!(thin.len() <= thick.len());
    let (base, _) = pack(&store, &[have], &[], ALL).unwrap();
    let clone = index(&base, Checks::Closed);
    git_with_input(clone.path(), &["index-pack", "--stdin", "--fix-thin"], &thin);
    git(clone.path(), &["rev-list", "--objects", &format!("{tip}")]);
}

/// Two packs may hold the same two objects, each as a delta of the other in its own pack. Copying
/// the one from here and the other from there would make a circle.
#[test]
fn deltas_never_lead_round_in_a_circle() {
    let store = Memory::new();
    let mut wants = Vec::new();
    let mut packs = [Vec::new(), Vec::new()];
    for number in 0..60 {
        let short = format!("{number} ").repeat(50);
        let long = format!("{short}!");
        let [(a, to_a), (b, to_b)] =
            [(&short, delta(&long, &short, "")), (&long, delta(&short, &short, "!"))];
        let [a_id, b_id] = [a, b].map(|data| object_id(Kind::Blob, data.as_bytes()));
        packs[0].push((EntryKind::Whole(Kind::Blob), a.clone().into_bytes()));
        packs[0].push((EntryKind::RefDelta(a_id), to_b));
        packs[1].push((EntryKind::Whole(Kind::Blob), b.clone().into_bytes()));
        packs[1].push((EntryKind::RefDelta(b_id), to_a));
        wants.extend([a_id, b_id]);
        // What is in one pack only, so that it is now the one and now the other that is looked into.
        for (number, pack) in packs.iter_mut().enumerate() {
            let single = format!("{number} {short}").into_bytes();
            wants.push(object_id(Kind::Blob, &single));
            pack.push((EntryKind::Whole(Kind::Blob), single));
        }
    }
    for entries in packs {
        let dir = index(&assemble(&entries), Checks::Objects);
        load_into(&store, &dir.path().join("objects/pack"), "trunks/x.trunk/objects/pack/");
    }
    for options in [ALL, NONE] {
        let (bytes, counts) = pack(&store, &wants, &[], options).unwrap();
        assert_eq!(counts.total, 240);
        index(&bytes, Checks::Objects);
    }
}

/// A delta that makes `copied`, which `base` begins with, and `added`.
fn delta(base: &str, copied: &str, added: &str) -> Vec<u8> {
    let size = |length: usize| [length as u8 | 0x80, (length >> 7) as u8];
    let mut delta = Vec::new();
    delta.extend(size(base.len()));
    delta.extend(size(copied.len() + added.len()));
    delta.extend([0xb0, copied.len() as u8, (copied.len() >> 8) as u8]);
    if !added.is_empty() {
        delta.push(added.len() as u8);
        delta.extend(added.as_bytes());
    }
    delta
}

fn assemble(entries: &[(EntryKind, Vec<u8>)]) -> Vec<u8> {
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend((entries.len() as u32).to_be_bytes());
    for (kind, data) in entries {
        EntryHeader { kind: *kind, size_bytes: data.len() as u64 }.encode(&mut pack);
        pack.extend(deflate(data));
    }
    let mut hasher = Hasher::new();
    hasher.update(&pack);
    pack.extend(hasher.finish().as_bytes());
    pack
}

#[test]
fn loose_objects_are_written_too() {
    let dir = deltas(3);
    let tree = git_text(dir.path(), &["rev-parse", "main^{tree}"]);
    let tip = git_text(dir.path(), &["commit-tree", "-p", "main", "-m", "loose", &tree]);
    let tip = tip.parse().unwrap();
    let (bytes, counts) = pack(load(dir.path()), &[tip], &[], ALL).unwrap();
    assert_eq!(counts.reused + 1, counts.total);
    index(&bytes, Checks::Closed);
}

#[test]
fn a_long_entry_is_copied_in_parts() {
    let dir = TempDir::new();
    git(dir.path(), &["init", "--bare", "--quiet", "."]);
    let mut state = 1u32;
    let mut data = Vec::new();
    for _ in 0..3_500_000 {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        data.push((state >> 24) as u8);
    }
    let blob = git_with_input(dir.path(), &["hash-object", "-w", "--stdin"], &data);
    let blob: ObjectId = core::str::from_utf8(&blob).unwrap().trim().parse().unwrap();
    git_with_input(
        dir.path(),
        &["pack-objects", "objects/pack/pack"],
        format!("{blob}\n").as_bytes(),
    );
    git(dir.path(), &["prune-packed"]);
    let store = load(dir.path());
    let (bytes, counts) = pack(&store, &[blob], &[], ALL).unwrap();
    assert_eq!((counts.total, counts.reused), (1, 1));
    let clone = index(&bytes, Checks::Objects);
    assert_eq!(git(clone.path(), &["cat-file", "blob", &format!("{blob}")]), data);
    for at in [20, 1_000_000, 3_400_000] {
        let store = load(dir.path());
        damage(&store, |length| length.min(at));
        let outcome = pack(&store, &[blob], &[], ALL);
        assert!(
            matches!(outcome, Err(ReadError::CorruptFile { .. } | ReadError::Corrupt { .. })),
            "at {at}"
        );
    }
}

/// An entry longer than a piece but shorter than two once overtook its own header.
#[test]
fn entries_of_any_length_keep_their_order() {
    let mut state = 1u32;
    let mut noise = |length: usize| -> Vec<u8> {
        core::iter::repeat_with(|| {
            state = state.wrapping_mul(1664525).wrapping_add(1013904223);
            (state >> 24) as u8
        })
        .take(length)
        .collect()
    };
    let lengths =
        [1, 60_000, 65_000, 65_536, 70_000, 100_000, 131_072, 140_000, 300_000, 2_000_000];
    let entries: Vec<_> =
        lengths.iter().map(|&length| (EntryKind::Whole(Kind::Blob), noise(length))).collect();
    let wants: Vec<ObjectId> =
        entries.iter().map(|(_, data)| object_id(Kind::Blob, data)).collect();
    let store = Memory::new();
    let dir = index(&assemble(&entries), Checks::Objects);
    load_into(&store, &dir.path().join("objects/pack"), "trunks/x.trunk/objects/pack/");
    let (bytes, counts) = pack(&store, &wants, &[], ALL).unwrap();
    assert_eq!(counts.reused, 10);
    let clone = index(&bytes, Checks::Objects);
    for (id, (_, data)) in wants.iter().zip(&entries) {
        assert!(git(clone.path(), &["cat-file", "blob", &format!("{id}")]) == *data);
    }
}

#[test]
fn large_loose_objects_are_written_whether_they_compress_or_not() {
    let dir = TempDir::new();
    git(dir.path(), &["init", "--bare", "--quiet", "."]);
    let mut state = 1u32;
    let mut noise = |mask: u8| -> Vec<u8> {
        core::iter::repeat_with(|| {
            state = state.wrapping_mul(1664525).wrapping_add(1013904223);
            (state >> 24) as u8 & mask
        })
        .take(2_000_000)
        .collect()
    };
    for (mask, most) in [(0xff, 2_001_000), (0x03, 1_000_000)] {
        let data = noise(mask);
        let output = git_with_input(dir.path(), &["hash-object", "-w", "--stdin"], &data);
        let blob = core::str::from_utf8(&output).unwrap().trim();
        let (bytes, counts) = pack(load(dir.path()), &[blob.parse().unwrap()], &[], ALL).unwrap();
        assert_eq!((counts.total, counts.reused), (1, 0));
        assert!(bytes.len() < most, "{}", bytes.len());
        let clone = index(&bytes, Checks::Objects);
        assert!(git(clone.path(), &["cat-file", "blob", blob]) == data);
    }
}

/// Flips a bit of the pack.
fn damage(store: &Memory, at: impl Fn(usize) -> usize) {
    let key = keys(store, "trunks/x.trunk/objects/pack/")
        .into_iter()
        .find(|key| key.ends_with(".pack"))
        .unwrap();
    let mut bytes = block_on(store.get(&key, None)).unwrap().unwrap().bytes;
    let at = at(bytes.len());
    bytes[at] ^= 4;
    block_on(store.put(&key, bytes, Expected::Any)).unwrap();
}

#[test]
fn damaged_bytes_are_never_sent_as_if_they_were_whole() {
    let dir = deltas(6);
    let tip = id(dir.path(), "main");
    let length = {
        let store = load(dir.path());
        let key = keys(&store, "trunks/x.trunk/objects/pack/")
            .into_iter()
            .find(|key| key.ends_with(".pack"));
        block_on(store.get(&key.unwrap(), None)).unwrap().unwrap().bytes.len()
    };
    for at in 12..length - 20 {
        let store = load(dir.path());
        damage(&store, |_| at);
        let found = block_on(async {
            let objects = Objects::new(&store, Layout::new(&repo_name()), Limits::default());
            let filter = Filter::default();
            let wants = [tip];
            let selection = Selection { wants: &wants, haves: &[], shallow: None, filter: &filter };
            let mut selector = Selector::new(&objects, selection).await.ok()?;
            while selector.advance().await.ok()? {}
            let found = selector.finish().await.ok()?;
            let mut sink = Pack::default();
            write(&objects, found, ALL, &mut sink).await.ok()?;
            Some(sink.0)
        });
        assert_eq!(found, None, "a bit at {at} of {length} was flipped");
    }
}

#[test]
fn a_pack_is_read_in_few_requests() {
    let dir = deltas(300);
    let tip = id(dir.path(), "main");
    let store = Counting::new(load(dir.path()));
    let (_, counts) = pack(&store, &[tip], &[], ALL).unwrap();
    let requests = store.take();
    assert!(counts.total >= 900);
    assert!(requests.gets <= 6, "{requests:?}");
}
