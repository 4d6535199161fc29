mod race;

use super::*;
use crate::{
    limits::Limits,
    odb::Objects,
    refs::{Head, Ref},
    repository::Layout,
    store::Memory,
    testing::{
        Counting, Counts, Interrupted, Moment, Request, TempDir, block_on, git, git_text, keys,
        repo_name, unavailable, unload,
    },
};
use alloc::{
    format,
    string::{String, ToString},
};
use core::cell::Cell;
use std::fs;

fn refs_of<S: Store>(store: S) -> Refs<S> {
    Refs::new(store, Layout::new(&repo_name()))
}

fn id(n: u8) -> ObjectId {
    ObjectId::from([n; 20])
}

fn name(name: &str) -> RefName {
    RefName::new(name).unwrap()
}

fn update(name: &str, old: OldValue, new: Option<ObjectId>) -> RefUpdate {
    RefUpdate { name: RefName::new(name).unwrap(), old, new }
}

fn create(name: &str) -> RefUpdate {
    update(name, OldValue::Absent, Some(id(1)))
}

fn put(store: &Memory, path: &str, text: &str) {
    let key = format!("trunks/x.trunk/{path}");
    block_on(store.put(&key, text.as_bytes().to_vec(), Expected::Any)).unwrap();
}

fn value<S: Store>(store: S, ref_name: &str) -> Option<ObjectId> {
    block_on(refs_of(store).find(&name(ref_name))).unwrap().map(|found| found.id)
}

const MAIN: &str = "refs/heads/main";

/// How `refs/heads/main` is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stored {
    Nowhere,
    Loose(u8),
    Packed(u8),
    LooseOverPacked(u8, u8),
}

const STATES: [Stored; 4] =
    [Stored::Nowhere, Stored::Loose(1), Stored::Packed(1), Stored::LooseOverPacked(1, 9)];

impl Stored {
    fn store(self) -> Memory {
        let store = Memory::new();
        put(&store, "HEAD", "ref: refs/heads/main\n");
        put(&store, "refs/heads/other", &format!("{}\n", id(8)));
        let loose = |n| put(&store, MAIN, &format!("{}\n", id(n)));
        let packed = |n| {
            let header = "# pack-refs with: peeled fully-peeled sorted ";
            let text = format!("{header}\n{} refs/heads/a\n{} {MAIN}\n", id(7), id(n));
            put(&store, "packed-refs", &text);
        };
        match self {
            Self::Nowhere => {}
            Self::Loose(n) => loose(n),
            Self::Packed(n) => packed(n),
            Self::LooseOverPacked(n, m) => {
                loose(n);
                packed(m);
            }
        }
        store
    }
}

#[test]
fn an_update_goes_ahead_exactly_when_the_ref_is_as_expected() {
    use OldValue::{Absent, Any, Is};
    for state in STATES {
        let old = value(state.store(), MAIN);
        for demanded in [Any, Absent, Is(id(1)), Is(id(9)), Is(id(5))] {
            for new in [None, Some(id(1)), Some(id(2)), Some(id(9))] {
                let store = state.store();
                let outcome =
                    block_on(refs_of(&store).update(&[update(MAIN, demanded, new)])).remove(0);
                let is_met = match demanded {
                    Any => true,
                    Absent => old.is_none(),
                    Is(id) => old == Some(id),
                };
                let context = format!("{state:?} {demanded:?} {new:?}: {outcome:?}");
                assert_eq!(outcome.is_ok(), is_met, "{context}");
                assert_eq!(value(&store, MAIN), if is_met { new } else { old }, "{context}");
                assert_eq!(value(&store, "refs/heads/other"), Some(id(8)));
            }
        }
    }
}

