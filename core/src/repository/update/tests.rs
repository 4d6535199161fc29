//! What moving a ref costs, and what is demanded of objects that nobody vouches for.

use super::*;
use crate::{
    limits::Limits,
    object::ObjectId,
    refs::{OldValue, RefName},
    store::{Expected, Memory},
    testing::{
        Counting, Counts, TempDir, block_on, git, git_text, git_with_input, load, repo_name,
    },
};
use alloc::{format, string::String};

/// A repository with a branch of so many commits, in so many packs.
fn repository(packs: usize, commits: usize) -> (Memory, ObjectId) {
    let dir = TempDir::new();
    git(dir.path(), &["init", "--quiet", "--bare", "."]);
    for pack in 0..packs {
        let mut stream = String::new();
        for commit in 0..commits {
            let from = if pack > 0 && commit == 0 { "from refs/heads/main^0\n" } else { "" };
            stream += &format!(
                "commit refs/heads/main\ncommitter A <a@b.c> {} +0000\ndata 1\nc\n{from}\
                 M 100644 inline f{pack}-{commit}\ndata 5\n{commit:04}\n\n",
                1_700_000_000 + pack * commits + commit
            );
        }
        let import = ["-c", "fastimport.unpackLimit=0", "fast-import", "--quiet"];
        git_with_input(dir.path(), &import, stream.as_bytes());
    }
    let tip = git_text(dir.path(), &["rev-parse", "main"]).parse().unwrap();
    let store = load(dir.path());
    let manifest = br#"{"version":1,"id":"x","static":false}"#.to_vec();
    block_on(store.put("trunks/x.trunk/trunk.json", manifest, Expected::Any)).unwrap();
    (store, tip)
}

fn update(old: ObjectId, new: ObjectId) -> RefUpdate {
    let name = RefName::new("refs/heads/main").unwrap();
    RefUpdate { name, old: OldValue::Is(old), new: Some(new) }
}

#[test]
fn a_ref_is_moved_at_the_same_cost_in_any_repository() {
    let mut costs: Vec<(Counts, u64)> = Vec::new();
    for (packs, commits) in [(1, 3), (1, 1500), (40, 3)] {
        let (store, tip) = repository(packs, commits);
        let store = Counting::new(store);
        let repository = Repository::open(&store, &repo_name(), Limits::default());
        let new = ObjectId::from([7; 20]);
        let (outcomes, depth) = store.run(repository.move_refs(&[update(tip, new)]));
        outcomes.unwrap().remove(0).unwrap();
        costs.push((store.take(), depth));
    }
    assert_eq!(costs[0], costs[1], "more objects cost more");
    assert_eq!(costs[0], costs[2], "more packs cost more");
    let (counts, depth) = costs[0];
    assert_eq!((counts.puts, counts.lists, depth), (1, 0, 3), "{counts:?}");
    assert!(counts.gets <= 4 && counts.bytes < 1000, "{counts:?}");
}

#[test]
fn an_object_that_nobody_vouches_for_is_looked_up() {
    let (store, tip) = repository(1, 3);
    let repository = Repository::open(&store, &repo_name(), Limits::default());
    let gone = ObjectId::from([7; 20]);
    let mut outcomes = block_on(repository.update_refs(&[update(tip, gone)])).unwrap();
    let error = outcomes.remove(0).unwrap_err();
    assert!(matches!(error, UpdateError::MissingObject { id, .. } if id == gone), "{error}");
    let key = "trunks/x.trunk/refs/heads/main";
    let stored = block_on(store.get(key, None)).unwrap().unwrap().bytes;
    assert_eq!(stored, format!("{tip}\n").into_bytes());
    // Whoever lies is believed, and still moves nothing that has changed.
    block_on(store.put(key, format!("{gone}\n").into_bytes(), Expected::Any)).unwrap();
    let mut outcomes = block_on(repository.move_refs(&[update(tip, tip)])).unwrap();
    assert!(outcomes.remove(0).is_err());
}
