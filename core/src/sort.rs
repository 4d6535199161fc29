//! Sorting, in a form that is fast, or in one that is small.
//!
//! The standard library's sorts come as several KiB of code for every type that is sorted. With the
//! feature `small` all of them are one merge sort of numbers, which is handed what compares.

use core::cmp::Ordering;

/// Sorts by `compare`; what is equal stays in its order.
pub(crate) fn stable_by<T>(items: &mut [T], compare: impl FnMut(&T, &T) -> Ordering) {
    #[cfg(feature = "small")]
    small::sort(items, compare);
    #[cfg(not(feature = "small"))]
    items.sort_by(compare);
}

/// Sorts by `compare`; what is equal may end up in any order.
pub(crate) fn unstable_by<T>(items: &mut [T], compare: impl FnMut(&T, &T) -> Ordering) {
    #[cfg(feature = "small")]
    small::sort(items, compare);
    #[cfg(not(feature = "small"))]
    items.sort_unstable_by(compare);
}

/// Sorts; what is equal may end up in any order.
pub(crate) fn unstable<T: Ord>(items: &mut [T]) {
    unstable_by(items, T::cmp);
}

/// Sorts by a key that is quickly had; what is equal may end up in any order.
pub(crate) fn unstable_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    unstable_by(items, |one, other| key(one).cmp(&key(other)));
}

/// Sorts by a key that is kept while it is sorted; what is equal stays in its order.
pub(crate) fn by_cached_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    #[cfg(feature = "small")]
    unstable_by_key(items, key);
    #[cfg(not(feature = "small"))]
    items.sort_by_cached_key(key);
}

#[cfg(any(feature = "small", test))]
mod small {
    use alloc::{vec, vec::Vec};
    use core::{cmp::Ordering, mem::swap};

    /// Sorts; what is equal stays in its order.
    pub(super) fn sort<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
        let mut order = order(items.len(), &mut |one, other| match (
            items.get(one as usize),
            items.get(other as usize),
        ) {
            (Some(one), Some(other)) => compare(one, other).is_gt(),
            _ => false,
        });
        // What is at `order[at]` goes to `at`: each cycle of such moves is gone through once.
        for start in 0..order.len() {
            let mut at = start;
            while let Some(slot) = order.get_mut(at) {
                let from = core::mem::replace(slot, at as u32) as usize;
                if from == start || from == at {
                    break;
                }
                items.swap(at, from);
                at = from;
            }
        }
    }

    /// The numbers below `count` in order. `is_after`: whether one comes after another.
    fn order(count: usize, is_after: &mut dyn FnMut(u32, u32) -> bool) -> Vec<u32> {
        let mut from: Vec<u32> = (0..count as u32).collect();
        let mut to = vec![0; count];
        let mut width = 1;
        while width < count {
            for (from, to) in from.chunks(2 * width).zip(to.chunks_mut(2 * width)) {
                let (left, right) = from.split_at(width.min(from.len()));
                merge(left, right, to, is_after);
            }
            swap(&mut from, &mut to);
            width *= 2;
        }
        from
    }

    fn merge<'o>(
        mut left: &'o [u32],
        mut right: &'o [u32],
        to: &mut [u32],
        is_after: &mut dyn FnMut(u32, u32) -> bool,
    ) {
        for slot in to {
            let is_right = match (left.first(), right.first()) {
                (Some(&one), Some(&other)) => is_after(one, other),
                (None, _) => true,
                (Some(_), None) => false,
            };
            let side = if is_right { &mut right } else { &mut left };
            if let Some((first, rest)) = side.split_first() {
                (*slot, *side) = (*first, rest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn the_small_sort_sorts_as_the_standard_one_does() {
        let mut state = 7u32;
        for count in 0..200 {
            let mut ours: Vec<(u32, usize)> = (0..count)
                .map(|place| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 26, place)
                })
                .collect();
            let mut theirs = ours.clone();
            theirs.sort_by_key(|(key, _)| *key);
            small::sort(&mut ours, |(one, _), (other, _)| one.cmp(other));
            assert_eq!(ours, theirs);
        }
    }
}
