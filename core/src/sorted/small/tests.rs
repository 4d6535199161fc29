use super::*;
use alloc::{collections, string::String};

/// Numbers that look random.
fn numbers() -> impl Iterator<Item = u32> {
    core::iter::successors(Some(7u32), |n| {
        Some(n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223))
    })
    .map(|n| n >> 8)
}

#[test]
fn a_map_does_what_the_standard_one_does() {
    for room in [10, 3000] {
        let mut ours = BTreeMap::new();
        let mut theirs = collections::BTreeMap::new();
        let mut numbers = numbers();
        let mut next = || numbers.next().unwrap();
        for _ in 0..20_000 {
            let (key, value) = (next() % room, next());
            match next() % 8 {
                0..3 => assert_eq!(ours.insert(key, value), theirs.insert(key, value)),
                3..5 => assert_eq!(ours.remove(&key), theirs.remove(&key)),
                5 => {
                    *ours.entry(key).or_default() = value;
                    *theirs.entry(key).or_default() = value;
                }
                6 => assert_eq!(ours.get_mut(&key), theirs.get_mut(&key)),
                _ if value % 8 == 0 => assert_eq!(ours.pop_last(), theirs.pop_last()),
                _ => assert_eq!(ours.remove_entry(&key), theirs.remove_entry(&key)),
            }
            assert_eq!(ours.len(), theirs.len());
            assert_eq!(ours.first_key_value(), theirs.first_key_value());
            assert_eq!(ours.contains_key(&key), theirs.contains_key(&key));
        }
        assert!(ours.iter().eq(&theirs));
        assert!(ours.clone().into_keys().eq(theirs.keys().copied()));
        assert!(ours.clone().into_values().eq(theirs.values().copied()));
        assert!(ours.into_iter().eq(theirs));
    }
}

#[test]
fn what_is_filled_in_order_fills_its_lists() {
    let map: BTreeMap<u32, ()> = (0..10 * LONGEST as u32).map(|n| (n, ())).collect();
    assert!(map.lists.len() <= 11, "{}", map.lists.len());
    let scattered: BTreeMap<u32, ()> = numbers().take(10_000).map(|n| (n, ())).collect();
    assert!(scattered.lists.iter().all(|list| (1..=LONGEST).contains(&list.len())));
}

#[test]
fn maps_are_equal_however_they_were_filled() {
    let up: BTreeMap<u32, u32> = (0..1000).map(|n| (n, n)).collect();
    let down: BTreeMap<u32, u32> = (0..1000).rev().map(|n| (n, n)).collect();
    assert_eq!(up, down);
    assert_ne!(up, (0..999).map(|n| (n, n)).collect());
}

#[test]
fn a_range_begins_at_the_first_that_is_not_less() {
    let names = ["a", "b/c", "b/d", "e"];
    let set: BTreeSet<String> = names.iter().map(|&name| name.into()).collect();
    for (start, found) in [("", 0), ("a", 0), ("b/", 1), ("b/d", 2), ("f", 4)] {
        assert!(set.range(String::from(start)..).eq(names.iter().skip(found)), "{start}");
    }
    let many: BTreeSet<u32> = (0..1000).map(|n| n * 2).collect();
    for start in 0..2001 {
        assert_eq!(
            many.range(start..).next().copied(),
            Some(start.next_multiple_of(2)).filter(|&n| n < 2000)
        );
    }
    assert_eq!(BTreeSet::<u32>::new().range(3..).next(), None);
}
