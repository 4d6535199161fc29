//! Whole packs of real git.

use super::*;

#[test]
fn a_pack_is_stored_as_it_came_however_it_is_cut() {
    let dir = history(30);
    let pack = pack_of(dir.path(), "main\n", &["--delta-base-offset"]);
    let checksum = git_text(dir.path(), &["rev-list", "--objects", "--count", "main"]);
    for piece_bytes in [1, 7, 4096, 1 << 20] {
        let store = Memory::new();
        let received = receive_in(&store, &pack, piece_bytes, &Limits::default()).unwrap();
        assert_eq!(format!("{}", received.objects), checksum);
        judge(&store, &received);
        let stored = block_on(store.get(&keys(&store, "")[1], None)).unwrap().unwrap();
        assert!(stored.bytes == pack);
        let trailer = ObjectId::from_bytes(&pack[pack.len() - 20..]).unwrap();
        assert_eq!(received.name, Some(format!("{trailer}")));
    }
}

#[test]
fn deep_deltas_of_both_forms_are_resolved_with_little_memory() {
    let dir = history(120);
    for form in [&["--delta-base-offset"][..], &[]] {
        let options = [&["--depth=50", "--window=60", "--no-reuse-delta"][..], form].concat();
        let pack = pack_of(dir.path(), "main\n", &options);
        let tight = Limits { cache_bytes: 1, ..small() };
        for limits in [Limits::default(), small(), tight] {
            let store = Memory::new();
            let received = receive(&store, &pack, &limits).unwrap();
            judge(&store, &received);
        }
    }
}

#[test]
fn a_large_blob_passes_without_being_held() {
    let dir = TempDir::new();
    git(dir.path(), &["init", "-q", "--bare", "."]);
    let mut state = 1u64;
    let blob: Vec<u8> = (0..20_000_000u32)
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 56) as u8
        })
        .collect();
    let id = git_with_input(dir.path(), &["hash-object", "-w", "--stdin"], &blob);
    let pack = git_with_input(dir.path(), &["pack-objects", "--stdout", "-q"], &id);
    let limits = Limits { held_object_bytes: 1000, ..small() };
    let store = Memory::new();
    let received = receive(&store, &pack, &limits).unwrap();
    judge(&store, &received);
}

#[test]
fn an_empty_pack_leaves_nothing() {
    let dir = TempDir::new();
    git(dir.path(), &["init", "-q", "--bare", "."]);
    let pack = git(dir.path(), &["pack-objects", "--stdout", "-q"]);
    let store = Memory::new();
    let received = receive(&store, &pack, &Limits::default()).unwrap();
    assert_eq!((received.name, received.objects), (None, 0));
    assert!(keys(&store, "").is_empty());
}

#[test]
fn the_same_pack_may_come_again() {
    let dir = history(3);
    let pack = pack_of(dir.path(), "main\n", &[]);
    let store = Memory::new();
    let first = receive(&store, &pack, &Limits::default()).unwrap();
    let again = receive(&store, &pack, &Limits::default()).unwrap();
    assert_eq!(first, again);
    judge(&store, &again);
}

#[test]
fn a_pack_without_its_idx_gets_one() {
    let dir = history(3);
    let pack = pack_of(dir.path(), "main\n", &[]);
    let store = Memory::new();
    let first = receive(&store, &pack, &Limits::default()).unwrap();
    let idx = keys(&store, "")[0].clone();
    block_on(store.delete(&idx, Expected::Any)).unwrap();
    assert_eq!(receive(&store, &pack, &Limits::default()).unwrap(), first);
    judge(&store, &first);
}