#[test]
fn git_reads_what_was_updated() {
    let dir = TempDir::new();
    git(dir.path(), &["init", "--quiet", "--bare", "."]);
    let tree = git_text(dir.path(), &["write-tree"]);
    let commits: Vec<ObjectId> = ["one", "two"]
        .iter()
        .map(|text| git_text(dir.path(), &["commit-tree", "-m", text, &tree]).parse().unwrap())
        .collect();
    for branch in ["main", "old", "gone", "dir/gone"] {
        git(dir.path(), &["update-ref", &format!("refs/heads/{branch}"), &commits[0].to_string()]);
    }
    git(dir.path(), &["pack-refs", "--all"]);
    git(dir.path(), &["update-ref", "refs/heads/old", &commits[1].to_string()]);
    let store = crate::testing::load(dir.path());
    let updates = [
        update(MAIN, OldValue::Is(commits[0]), Some(commits[1])),
        update("refs/heads/old", OldValue::Is(commits[1]), None),
        update("refs/heads/gone", OldValue::Any, None),
        update("refs/heads/dir/gone", OldValue::Is(commits[0]), None),
        update("refs/heads/dir", OldValue::Absent, Some(commits[0])),
        update("refs/tags/new", OldValue::Absent, Some(commits[1])),
        update("refs/heads/none", OldValue::Any, None),
        update("refs/heads/stale", OldValue::Is(commits[0]), Some(commits[1])),
    ];
    let outcomes = block_on(refs_of(&store).update(&updates));
    let (stale, others) = outcomes.split_last().unwrap();
    assert_eq!(*stale, Err(RefError::Stale { name: "refs/heads/stale".to_string() }));
    assert!(others.iter().all(Result::is_ok), "{others:?}");
    for file in ["packed-refs", "refs"] {
        let path = dir.path().join(file);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
    }
    unload(&store, "trunks/x.trunk/", dir.path());
    let listed = git_text(dir.path(), &["for-each-ref", "--format=%(refname) %(objectname)"]);
    let [one, two] = [commits[0], commits[1]];
    assert_eq!(listed, format!("refs/heads/dir {one}\nrefs/heads/main {two}\nrefs/tags/new {two}"));
    git(dir.path(), &["fsck", "--full", "--strict"]);
}

#[test]
fn names_in_each_other_s_way_are_refused() {
    let cases = [
        ("refs/heads/main/sub", Some(MAIN)),
        ("refs/heads/main/sub/sub", Some(MAIN)),
        ("refs/heads/dir", Some("refs/heads/dir/loose")),
        ("refs/heads/packed", Some("refs/heads/packed/a/b")),
        ("refs/heads/packed/a", Some("refs/heads/packed/a/b")),
        ("refs/heads/packed/a/b/c", Some("refs/heads/packed/a/b")),
        ("refs/heads", Some("refs/heads/")),
        ("refs/odd/sub", Some("refs/odd")),
        ("refs/heads/main2", None),
        ("refs/heads/main-2", None),
        ("refs/heads/di", None),
        ("refs/heads/dir/loose2", None),
        ("refs/heads/packed/a/c", None),
        ("refs/heads/locked", None),
    ];
    let store = || {
        let store = Memory::new();
        for path in [MAIN, "refs/heads/dir/loose", "refs/odd"] {
            put(&store, path, &format!("{}\n", id(3)));
        }
        put(&store, "refs/heads/locked/x.lock", "");
        put(&store, "packed-refs", &format!("{} refs/heads/packed/a/b\n", id(3)));
        store
    };
    for (ref_name, other) in cases {
        let outcome = block_on(refs_of(store()).update(&[create(ref_name)])).remove(0);
        let expected = other.map_or(Ok(()), |other| {
            Err(RefError::NameConflict { name: ref_name.to_string(), other: other.to_string() })
        });
        assert_eq!(outcome, expected);
    }
    // All at once, where a listing is asked instead.
    let updates: Vec<RefUpdate> = cases.iter().map(|(name, _)| create(name)).collect();
    let outcomes = block_on(refs_of(store()).update(&updates));
    for ((ref_name, other), outcome) in cases.iter().zip(outcomes) {
        assert_eq!(outcome.is_ok(), other.is_none(), "{ref_name}: {outcome:?}");
    }
}

#[test]
fn names_in_each_other_s_way_within_one_push_are_refused() {
    let names =
        ["refs/heads/a/b", "refs/heads/a", "refs/heads/c", "refs/heads/c/d", "refs/heads/e"];
    let store = Memory::new();
    let outcomes = block_on(refs_of(&store).update(&names.map(create)));
    let is_done: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(is_done, [true, false, true, false, true]);
    assert_eq!(keys(&store, "").len(), 3);
}

#[test]
fn a_ref_makes_room_for_refs_below_it_in_one_push() {
    for state in [Stored::Loose(1), Stored::Packed(1), Stored::LooseOverPacked(1, 9)] {
        let store = state.store();
        let updates = [create("refs/heads/main/sub"), update(MAIN, OldValue::Is(id(1)), None)];
        assert_eq!(block_on(refs_of(&store).update(&updates)), [Ok(()), Ok(())]);
        assert_eq!(value(&store, "refs/heads/main/sub"), Some(id(1)));
        assert_eq!(value(&store, MAIN), None);
    }
}

