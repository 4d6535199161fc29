use super::*;
use crate::{
    hash::{Hasher, object_id},
    limits::Limits,
    object::{Kind, ObjectId},
    pack::{EntryHeader, EntryKind, IndexEntry, index},
    repository::Layout,
    store::{Expected, Memory, Store},
    testing::{
        Counting, TempDir, all_objects, block_on, git, git_text, git_with_input, keys, load,
        load_into, repo_name,
    },
    zlib::deflate,
};
use alloc::{format, string::String, vec::Vec};
use futures_util::future::join_all;
use std::fs;

fn open<S: Store>(store: S, limits: Limits) -> Objects<S> {
    Objects::new(store, Layout::new(&repo_name()), limits)
}

/// Limits under which every idx is only looked into, and hardly anything is cached.
fn tight() -> Limits {
    Limits { whole_index_bytes: 0, cache_bytes: 1 << 18, ..Limits::default() }
}

/// Commits that each change a few files of several directories, as a stream for fast-import.
fn history(commits: u32) -> Vec<u8> {
    let mut stream = String::new();
    for number in 0..commits {
        stream += "commit refs/heads/main\n";
        stream += &format!("committer C <c@d> {} +0000\n", 1_700_000_000 + number);
        stream += &format!("data <<E\nchange {number}\nE\n");
        for file in 0..3 {
            let mut lines: Vec<String> =
                (0..150).map(|line| format!("line {line} of file {file}")).collect();
            lines.insert((number % 140) as usize, format!("change {number}"));
            let data = lines.join("\n");
            let path = format!("dir{}/sub{file}/file{}", number % 5, number % 11);
            stream += &format!("M 100644 inline {path}\ndata {}\n{data}\n", data.len());
        }
        if number % 40 == 0 {
            stream += &format!("tag v{number}\nfrom refs/heads/main\ntagger T <t@u> 1 +0000\n");
            stream += "data 4\ntag\n\n";
        }
    }
    stream.into_bytes()
}

/// A bare repository with such a history.
fn repository(commits: u32) -> TempDir {
    let dir = TempDir::new();
    git(dir.path(), &["init", "-q", "--bare", "."]);
    git_with_input(dir.path(), &["fast-import", "--quiet"], &history(commits));
    dir
}

/// Reads every object in every way and compares it with what git says.
fn compare<S: Store>(dir: &TempDir, objects: &Objects<S>) {
    let expected = all_objects(dir.path());
    assert!(expected.len() > 100);
    for (hex, kind, data) in expected {
        let id: ObjectId = hex.parse().unwrap();
        let object = block_on(objects.read(&id)).unwrap();
        assert_eq!((object.kind.as_str(), &object.data), (kind.as_str(), &data), "{id}");
        let header = block_on(objects.header(&id)).unwrap();
        assert_eq!((header.0.as_str(), header.1), (kind.as_str(), data.len() as u64), "{id}");
        let mut stream = block_on(objects.stream(&id)).unwrap();
        assert_eq!((stream.kind, stream.size_bytes), header);
        let mut streamed = Vec::new();
        while let Some(piece) = block_on(stream.next()).unwrap() {
            streamed.extend(piece);
        }
        assert!(streamed == data, "{id} streamed");
        if let Some(Location::Packed { pack, offset }) = block_on(objects.locate(&id)).unwrap() {
            copy(objects, &id, pack, offset);
        }
    }
}

/// Unpacks an entry from what a copier is told.
fn copy<S: Store>(objects: &Objects<S>, id: &ObjectId, pack: u32, offset: u64) {
    let entry = block_on(objects.stored_entry(pack, offset)).unwrap();
    let stored = block_on(objects.pack_bytes(pack, entry.data.clone())).unwrap();
    let data = crate::zlib::inflate_exact(&stored, entry.size_bytes as usize).unwrap();
    assert_eq!(block_on(objects.id_at(pack, offset)), Ok(Some(*id)));
    let extent = block_on(objects.extent(pack, offset)).unwrap().unwrap();
    assert_eq!(extent.range, offset..entry.data.end);
    let whole = block_on(objects.pack_bytes(pack, extent.range)).unwrap();
    let mut crc = index::Crc32::new();
    crc.update(&whole);
    assert_eq!(crc.finish(), extent.crc32, "the entry is all of it and no more");
    assert_eq!(block_on(objects.extent(pack, offset + 1)), Ok(None));
    let (kind, data) = match entry.form {
        Form::Whole(kind) => (kind, data),
        Form::Delta { base } => {
            let base = block_on(objects.read(&base)).unwrap();
            (base.kind, crate::pack::delta::apply(&base.data, &data, u64::MAX).unwrap())
        }
    };
    assert_eq!(object_id(kind, &data), *id);
}

fn compare_in_all_ways(dir: &TempDir) {
    let store = load(dir.path());
    compare(dir, &open(&store, Limits::default()));
    compare(dir, &open(&store, tight()));
}

