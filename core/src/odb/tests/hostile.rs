//! Damaged files and files made to do harm.

use super::*;
use crate::{
    hash::Hasher,
    pack::{EntryHeader, EntryKind, IndexEntry},
    zlib::deflate,
};

#[test]
fn damage_is_told_or_mended_by_another_copy_and_never_given_out() {
    let dir = repository(12);
    git(dir.path(), &["repack", "-adfq"]);
    let expected = all_objects(dir.path());
    let store = load(dir.path());
    let pack = keys(&store, "trunks/x.trunk/objects/pack/");
    let pack = pack.iter().find(|key| key.ends_with(".pack")).unwrap();
    let whole = block_on(store.get(pack, None)).unwrap().unwrap().bytes;
    let mut told = 0;
    for position in (12..whole.len()).step_by(whole.len() / 150) {
        let mut damaged = whole.clone();
        damaged[position] ^= 0x24;
        block_on(store.put(pack, damaged, Expected::Any)).unwrap();
        let objects = open(&store, Limits::default());
        for (hex, _, data) in &expected {
            let id = hex.parse().unwrap();
            match block_on(objects.read(&id)) {
                Ok(object) => assert_eq!(&object.data, data),
                Err(ReadError::Corrupt { id: named, .. }) => {
                    assert_eq!(named, id);
                    told += 1;
                }
                Err(error) => panic!("{error}"),
            }
            let _ = block_on(objects.header(&id));
        }
    }
    assert!(told > 150);
    git(dir.path(), &["repack", "-adfq", "--window=0"]);
    load_into(&store, &dir.path().join("objects"), "trunks/x.trunk/objects/");
    compare(&dir, &open(&store, Limits::default()));
}

#[test]
fn truncated_files_never_panic() {
    let dir = repository(3);
    git(dir.path(), &["repack", "-adq"]);
    let expected = all_objects(dir.path());
    let whole = load(dir.path());
    for suffix in [".pack", ".idx"] {
        let files = keys(&whole, "trunks/x.trunk/objects/pack/");
        let key = files.iter().find(|key| key.ends_with(suffix)).unwrap();
        let bytes = block_on(whole.get(key, None)).unwrap().unwrap().bytes;
        for length in (0..bytes.len()).step_by(7) {
            let store = load(dir.path());
            block_on(store.put(key, bytes[..length].to_vec(), Expected::Any)).unwrap();
            let limits = if length % 2 == 0 { Limits::default() } else { tight() };
            let objects = open(&store, limits);
            for (hex, _, data) in &expected {
                match block_on(objects.read(&hex.parse().unwrap())) {
                    Ok(object) => assert_eq!(&object.data, data),
                    Err(error) => assert!(!matches!(error, ReadError::Missing { .. }), "{error}"),
                }
            }
        }
    }
}

/// Puts a pack of these entries into a store; each has its id, header and deflated data.
fn pack_of(entries: &[(ObjectId, EntryHeader, Vec<u8>)]) -> Memory {
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend((entries.len() as u32).to_be_bytes());
    let mut index = Vec::new();
    for (id, header, data) in entries {
        index.push(IndexEntry { id: *id, offset: pack.len() as u64, crc32: 0 });
        header.encode(&mut pack);
        pack.extend(deflate(data));
    }
    let mut hasher = Hasher::new();
    hasher.update(&pack);
    pack.extend(hasher.finish().as_bytes());
    let idx = index::write(&mut index, hasher.finish());
    let store = Memory::new();
    let layout = Layout::new(&repo_name());
    block_on(store.put(&layout.pack("a"), pack, Expected::Any)).unwrap();
    block_on(store.put(&layout.idx("a"), idx, Expected::Any)).unwrap();
    store
}

fn entry(kind: EntryKind, data: &[u8]) -> (ObjectId, EntryHeader, Vec<u8>) {
    let header = EntryHeader { kind, size_bytes: data.len() as u64 };
    (object_id(Kind::Blob, data), header, data.to_vec())
}

#[test]
fn deltas_in_a_circle_or_without_a_base_are_refused() {
    let delta = [1, 1, 0x90, 1];
    let [a, b] = [[0xaa; 20], [0xbb; 20]].map(ObjectId::from);
    let circle = [
        (a, entry(EntryKind::RefDelta(b), &delta).1, delta.to_vec()),
        (b, entry(EntryKind::RefDelta(a), &delta).1, delta.to_vec()),
    ];
    let alone = [(a, entry(EntryKind::RefDelta(b), &delta).1, delta.to_vec())];
    let outside = [(a, entry(EntryKind::OfsDelta(100), &delta).1, delta.to_vec())];
    let itself = [(a, entry(EntryKind::OfsDelta(0), &delta).1, delta.to_vec())];
    for entries in [&circle[..], &alone, &outside, &itself] {
        let store = pack_of(entries);
        let objects = open(&store, Limits::default());
        for outcome in [
            block_on(objects.read(&a)).map(drop),
            block_on(objects.header(&a)).map(drop),
            block_on(objects.stream(&a)).map(drop),
        ] {
            assert!(matches!(outcome, Err(ReadError::Corrupt { id, .. }) if id == a));
        }
    }
}

#[test]
fn a_chain_or_an_object_over_the_limit_is_refused() {
    let data = noise(1000);
    let mut entries = alloc::vec![entry(EntryKind::Whole(Kind::Blob), &data)];
    let mut id = entries[0].0;
    for step in 0..20u8 {
        // Makes the base followed by one byte more.
        let size = 1000 + u64::from(step);
        let number = |n: u64| [(n & 0x7f) as u8 | 0x80, (n >> 7) as u8];
        let [low, high] = (size as u16).to_le_bytes();
        let delta = [&number(size)[..], &number(size + 1), &[0xb0, low, high, 1, step]].concat();
        let header = EntryHeader { kind: EntryKind::RefDelta(id), size_bytes: delta.len() as u64 };
        let made: Vec<u8> = data.iter().copied().chain(0..=step).collect();
        id = object_id(Kind::Blob, &made);
        entries.push((id, header, delta));
    }
    let store = pack_of(&entries);
    assert_eq!(block_on(open(&store, Limits::default()).read(&id)).unwrap().data.len(), 1020);
    let shallow = Limits { delta_depth: 19, ..Limits::default() };
    let outcome = block_on(open(&store, shallow).read(&id));
    assert!(matches!(outcome, Err(ReadError::Corrupt { .. })), "{outcome:?}");
    let small = Limits { held_object_bytes: 1010, ..Limits::default() };
    let outcome = block_on(open(&store, small).read(&id));
    assert!(matches!(outcome, Err(ReadError::TooLarge { .. })), "{outcome:?}");
    let mut bomb = entry(EntryKind::Whole(Kind::Blob), b"small");
    bomb.1.size_bytes = 10_000_000_000;
    let outcome = block_on(open(&pack_of(&[bomb.clone()]), Limits::default()).read(&bomb.0));
    assert!(matches!(outcome, Err(ReadError::TooLarge { .. })), "{outcome:?}");
}
