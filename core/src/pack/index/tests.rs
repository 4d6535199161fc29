use super::*;
use crate::testing::{TempDir, git, git_text, git_with_input};
use alloc::{format, string::String, string::ToString, vec::Vec};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A repository with one pack of a few hundred objects; gives the pack's path without `.pack`.
fn packed(dir: &TempDir) -> PathBuf {
    git(dir.path(), &["init", "-q", "."]);
    let mut stream = String::new();
    for number in 0..100 {
        let data = format!("content {number}\n").repeat(20);
        stream += &format!("commit refs/heads/main\ncommitter C <c@d> {number} +0000\n");
        stream += &format!("data 1\nm\nM 100644 inline file{}\n", number % 7);
        stream += &format!("data {}\n{data}\n", data.len());
    }
    git_with_input(dir.path(), &["fast-import", "--quiet"], stream.as_bytes());
    git(dir.path(), &["repack", "-adfq"]);
    let packs = dir.path().join(".git/objects/pack");
    let mut files = fs::read_dir(packs).unwrap().map(|file| file.unwrap().path());
    files.find(|path| path.extension().is_some_and(|e| e == "pack")).unwrap().with_extension("")
}

/// What `git show-index` says: offset, id and CRC of each object.
fn shown(dir: &TempDir, idx: &[u8]) -> Vec<IndexEntry> {
    let text = String::from_utf8(git_with_input(dir.path(), &["show-index"], idx)).unwrap();
    text.lines()
        .map(|line| {
            let mut fields = line.split(' ');
            let offset = fields.next().unwrap().parse().unwrap();
            let id = fields.next().unwrap().parse().unwrap();
            let crc = fields.next().map(|crc| crc.trim_matches(['(', ')']).to_string());
            let crc32 = crc.map_or(0, |crc| u32::from_str_radix(&crc, 16).unwrap());
            IndexEntry { id, offset, crc32 }
        })
        .collect()
}

fn checksum(pack: &Path) -> ObjectId {
    let bytes = fs::read(pack.with_extension("pack")).unwrap();
    ObjectId::from_bytes(&bytes[bytes.len() - 20..]).unwrap()
}

#[test]
fn every_version_of_git_is_read() {
    let dir = TempDir::new();
    let pack = packed(&dir);
    let path = pack.with_extension("pack");
    for version in ["1", "2", "2,0x40"] {
        let option = format!("--index-version={version}");
        let out = dir.path().join("out.idx");
        let arguments =
            ["index-pack", &option, "-o", out.to_str().unwrap(), path.to_str().unwrap()];
        git(dir.path(), &arguments);
        let bytes = fs::read(&out).unwrap();
        fs::remove_file(&out).unwrap();
        let expected = shown(&dir, &bytes);
        assert!(expected.len() > 250);
        let index = Index::new(bytes).unwrap();
        index.verify().unwrap();
        assert_eq!(index.iter().collect::<Vec<_>>(), expected, "version {version}");
        assert_eq!(index.pack_checksum(), Some(checksum(&pack)));
        for (place, entry) in expected.iter().enumerate() {
            assert_eq!(index.find(&entry.id), Some(place as u32));
            assert_eq!(index.find_offset(&entry.id), Some(entry.offset));
            let mut other = *entry.id.as_bytes();
            other[19] ^= 1;
            assert_eq!(index.find(&ObjectId::from(other)), None);
        }
        assert_eq!(index.crc32(0).is_some(), version != "1");
        assert_eq!((index.id(index.count()), index.offset(u32::MAX)), (None, None));
    }
}

#[test]
fn what_is_written_is_what_git_writes() {
    let dir = TempDir::new();
    let pack = packed(&dir);
    let bytes = fs::read(pack.with_extension("idx")).unwrap();
    let mut entries = shown(&dir, &bytes);
    entries.sort_by_key(|entry| entry.offset);
    assert_eq!(write(&mut entries, checksum(&pack)), bytes);
    let id = git_text(dir.path(), &["rev-parse", "HEAD"]).parse().unwrap();
    let index = Index::new(bytes).unwrap();
    let digits = format!("{id}");
    let places = index.find_prefix(&digits.as_bytes()[..12]);
    assert_eq!((places.len(), index.id(places.start)), (1, Some(id)));
    assert_eq!(index.find_prefix(b""), 0..index.count());
    assert!(index.find_prefix(b"zz").is_empty());
}

/// Ids spread over the whole range.
fn many(count: u32) -> Vec<IndexEntry> {
    let entry = |number: u32| {
        let id = crate::hash::object_id(crate::object::Kind::Blob, &number.to_be_bytes());
        let offset = (u64::from(number) << 21) + 12;
        IndexEntry { id, offset, crc32: number }
    };
    (0..count).map(entry).collect()
}

#[test]
fn long_offsets_and_many_pieces_read_back() {
    let dir = TempDir::new();
    git(dir.path(), &["init", "-q", "."]);
    for count in [0, 1, 2999, 3000, 3001, 10_000] {
        let mut entries = many(count);
        let bytes = write(&mut entries, ObjectId::EMPTY_TREE);
        let largest = pieces(&mut entries, ObjectId::EMPTY_TREE).map(|piece| piece.len()).max();
        assert!(largest <= Some(1 << 16));
        assert_eq!(shown(&dir, &bytes), entries);
        let index = Index::new(bytes).unwrap();
        index.verify().unwrap();
        assert!(index.iter().eq(entries.iter().copied()));
        assert!(entries.iter().all(|entry| index.find_offset(&entry.id) == Some(entry.offset)));
    }
}

#[test]
fn truncated_or_damaged_files_never_panic_and_are_noticed() {
    let mut entries = many(1500);
    entries.drain(..1000);
    let bytes = write(&mut entries, ObjectId::EMPTY_TREE);
    for length in 0..bytes.len() {
        if let Ok(index) = Index::new(bytes[..length].to_vec()) {
            assert!(index.verify().is_err(), "cut to {length}");
        }
    }
    let mut state = 1u64;
    for _ in 0..2000 {
        let mut damaged = bytes.clone();
        for _ in 0..3 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let position = (state >> 33) as usize % damaged.len();
            damaged[position] ^= 1 << (state >> 20 & 7);
        }
        if let Ok(index) = Index::new(damaged) {
            assert!(index.verify().is_err());
            index.iter().take(10).for_each(drop);
            entries.iter().step_by(50).for_each(|entry| {
                index.find_offset(&entry.id);
            });
        }
    }
}
