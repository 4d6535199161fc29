//! Updates that other writers come between, and stores that fail in the middle.

use super::*;

/// Something done to the refs.
#[derive(Clone, Debug)]
enum Action {
    Update(RefUpdate),
    Pack,
}

impl Action {
    /// Whether it was done; packing always is.
    fn run<S: Store>(&self, store: S) -> bool {
        match self {
            Self::Update(update) => {
                let outcome =
                    block_on(refs_of(store).update(core::slice::from_ref(update))).remove(0);
                assert!(matches!(outcome, Ok(()) | Err(RefError::Stale { .. })), "{outcome:?}");
                outcome.is_ok()
            }
            Self::Pack => {
                let objects =
                    Objects::new(Memory::new(), Layout::new(&repo_name()), Limits::default());
                let packed = block_on(refs_of(store).pack(&objects));
                assert!(packed.is_ok(), "{packed:?}");
                true
            }
        }
    }
}

fn actions() -> Vec<Action> {
    use OldValue::{Absent, Any, Is};
    let updates = [
        (Absent, Some(id(2))),
        (Is(id(1)), Some(id(2))),
        (Is(id(1)), Some(id(3))),
        (Any, Some(id(4))),
        (Is(id(1)), None),
        (Any, None),
    ];
    let updates = updates.map(|(old, new)| Action::Update(update(MAIN, old, new)));
    updates.into_iter().chain([Action::Pack]).collect()
}

/// Does `first`, and all of `second` (one or two actions after each other) before its request number
/// `at`. Returns what was done, the ref's value at the end, and whether `at` was reached.
fn interleave(
    state: Stored,
    first: &Action,
    second: &[Action],
    at: usize,
) -> ((bool, Vec<bool>, Option<ObjectId>), bool) {
    let requests = Cell::new(0);
    let done = Cell::new(None);
    let store = Interrupted::new(state.store(), |store: &Memory, moment, _: Request<'_>| {
        if moment == Moment::Before && requests.replace(requests.get() + 1) == at {
            let second = || second.iter().map(|action| action.run(store)).collect();
            // In a thread of its own, since this one is running a future already.
            done.set(Some(std::thread::scope(|scope| scope.spawn(second).join().unwrap())));
        }
        Ok(())
    });
    let is_first_done = first.run(&store);
    let is_reached = requests.get() > at;
    let done = match done.take() {
        Some(done) => done,
        None => second.iter().map(|action| action.run(&store.store)).collect(),
    };
    ((is_first_done, done, value(&store.store, MAIN)), is_reached)
}

/// Checks that whatever comes of the interleaving could have come of doing the actions in some
/// order one after the other.
fn check_interleavings(first: &Action, second: &[Action]) {
    for state in STATES {
        let possible: Vec<_> = (0..=second.len())
            .map(|before| {
                let store = state.store();
                let mut done: Vec<bool> =
                    second[..before].iter().map(|action| action.run(&store)).collect();
                let is_first_done = first.run(&store);
                done.extend(second[before..].iter().map(|action| action.run(&store)));
                (is_first_done, done, value(&store, MAIN))
            })
            .collect();
        for at in 0.. {
            let (result, is_reached) = interleave(state, first, second, at);
            assert!(
                possible.contains(&result),
                "{state:?}: {first:?} with {second:?} before its request {at}: {result:?}, not of {possible:?}"
            );
            if !is_reached {
                break;
            }
        }
    }
}

#[test]
fn any_two_actions_are_as_if_one_came_after_the_other() {
    for first in actions() {
        for second in actions() {
            check_interleavings(&first, &[second]);
        }
    }
}

#[test]
fn an_action_between_which_two_others_come_is_as_if_it_came_before_between_or_after_them() {
    for first in actions() {
        for second in actions() {
            for third in actions() {
                check_interleavings(&first, &[second.clone(), third]);
            }
        }
    }
}

#[test]
fn a_lost_answer_is_read_back() {
    let cases = [
        (Stored::Nowhere, update(MAIN, OldValue::Absent, Some(id(2)))),
        (Stored::Loose(1), update(MAIN, OldValue::Is(id(1)), Some(id(2)))),
        (Stored::Packed(1), update(MAIN, OldValue::Is(id(1)), Some(id(2)))),
        (Stored::Loose(1), update(MAIN, OldValue::Is(id(1)), None)),
        (Stored::Packed(1), update(MAIN, OldValue::Is(id(1)), None)),
        (Stored::LooseOverPacked(1, 9), update(MAIN, OldValue::Is(id(1)), None)),
    ];
    for (state, update) in cases {
        for lost in 0.. {
            for lost_at in [Moment::Before, Moment::After] {
                let writes = Cell::new(0);
                let store =
                    Interrupted::new(state.store(), |_: &Memory, moment, request: Request<'_>| {
                        let (Request::Put(key) | Request::Delete(key)) = request else {
                            return Ok(());
                        };
                        if moment != lost_at {
                            return Ok(());
                        }
                        let number = writes.replace(writes.get() + 1);
                        if number == lost { Err(unavailable(key)) } else { Ok(()) }
                    });
                let outcome = block_on(refs_of(&store).update(core::slice::from_ref(&update)));
                assert_eq!(outcome, [Ok(())], "{state:?} {update:?} {lost_at:?} {lost}");
                assert_eq!(value(&store.store, MAIN), update.new);
                if writes.get() <= lost && lost_at == Moment::After {
                    break;
                }
            }
            if lost > 5 {
                break;
            }
        }
    }
}

#[test]
fn a_store_that_stays_away_is_an_error() {
    let store =
        Interrupted::new(Stored::Loose(1).store(), |_: &Memory, _, request: Request<'_>| {
            match request {
                Request::Put(key) => Err(unavailable(key)),
                _ => Ok(()),
            }
        });
    let outcome =
        block_on(refs_of(&store).update(&[update(MAIN, OldValue::Is(id(1)), Some(id(2)))]));
    assert!(
        matches!(outcome[0], Err(RefError::Store(StoreError::Unavailable { .. }))),
        "{outcome:?}"
    );
}

/// While a ref is deleted that was moved since it was packed, its packed value must not show.
#[test]
fn an_old_value_does_not_reappear() {
    for state in STATES {
        let last = Cell::new(Some(Some(id(1))));
        let store = Interrupted::new(state.store(), |store: &Memory, moment, _: Request<'_>| {
            if moment == Moment::After {
                let seen = std::thread::scope(|scope| scope.spawn(|| value(store, MAIN)).join());
                last.set(Some(seen.unwrap()));
                assert!(last.get().unwrap().is_none() || last.get().unwrap() == Some(id(1)));
            }
            Ok(())
        });
        let outcome = block_on(refs_of(&store).update(&[update(MAIN, OldValue::Any, None)]));
        assert_eq!(outcome, [Ok(())]);
        assert_eq!(last.get(), Some(None));
    }
}