/// A push whose idx could not be stored took its pack back, which another push had found meanwhile and given
/// its idx.
#[test]
fn what_another_may_rely_on_is_left_after_a_failure() {
    let dir = history(3);
    let pack = pack_of(dir.path(), "main\n", &[]);
    for end in [".idx", ".pack"] {
        let full = || StoreError::Failed { key: end.into(), reason: "no space left".into() };
        let failing =
            Interrupted::new(Memory::new(), |_: &Memory, moment, request: Request<'_>| {
                let fails = matches!(request, Request::Put(key) if key.ends_with(end));
                if fails && moment == Moment::Before { Err(full()) } else { Ok(()) }
            });
        let outcome = receive_in(&failing, &pack, 1 << 16, &Limits::default());
        assert_eq!(outcome.err(), Some(IncomingError::Store(full())));
        let left = keys(&failing.store, "");
        assert!(left.len() == 1 && !left[0].ends_with(end), "{left:?}");
        let received = receive(&failing.store, &pack, &Limits::default()).unwrap();
        judge(&failing.store, &received);
    }
}

/// A pack that a clean had named as rubbish, and would have removed under a push that found it.
#[test]
fn what_a_clean_may_remove_is_not_relied_on() {
    let dir = history(3);
    let pack = pack_of(dir.path(), "main\n", &[]);
    let store = Memory::new();
    let layout = Layout::new(&repo_name());
    let first = receive(&store, &pack, &Limits::default()).unwrap();
    let doomed = keys(&store, "");
    let lines = doomed.iter().map(|key| format!("1 {}\n", &key[layout.root().len()..]));
    let list = lines.collect::<String>().into_bytes();
    block_on(store.put(&layout.unreachable(), list, Expected::Any)).unwrap();
    let again = receive(&store, &pack, &Limits::default()).unwrap();
    assert_ne!(again.name, first.name);
    for key in doomed.iter().chain([&layout.unreachable()]) {
        block_on(store.delete(key, Expected::Any)).unwrap();
    }
    judge(&store, &again);
}

/// A clean removed the pack that a push had found, and its list, before the push read the list.
#[test]
fn what_a_clean_has_just_removed_is_not_relied_on() {
    let dir = history(3);
    let pack = pack_of(dir.path(), "main\n", &[]);
    let store = Memory::new();
    receive(&store, &pack, &Limits::default()).unwrap();
    let list = Layout::new(&repo_name()).unreachable();
    let cleaned = Interrupted::new(store, |store: &Memory, moment, request: Request<'_>| {
        if (moment, request) == (Moment::Before, Request::Get(&list)) {
            let clean = || {
                for key in keys(store, "") {
                    block_on(store.delete(&key, Expected::Any)).unwrap();
                }
            };
            std::thread::scope(|scope| scope.spawn(clean).join().unwrap());
        }
        Ok(())
    });
    let outcome = receive_in(&cleaned, &pack, 1 << 16, &Limits::default());
    let is_refused = matches!(outcome, Err(IncomingError::Store(StoreError::Conflict { .. })));
    assert!(is_refused, "{outcome:?}");
    let received = receive(&cleaned.store, &pack, &Limits::default()).unwrap();
    judge(&cleaned.store, &received);
}

#[test]
fn a_closed_pack_is_known_as_one() {
    let dir = history(5);
    let tip = git_text(dir.path(), &["rev-parse", "main"]).parse().unwrap();
    for (revisions, is_closed) in [("main\n", true), ("main\n^main~1\n", false)] {
        let pack = pack_of(dir.path(), revisions, &[]);
        let store = Memory::new();
        let layout = Layout::new(&repo_name());
        let limits = Limits::default();
        let objects = Objects::new(&store, layout.clone(), limits.clone());
        let incoming = Incoming {
            objects: &objects,
            store: &&store,
            layout: &layout,
            limits: &limits,
            nonce: [7; 20],
        };
        let mut source = Pieces { rest: &pack, piece_bytes: 1 << 16 };
        let tips = [tip, ObjectId::EMPTY_TREE];
        let received = block_on(incoming.receive(&mut source, &tips)).unwrap();
        assert_eq!(received.is_closed_from(&tip), is_closed, "{revisions}");
        assert!(!received.is_closed_from(&ObjectId::EMPTY_TREE));
    }
}