#[test]
fn deep_chains_of_deltas_by_offset_and_by_id_are_read() {
    let dir = repository(400);
    for by_offset in ["true", "false"] {
        let setting = format!("repack.useDeltaBaseOffset={by_offset}");
        git(dir.path(), &["-c", &setting, "repack", "-adfq", "--depth=200", "--window=50"]);
        compare_in_all_ways(&dir);
    }
}

#[test]
fn all_versions_of_idx_are_read() {
    let dir = repository(60);
    for version in ["1", "2", "2,0x40"] {
        let setting = format!("--index-version={version}");
        let packs = dir.path().join("objects/pack");
        for file in fs::read_dir(&packs).unwrap().map(|file| file.unwrap().path()) {
            match file.extension().and_then(|e| e.to_str()) {
                Some("pack") => {
                    drop(git(&packs, &["index-pack", &setting, file.to_str().unwrap()]))
                }
                _ => fs::remove_file(file).unwrap(),
            }
        }
        compare_in_all_ways(&dir);
    }
}

#[test]
fn loose_objects_and_several_packs_are_read() {
    let dir = repository(30);
    git_with_input(dir.path(), &["hash-object", "-w", "--stdin"], b"loose");
    git_with_input(dir.path(), &["hash-object", "-w", "--stdin"], b"");
    git_with_input(dir.path(), &["hash-object", "-w", "--stdin"], &noise(600_000));
    let main = git_text(dir.path(), &["rev-parse", "main"]);
    let tree = git_text(dir.path(), &["rev-parse", "main^{tree}"]);
    git(dir.path(), &["commit-tree", &tree, "-p", &main, "-m", "loose"]);
    let more = TempDir::new();
    git(more.path(), &["clone", "-q", "--bare", dir.path().to_str().unwrap(), "."]);
    git_with_input(more.path(), &["fast-import", "--quiet", "--force"], &history(50));
    let store = load(dir.path());
    load_into(&store, &more.path().join("objects"), "trunks/x.trunk/objects/");
    for limits in [Limits::default(), tight()] {
        let objects = open(&store, limits);
        compare(&dir, &objects);
        compare(&more, &objects);
    }
}

/// Bytes that do not compress.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 88172645463325252u64;
    let mut step = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    (0..length).map(|_| step()).collect()
}

#[test]
fn a_large_blob_is_streamed_in_small_pieces() {
    let dir = TempDir::new();
    git(dir.path(), &["init", "-q", "--bare", "."]);
    let data = [noise(5_000_000), alloc::vec![0; 5_000_000], noise(100)].concat();
    let blob = git_with_input(dir.path(), &["hash-object", "-w", "--stdin"], &data);
    let id = ObjectId::from_hex(blob.trim_ascii()).unwrap();
    let commit = "commit refs/heads/m\ncommitter C <c@d> 1 +0000\ndata 0\nM 100644 ";
    let commit = format!("{commit}{id} file\n");
    git_with_input(dir.path(), &["fast-import", "--quiet"], commit.as_bytes());
    for is_packed in [false, true] {
        if is_packed {
            git(dir.path(), &["repack", "-adq"]);
        }
        let store = Counting::new(load(dir.path()));
        let limits = Limits { held_object_bytes: 1 << 20, ..Limits::default() };
        let objects = open(&store, limits);
        let error = block_on(objects.read(&id)).unwrap_err();
        assert!(matches!(error, ReadError::TooLarge { size_bytes: 10_000_100, .. }), "{error}");
        assert_eq!(block_on(objects.header(&id)).unwrap(), (Kind::Blob, 10_000_100));
        store.take();
        let mut stream = block_on(objects.stream(&id)).unwrap();
        let mut hasher = crate::hash::ObjectHasher::new(Kind::Blob, stream.size_bytes);
        while let Some(piece) = block_on(stream.next()).unwrap() {
            assert!(!piece.is_empty() && piece.len() <= 256 * 1024);
            hasher.update(&piece);
        }
        assert_eq!(hasher.finish(), id);
        assert!(store.take().gets < 12);
    }
}

#[test]
fn one_read_costs_few_requests_and_many_at_once_share_them() {
    let dir = repository(300);
    git(dir.path(), &["repack", "-adfq", "--depth=50"]);
    let expected = all_objects(dir.path());
    let ids: Vec<ObjectId> = expected.iter().map(|(hex, ..)| hex.parse().unwrap()).collect();
    let store = Counting::new(load(dir.path()));
    for id in ids.iter().step_by(100) {
        let (object, rounds) = store.run(open(&store, Limits::default()).read(id));
        object.unwrap();
        assert_eq!(rounds, 3, "the list, the idx, the pack");
        let counts = store.take();
        assert_eq!((counts.lists, counts.gets), (1, 2), "the idx, and the object with its bases");
    }
    let objects = open(&store, Limits::default());
    let read = block_on(join_all(ids.iter().map(|id| objects.read(id))));
    for (object, (_, _, data)) in read.into_iter().zip(&expected) {
        assert_eq!(&object.unwrap().data, data);
    }
    let counts = store.take();
    let size = block_on(objects.packs()).unwrap()[0].pack_bytes;
    assert_eq!(counts.lists, 1);
    assert!(counts.gets <= 1 + size.div_ceil(64 * 1024), "{counts:?} of {size}");
}

