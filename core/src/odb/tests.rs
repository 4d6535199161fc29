//! What git wrote, read in every way, compared with what git reads.

mod hostile;
mod repacked;
mod requests;

use super::*;
use crate::{
    hash::object_id,
    limits::Limits,
    object::{Kind, ObjectId},
    pack::index,
    repository::Layout,
    store::{Expected, Memory, Store},
    testing::{
        TempDir, all_objects, block_on, git, git_text, git_with_input, keys, load, load_into,
        repo_name,
    },
};
use alloc::{format, string::String, vec::Vec};
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

#[cfg(not(feature = "small"))]
#[test]
fn futures_are_send_when_the_stores_are() {
    fn is_send<T: Send>(_: T) {}
    // `Memory` locks without awaiting, so that its futures may be sent.
    let objects = open(Memory::new(), Limits::default());
    is_send(objects.read(&ObjectId::EMPTY_TREE));
    is_send(objects.stream(&ObjectId::EMPTY_TREE));
    is_send(objects.stored_entry(0, 0));
}
