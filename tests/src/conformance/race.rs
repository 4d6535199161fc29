//! Several writers and readers at once.

use super::{conflict, keys, next, noise, present, put};
use futures_util::future::{join, join_all};
use trunks_core::store::{Expected, Memory, Store, StoreError, Version};

const WRITERS: usize = 20;
const ROUNDS: usize = 100;

/// Who won, of writers that all expected the same; the others must have met a conflict.
fn winner<T: std::fmt::Debug>(key: &str, outcomes: &[Result<T, StoreError>]) -> usize {
    let lost: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    assert_eq!(lost.len() + 1, outcomes.len(), "not exactly one won: {outcomes:?}");
    for error in lost {
        assert_eq!(*error, StoreError::Conflict { key: key.to_owned() });
    }
    outcomes.iter().position(Result::is_ok).expect("one won")
}

/// The version of a value is spent by one update.
pub async fn one_of_twenty_updates_wins<S: Store>(store: &S) {
    let key = "race/update";
    let mut version = put(store, key, b"start").await;
    for round in 0..ROUNDS {
        let writes = (0..WRITERS).map(|writer| {
            let bytes = format!("{round} {writer}").into_bytes();
            store.put(key, bytes, Expected::Is(version.clone()))
        });
        let outcomes = join_all(writes).await;
        let winner = winner(key, &outcomes);
        let value = present(store, key).await;
        assert_eq!(value.bytes, format!("{round} {winner}").as_bytes());
        version = outcomes.into_iter().flatten().next().expect("one won");
        assert_eq!(value.version, version);
    }
}

/// A key is created by one.
pub async fn one_of_twenty_creations_wins<S: Store>(store: &S) {
    for round in 0..ROUNDS {
        let key = format!("race/create/{round}/deep/key");
        let writes = (0..WRITERS)
            .map(|writer| store.put(&key, writer.to_string().into_bytes(), Expected::Absent));
        let outcomes = join_all(writes).await;
        let winner = winner(&key, &outcomes);
        assert_eq!(present(store, &key).await.bytes, winner.to_string().as_bytes());
    }
}

/// A version is spent by one deletion or one update.
pub async fn one_of_twenty_deletions_wins<S: Store>(store: &S) {
    let key = "race/delete/deep/key";
    for round in 0..ROUNDS {
        let version = put(store, key, format!("{round}")).await;
        let outcomes = join_all((0..WRITERS).map(|writer| {
            let expected = Expected::Is(version.clone());
            async move {
                if writer % 2 == 0 {
                    store.delete(key, expected).await
                } else {
                    // Like no value that was there before: a mark may be one of bytes.
                    store.put(key, format!("w{writer}").into_bytes(), expected).await.map(drop)
                }
            }
        }))
        .await;
        let winner = winner(key, &outcomes);
        let found = store.get(key, None).await.expect("a read");
        let left = (winner % 2 == 1).then(|| format!("w{winner}").into_bytes());
        assert_eq!(found.map(|value| value.bytes), left);
    }
}