#[test]
fn of_a_large_idx_little_is_read() {
    let dir = repository(300);
    git(dir.path(), &["repack", "-adfq", "--depth=50"]);
    let store = Counting::new(load(dir.path()));
    let objects = open(&store, tight());
    let ids = all_objects(dir.path());
    for (hex, ..) in ids.iter().step_by(ids.len() / 30) {
        let (found, rounds) = store.run(objects.contains(&hex.parse().unwrap()));
        assert!(found.unwrap());
        assert!(rounds <= 3, "the list, its head, then ids and offsets at once");
    }
    let counts = store.take();
    assert_eq!((counts.lists, counts.gets), (1, 1 + 2 * 31));
    assert!(
        block_on(join_all(ids.iter().map(|(hex, ..)| {
            let id = hex.parse().unwrap();
            let objects = &objects;
            async move { objects.contains(&id).await.unwrap() }
        })))
        .into_iter()
        .all(|found| found)
    );
    let counts = store.take();
    assert_eq!((counts.lists, counts.gets), (0, 2 + 1), "whoever asks for many gets it whole");
}

#[test]
fn what_is_missing_is_looked_for_once_more() {
    let dir = repository(20);
    let store = Counting::new(load(dir.path()));
    let objects = open(&store, Limits::default());
    let missing = object_id(Kind::Blob, b"nowhere");
    let error = block_on(objects.read(&missing)).unwrap_err();
    assert_eq!(error, ReadError::Missing { id: missing });
    assert_eq!(store.take().lists, 3, "packs, then packs and loose objects");
    assert!(!block_on(objects.contains(&missing)).unwrap());
    let counts = store.take();
    assert_eq!((counts.lists, counts.gets), (2, 0), "all loose objects are known");
    let many: Vec<ObjectId> = (0..50u8).map(|n| object_id(Kind::Blob, &[n])).collect();
    for found in block_on(join_all(many.iter().map(|id| objects.locate(id)))) {
        assert_eq!(found, Ok(None));
    }
    assert_eq!(store.take().lists, 2, "once for all of them");

    let more = TempDir::new();
    git(more.path(), &["init", "-q", "--bare", "."]);
    git_with_input(more.path(), &["hash-object", "-w", "--stdin"], b"nowhere");
    load_into(&store.store, &more.path().join("objects"), "trunks/x.trunk/objects/");
    assert_eq!(block_on(objects.read(&missing)).unwrap().data, b"nowhere");
    assert_eq!(block_on(objects.locate(&missing)), Ok(Some(Location::Loose)));

    let packs = block_on(objects.packs()).unwrap();
    store.take();
    block_on(objects.refresh()).unwrap();
    assert_eq!(store.take().lists, 1);
    git_with_input(more.path(), &["fast-import", "--quiet"], &history(40));
    load_into(&store.store, &more.path().join("objects"), "trunks/x.trunk/objects/");
    compare(&more, &objects);
    let now = block_on(objects.packs()).unwrap();
    assert_eq!(&now[..packs.len()], packs, "those known keep their number");
    assert!(now.len() > packs.len());
}

#[test]
fn a_repack_while_reading_is_survived() {
    let dir = repository(50);
    git(dir.path(), &["repack", "-adfq"]);
    let store = load(dir.path());
    let objects = open(&store, Limits::default());
    let ids = all_objects(dir.path());
    block_on(objects.contains(&ids[0].0.parse().unwrap())).unwrap();
    let old = keys(&store, "trunks/x.trunk/objects/pack/");
    git(dir.path(), &["-c", "pack.compression=1", "repack", "-adFq", "--depth=3"]);
    load_into(&store, &dir.path().join("objects"), "trunks/x.trunk/objects/");
    for key in old {
        block_on(store.delete(&key, Expected::Any)).unwrap();
    }
    compare(&dir, &objects);
    let packs = block_on(objects.packs()).unwrap();
    assert_eq!(packs.iter().map(|pack| pack.number).collect::<Vec<_>>(), [1]);
}

#[test]
fn the_empty_tree_is_always_known() {
    let objects = open(Memory::new(), Limits::default());
    let id = ObjectId::EMPTY_TREE;
    assert_eq!(block_on(objects.header(&id)), Ok((Kind::Tree, 0)));
    assert_eq!(block_on(objects.read(&id)).unwrap().data, b"");
    assert!(block_on(objects.contains(&id)).unwrap());
    assert_eq!(block_on(block_on(objects.stream(&id)).unwrap().next()), Ok(None));
}

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

#[test]
fn futures_are_send_when_the_stores_are() {
    fn is_send<T: Send>(_: T) {}
    // `Memory` locks without awaiting, so that its futures may be sent.
    let objects = open(Memory::new(), Limits::default());
    is_send(objects.read(&ObjectId::EMPTY_TREE));
    is_send(objects.stream(&ObjectId::EMPTY_TREE));
    is_send(objects.stored_entry(0, 0));
}