#[test]
fn a_symbolic_ref_stays_and_its_target_moves() {
    let store = Stored::Packed(1).store();
    put(&store, "refs/heads/alias", "ref: refs/heads/main\n");
    put(&store, "refs/heads/unborn", "ref: refs/heads/new\n");
    let updates = [
        update("refs/heads/alias", OldValue::Is(id(1)), Some(id(2))),
        update("refs/heads/unborn", OldValue::Absent, Some(id(3))),
    ];
    assert_eq!(block_on(refs_of(&store).update(&updates)), [Ok(()), Ok(())]);
    assert_eq!(value(&store, MAIN), Some(id(2)));
    assert_eq!(value(&store, "refs/heads/new"), Some(id(3)));
    let found = block_on(refs_of(&store).find(&name("refs/heads/alias"))).unwrap();
    assert!(matches!(found, Some(Ref { symbolic: Some(target), .. }) if target == name(MAIN)));
    let outcome = block_on(refs_of(&store).update(&[create("refs/heads/alias")]));
    assert!(matches!(outcome[0], Err(RefError::Stale { .. })));
}

#[test]
fn head_moves_what_it_follows_and_is_never_deleted() {
    let store = Stored::Loose(1).store();
    let refs = refs_of(&store);
    let moved = block_on(refs.update(&[update("HEAD", OldValue::Is(id(1)), Some(id(2)))]));
    assert_eq!(moved, [Ok(())]);
    assert_eq!(value(&store, MAIN), Some(id(2)));
    block_on(refs.set_head(&Head::Detached(id(2)))).unwrap();
    let moved = block_on(refs.update(&[update("HEAD", OldValue::Is(id(2)), Some(id(3)))]));
    assert_eq!(moved, [Ok(())]);
    assert_eq!(block_on(refs.head()).unwrap(), Some(Head::Detached(id(3))));
    let deleted = block_on(refs.update(&[update("HEAD", OldValue::Any, None)]));
    assert!(matches!(deleted[0], Err(RefError::InvalidName(_))));
    let missing =
        block_on(refs_of(Memory::new()).update(&[update("HEAD", OldValue::Any, Some(id(1)))]));
    assert!(matches!(missing[0], Err(RefError::Missing { .. })));
}

#[test]
fn the_same_ref_twice_in_a_push_moves_once() {
    let store = Memory::new();
    let updates = [create(MAIN), update(MAIN, OldValue::Absent, Some(id(2)))];
    let outcomes = block_on(refs_of(&store).update(&updates));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
}

fn counts(counting: &Counting<Memory>, updates: &[RefUpdate]) -> Counts {
    counting.take();
    let outcomes = block_on(refs_of(counting).update(updates));
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    counting.take()
}

#[test]
fn moving_refs_takes_one_read_and_one_write_each() {
    let store = Counting::new(Memory::new());
    let names: Vec<String> = (0..168).map(|n| format!("refs/heads/b{n}")).collect();
    let creates: Vec<RefUpdate> = names.iter().map(|name| create(name)).collect();
    let Counts { gets, puts, lists, .. } = counts(&store, &creates);
    assert_eq!((gets, puts, lists), (2, 168, 1));
    let moves: Vec<RefUpdate> =
        names.iter().map(|name| update(name, OldValue::Is(id(1)), Some(id(2)))).collect();
    let Counts { gets, puts, lists, .. } = counts(&store, &moves);
    assert_eq!((gets, puts, lists), (168, 168, 0));
    let Counts { gets, puts, lists, .. } = counts(&store, &moves[..0]);
    assert_eq!((gets, puts, lists), (0, 0, 0));
}

#[test]
fn pushing_a_commit_writes_once() {
    let store = Counting::new(Stored::Packed(1).store());
    let Counts { gets, puts, lists, .. } = counts(&store, &[create("refs/heads/new")]);
    assert_eq!((gets, puts, lists), (2, 1, 1));
    let to_two = [update(MAIN, OldValue::Is(id(1)), Some(id(2)))];
    let Counts { gets, puts, lists, .. } = counts(&store, &to_two);
    assert_eq!((gets, puts, lists), (3, 1, 0));
    let to_three = [update(MAIN, OldValue::Is(id(2)), Some(id(3)))];
    let Counts { gets, puts, lists, .. } = counts(&store, &to_three);
    assert_eq!((gets, puts, lists), (1, 1, 0));
    let same = [update(MAIN, OldValue::Is(id(3)), Some(id(3)))];
    let Counts { gets, puts, lists, .. } = counts(&store, &same);
    assert_eq!((gets, puts, lists), (1, 0, 0));
}
