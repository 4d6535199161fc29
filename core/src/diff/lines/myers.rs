//! The shortest way from one sequence to another, or nearly.
//!
//! # Source
//! E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", Algorithmica 1 (1986), with the
//! refinement in linear space.

use alloc::{vec, vec::Vec};
use core::ops::Range;

/// From so many differences on the way that came farthest is taken, be it the shortest or not. It
/// bounds the time to this times the length.
const DIFFERENCES: i32 = 512;

/// Which numbers of `old` and of `new` the other does not have.
pub(super) fn changed(old: &[u32], new: &[u32]) -> (Vec<bool>, Vec<bool>) {
    let most = old.iter().chain(new).max().map_or(0, |number| *number as usize + 1);
    let old = Sequence::new(old, new, most);
    let new = Sequence::new(new, &old.all, most);
    let mut search = Search {
        removed: old.alone,
        added: new.alone,
        old: old.shared,
        new: new.shared,
        forward: vec![0; 2 * DIFFERENCES as usize + 4],
        backward: vec![0; 2 * DIFFERENCES as usize + 4],
    };
    let mut parts = vec![(0..search.old.len(), 0..search.new.len())];
    while let Some((old, new)) = parts.pop() {
        let (old, new) = search.trimmed(old, new);
        if old.is_empty() || new.is_empty() {
            search.mark(old, new);
            continue;
        }
        let (x, y) = search.middle(old.clone(), new.clone());
        let (x, y) = (old.start + x.min(old.len()), new.start + y.min(new.len()));
        if (x, y) == (old.start, new.start) || (x, y) == (old.end, new.end) {
            search.mark(old, new);
            continue;
        }
        parts.push((x..old.end, y..new.end));
        parts.push((old.start..x, new.start..y));
    }
    (search.removed, search.added)
}

/// The numbers of one side.
struct Sequence {
    all: Vec<u32>,
    /// Which of all the other side has not at all.
    alone: Vec<bool>,
    /// The others, and where they are.
    shared: Vec<(u32, u32)>,
}

impl Sequence {
    fn new(numbers: &[u32], others: &[u32], most: usize) -> Self {
        let mut is_there = vec![false; most];
        for &number in others {
            if let Some(slot) = is_there.get_mut(number as usize) {
                *slot = true;
            }
        }
        let alone: Vec<bool> =
            numbers.iter().map(|&n| !is_there.get(n as usize).copied().unwrap_or(false)).collect();
        let shared = (0..).zip(numbers).zip(&alone).filter(|(_, alone)| !**alone);
        let shared = shared.map(|((at, number), _)| (*number, at)).collect();
        Self { all: numbers.to_vec(), alone, shared }
    }
}

struct Search {
    removed: Vec<bool>,
    added: Vec<bool>,
    old: Vec<(u32, u32)>,
    new: Vec<(u32, u32)>,
    /// How far the ways from the beginning came, by diagonal.
    forward: Vec<i32>,
    /// How far the ways from the end came, by diagonal, counted from there.
    backward: Vec<i32>,
}

impl Search {
    fn is_same(&self, old: usize, new: usize) -> bool {
        match (self.old.get(old), self.new.get(new)) {
            (Some((one, _)), Some((other, _))) => one == other,
            _ => false,
        }
    }

    /// The parts without what they begin and end with alike.
    fn trimmed(
        &self,
        mut old: Range<usize>,
        mut new: Range<usize>,
    ) -> (Range<usize>, Range<usize>) {
        while !old.is_empty() && !new.is_empty() && self.is_same(old.start, new.start) {
            old.start += 1;
            new.start += 1;
        }
        while !old.is_empty() && !new.is_empty() && self.is_same(old.end - 1, new.end - 1) {
            old.end -= 1;
            new.end -= 1;
        }
        (old, new)
    }

    fn mark(&mut self, old: Range<usize>, new: Range<usize>) {
        for (part, all, flags) in
            [(old, &self.old, &mut self.removed), (new, &self.new, &mut self.added)]
        {
            for (_, at) in all.get(part).unwrap_or_default() {
                if let Some(flag) = flags.get_mut(*at as usize) {
                    *flag = true;
                }
            }
        }
    }

    /// A point on a way through the two parts that is about half-way, from their beginnings.
    fn middle(&mut self, old: Range<usize>, new: Range<usize>) -> (usize, usize) {
        let (width, height) = (old.len() as i32, new.len() as i32);
        let delta = width - height;
        let is_odd = delta % 2 != 0;
        let slot = |k: i32| (k + DIFFERENCES + 1) as usize;
        let at = |ways: &[i32], k: i32| ways.get(slot(k)).copied().unwrap_or(0);
        self.forward.fill(0);
        self.backward.fill(0);
        for d in 0..DIFFERENCES {
            for k in (-d..=d).step_by(2) {
                let mut x = step(&self.forward, slot(k), k, d);
                while x < width
                    && x - k < height
                    && x - k >= 0
                    && self.is_same(old.start + x as usize, new.start + (x - k) as usize)
                {
                    x += 1;
                }
                set(&mut self.forward, slot(k), x);
                let reaches = (k - delta).abs() < d && x + at(&self.backward, delta - k) >= width;
                if is_odd && reaches {
                    return (x.max(0) as usize, (x - k).max(0) as usize);
                }
            }
            for k in (-d..=d).step_by(2) {
                let mut x = step(&self.backward, slot(k), k, d);
                while x < width
                    && x - k < height
                    && x - k >= 0
                    && self.is_same(old.end - 1 - x as usize, new.end - 1 - (x - k) as usize)
                {
                    x += 1;
                }
                set(&mut self.backward, slot(k), x);
                let reaches = (k - delta).abs() <= d && x + at(&self.forward, delta - k) >= width;
                if !is_odd && reaches {
                    return ((width - x).max(0) as usize, (height - x + k).max(0) as usize);
                }
            }
        }
        self.farthest(width, height)
    }

    /// Where the way went that came farthest, from whichever end.
    fn farthest(&self, width: i32, height: i32) -> (usize, usize) {
        let best = |ways: &[i32]| {
            let diagonals = -(DIFFERENCES + 1)..;
            let points = diagonals.zip(ways).map(|(k, &x)| (x.min(width), (x - k).min(height)));
            points.filter(|(_, y)| *y >= 0).max_by_key(|(x, y)| x + y).unwrap_or_default()
        };
        let (forward, backward) = (best(&self.forward), best(&self.backward));
        let (x, y) = match forward.0 + forward.1 >= backward.0 + backward.1 {
            true => forward,
            false => (width - backward.0, height - backward.1),
        };
        (x.max(0) as usize, y.max(0) as usize)
    }
}

/// Where a way of `d` differences is on the diagonal `k` before it goes along what is the same.
fn step(ways: &[i32], slot: usize, k: i32, d: i32) -> i32 {
    let at = |slot: usize| ways.get(slot).copied().unwrap_or(0);
    if d == 0 {
        return 0;
    }
    let (below, above) = (at(slot - 1), at(slot + 1));
    if k == -d || (k != d && below < above) { above } else { below + 1 }
}

fn set(ways: &mut [i32], slot: usize, x: i32) {
    if let Some(way) = ways.get_mut(slot) {
        *way = x;
    }
}
