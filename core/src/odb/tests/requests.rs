//! What is asked of the store.

use super::*;
use crate::{files::commit::PackBuilder, pack::incoming::publish_whole, testing::Counting};
use futures_util::future::join_all;

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
fn among_very_many_packs_the_newest_are_asked_first() {
    let store = Counting::new(Memory::new());
    let layout = Layout::new(&repo_name());
    let blobs: Vec<ObjectId> = (0..1000u64)
        .map(|number| {
            store.store.set_time(number);
            let mut pack = PackBuilder::new(&Limits::default());
            let id = pack.add(Kind::Blob, &number.to_be_bytes(), None).unwrap();
            let (bytes, entries, checksum) = pack.finish();
            block_on(publish_whole(&store.store, &layout, bytes, entries, checksum, "n")).unwrap();
            id
        })
        .collect();
    let asked = |id: &ObjectId| {
        let objects = open(&store, Limits::default());
        store.take();
        let (object, rounds) = store.run(objects.read(id));
        object.unwrap();
        (store.take().gets, rounds)
    };
    assert_eq!(asked(&blobs[999]), (32 + 1, 2 + 2), "pages of the list, some idx, the object");
    assert_eq!(asked(&blobs[900]).0, 128 + 1, "twice as many each time");
    assert_eq!(asked(&blobs[0]).0, 1000 + 1);
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