/// Writers that read, add one and try again: every acknowledged one counts.
pub async fn no_increment_is_lost<S: Store>(store: &S) {
    const EACH: u32 = 10;
    let key = "race/counter";
    put(store, key, b"0").await;
    join_all((0..WRITERS).map(|_| async move {
        for _ in 0..EACH {
            loop {
                let value = present(store, key).await;
                let count: u32 =
                    String::from_utf8_lossy(&value.bytes).parse().expect("a whole number");
                let bytes = (count + 1).to_string().into_bytes();
                match store.put(key, bytes, Expected::Is(value.version)).await {
                    Ok(_) => break,
                    Err(StoreError::Conflict { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }))
    .await;
    let count = present(store, key).await.bytes;
    assert_eq!(count, (WRITERS as u32 * EACH).to_string().as_bytes());
}

/// A reader sees one write whole, beside writers of all sizes.
pub async fn a_read_is_never_torn<S: Store>(store: &S) {
    let key = "race/torn";
    let value = |round: usize| vec![round as u8; [1, 41, 5000, 70_000, 400_000][round % 5]];
    put(store, key, value(0)).await;
    let write = async {
        for round in 1..100 {
            put(store, key, value(round)).await;
        }
    };
    let read = join_all((0..4).map(|_| async {
        for _ in 0..200 {
            let found = present(store, key).await;
            let round = usize::from(found.bytes[0]);
            assert!(found.bytes == value(round), "torn in round {round}");
            assert_eq!(found.size_bytes, found.bytes.len() as u64);
            let part = store.get(key, Some(1..40_000)).await.expect("a read").expect("present");
            assert!(part.bytes.iter().all(|&byte| Some(&byte) == part.bytes.first()));
        }
    }));
    join(write, read).await;
}

/// Keys that nobody touches are on every page, once, whatever happens around them.
pub async fn a_listing_beside_writers_is_whole<S: Store>(store: &S) {
    let still: Vec<String> = (0..50).map(|i| format!("race/list/{}/{i}", i % 5)).collect();
    for key in &still {
        put(store, key, b"still").await;
    }
    let write = join_all((0..5).map(|writer| async move {
        let key = format!("race/list/{writer}/moving/{writer}");
        for round in 0..20 {
            put(store, &key, format!("{round}")).await;
            store.delete(&key, Expected::Any).await.expect("deleted");
            put(store, &format!("race/list/{writer}/{writer}"), b"still").await;
        }
    }));
    let list = async {
        for _ in 0..50 {
            let found = keys(store, "race/list/").await;
            assert!(found.is_sorted_by(|a, b| a < b), "{found:?}");
            for key in &still {
                assert!(found.contains(key), "{key} was not listed");
            }
        }
    };
    join(write, list).await;
}

/// A few thousand steps of everything, each compared with the store in memory.
pub async fn any_sequence_does_what_memory_does<S: Store>(store: &S) {
    let model = Memory::new();
    let names = ["a", "b", "c-d", "c/d", "c/e/f", "c/e/g", "h/i"];
    // The present version of a key, and one that it had before.
    let mut versions: Vec<[Option<(Version, Version)>; 2]> = vec![[None, None]; names.len()];
    let mut state = 0x5eed;
    for step in 0..1500u64 {
        let at = next(&mut state) as usize % names.len();
        let key = format!("sequence/{}", names[at]);
        let pick = next(&mut state) % 4;
        let known = match pick {
            0 => None,
            1 => versions[at][0].clone(),
            _ => versions[at][1].clone().or_else(|| versions[at][0].clone()),
        };
        let (expected, modelled) = match known {
            Some((version, modelled)) => (Expected::Is(version), Expected::Is(modelled)),
            None if next(&mut state).is_multiple_of(2) => (Expected::Any, Expected::Any),
            None => (Expected::Absent, Expected::Absent),
        };
        match next(&mut state) % 4 {
            0 => {
                let deleted = store.delete(&key, expected).await;
                assert_eq!(deleted, model.delete(&key, modelled).await, "step {step}");
            }
            1 => {
                let found = store.get(&key, None).await.expect("a read").map(|value| value.bytes);
                let modelled = model.get(&key, None).await.expect("a read");
                assert_eq!(found, modelled.map(|value| value.bytes), "step {step}");
            }
            _ => {
                // No two values are equal, so versions say what they say in the model.
                let mut bytes = step.to_le_bytes().to_vec();
                bytes.extend(noise(step, next(&mut state) as usize % 300));
                let put = store.put(&key, bytes.clone(), expected).await;
                match (put, model.put(&key, bytes, modelled).await) {
                    (Ok(version), Ok(modelled)) => {
                        versions[at][0] = versions[at][1].take();
                        versions[at][1] = Some((version, modelled));
                    }
                    (Err(error), Err(modelled)) => {
                        assert_eq!(error, modelled, "step {step}");
                        assert_eq!(Err::<(), _>(error), conflict(&key));
                    }
                    (found, modelled) => panic!("step {step}: {found:?}, but {modelled:?}"),
                }
            }
        }
        if step % 100 == 0 {
            assert_eq!(
                keys(store, "sequence").await,
                keys(&model, "sequence").await,
                "step {step}"
            );
        }
    }
}
