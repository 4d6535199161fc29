//! How deep the trees of an incoming pack nest.

use crate::walk::Mark;
use alloc::{vec, vec::Vec};

/// Of so many entries that are trees it is remembered in which tree they are: 8 bytes each.
const MOST_ENTRIES: usize = 1 << 20;
/// How often the entries are gone through. Each time settles what is nested in the order of the pack.
const MOST_PASSES: u32 = 64;

/// Which trees are in which.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    /// A tree, and one that is an entry of it.
    entries: Vec<(Mark, Mark)>,
    is_lost: bool,
}

impl Nesting {
    /// Takes note of an entry.
    pub fn add(&mut self, tree: Mark, entry: Mark) {
        if self.entries.len() < MOST_ENTRIES {
            self.entries.push((tree, entry));
        } else {
            self.is_lost = true;
        }
    }

    /// Whether no tree is in more than `most` others, each in the next; `None` when that is not known.
    ///
    /// `marks`: how many there are.
    pub fn is_within(&self, most: u32, marks: u32) -> Option<bool> {
        let settled = (!self.is_lost).then_some(true);
        if self.entries.len() <= most as usize {
            return settled;
        }
        let mut depths = vec![0; marks as usize];
        for _ in 0..MOST_PASSES {
            let mut is_settled = true;
            for &(tree, entry) in &self.entries {
                let least = depths.get(tree as usize).map_or(1, |depth| depth + 1);
                let Some(depth) = depths.get_mut(entry as usize).filter(|depth| **depth < least)
                else {
                    continue;
                };
                *depth = least;
                is_settled = false;
                if least > most {
                    return Some(false);
                }
            }
            if is_settled {
                return settled;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(length: u32) -> impl DoubleEndedIterator<Item = (Mark, Mark)> {
        (0..length).map(|mark| (mark, mark + 1))
    }

    fn nesting(entries: impl Iterator<Item = (Mark, Mark)>) -> Nesting {
        let mut nesting = Nesting::default();
        entries.for_each(|(tree, entry)| nesting.add(tree, entry));
        nesting
    }

    #[test]
    fn the_deepest_tree_decides() {
        let beside = chain(5).chain((6..100).map(|mark| (0, mark)));
        let shared = chain(5).rev().chain([(7, 3), (8, 7), (0, 8)]);
        let deeper = chain(5).rev().chain([(7, 3), (8, 7), (9, 8), (0, 9)]);
        for (nesting, deepest) in [
            (nesting(chain(9)), 9),
            (nesting(beside), 5),
            (nesting(shared), 5),
            (nesting(deeper), 6),
        ] {
            assert_eq!(nesting.is_within(deepest, 100), Some(true), "{nesting:?}");
            assert_eq!(nesting.is_within(deepest - 1, 100), Some(false), "{nesting:?}");
        }
    }

    #[test]
    fn what_takes_too_much_is_not_known() {
        let against = |length| nesting(chain(length).rev().chain([(0, 1); 9]));
        let marks = MOST_PASSES + 1;
        assert_eq!(against(MOST_PASSES - 1).is_within(MOST_PASSES, marks), Some(true));
        assert_eq!(against(MOST_PASSES).is_within(MOST_PASSES, marks), None);
        let many = |length| nesting(core::iter::repeat_n((0, 1), length));
        assert_eq!(many(MOST_ENTRIES).is_within(1, 2), Some(true));
        assert_eq!(many(MOST_ENTRIES + 1).is_within(1, 2), None);
        assert_eq!(many(MOST_ENTRIES + 1).is_within(0, 2), Some(false));
    }
}
