//! Reading while git packs the repository anew: first the new pack is there, then the old copies are gone.

use super::{open, repository};
use crate::{
    limits::Limits,
    object::ObjectId,
    store::{Expected, Memory, Store},
    testing::{Interrupted, Moment, TempDir, block_on, git, git_text, load},
};
use alloc::{collections::BTreeMap, string::String, vec::Vec};
use core::cell::Cell;
use futures_util::FutureExt;

const OBJECTS: &str = "trunks/x.trunk/objects/";

/// Replaces what is stored by what another store holds.
fn repack(store: &Memory, new: &Memory) {
    // Within a request of the reader nothing can be waited for, and of memory nothing need be.
    let mut values = BTreeMap::new();
    for key in listed(new) {
        let value = new.get(&key, None).now_or_never().unwrap().unwrap().unwrap();
        values.insert(key, value.bytes);
    }
    let old = listed(store);
    for (key, bytes) in &values {
        store.put(key, bytes.clone(), Expected::Any).now_or_never().unwrap().unwrap();
    }
    for key in old.iter().filter(|key| !values.contains_key(*key)) {
        store.delete(key, Expected::Any).now_or_never().unwrap().unwrap();
    }
}

fn listed(store: &Memory) -> Vec<String> {
    let page = store.list(OBJECTS, None, 1000).now_or_never().unwrap().unwrap();
    page.entries.into_iter().map(|entry| entry.key).collect()
}

/// A repository of loose objects, and the same packed and packed anew.
fn states(dir: &TempDir) -> [Memory; 3] {
    let loose = load(dir.path());
    git(dir.path(), &["repack", "-adfq"]);
    git(dir.path(), &["prune-packed", "-q"]);
    let packed = load(dir.path());
    git(dir.path(), &["-c", "pack.compression=1", "repack", "-adFq", "--depth=3"]);
    [loose, packed, load(dir.path())]
}

#[test]
fn a_read_survives_a_repack_at_any_moment() {
    let dir = repository(3);
    let id: ObjectId = git_text(dir.path(), &["rev-parse", "HEAD^{tree}"]).parse().unwrap();
    let [loose, packed, again] = states(&dir);
    assert!(!listed(&loose).iter().any(|key| key.ends_with(".pack")));
    let mut is_over = false;
    for first in 0.. {
        for second in first..first + 8 {
            let store = Memory::new();
            repack(&store, &loose);
            let asked = Cell::new(0);
            let store = Interrupted::new(store, |store: &Memory, moment, _: _| {
                if moment == Moment::Before {
                    if asked.get() == first {
                        repack(store, &packed);
                    }
                    if asked.get() == second {
                        repack(store, &again);
                    }
                    asked.set(asked.get() + 1);
                }
                Ok(())
            });
            let objects = open(store, Limits::default());
            let object = block_on(objects.read(&id));
            assert!(object.is_ok(), "packed at {first} and {second}: {object:?}");
            is_over = asked.get() <= first;
        }
        if is_over {
            return assert!(first > 2, "nothing was packed in the middle of a read");
        }
    }
}
