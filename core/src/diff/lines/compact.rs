//! Moving changes to where they read well.
//!
//! A run of changed lines can often be moved up or down: of `a b a b`, with two lines added, it may be
//! the first two or the last two. As git does, a run is moved down as far as it goes, or to where the
//! other text has a change as well, so that a replacement stays in one piece.

use alloc::{vec, vec::Vec};

/// Moves the runs of changed lines of one text. `other`: the changed lines of the other one.
pub(super) fn compact(numbers: &[u32], changed: &mut [bool], other: &[bool]) {
    let gaps = gaps(other);
    let (mut at, mut unchanged) = (0, 0);
    while at < changed.len() {
        if !is_set(changed, at) {
            at += 1;
            unchanged += 1;
            continue;
        }
        let mut end = at;
        while is_set(changed, end) {
            end += 1;
        }
        let mut run = Run { numbers, changed, start: at, end, gap: unchanged };
        run.settle(&gaps);
        (at, unchanged) = (run.end, run.gap);
    }
}

/// Whether there are changed lines before each of the unchanged ones, and at the end.
fn gaps(changed: &[bool]) -> Vec<bool> {
    let mut gaps = vec![false];
    for &is_changed in changed {
        match gaps.last_mut() {
            Some(last) if is_changed => *last = true,
            _ => gaps.push(false),
        }
    }
    gaps
}

fn is_set(flags: &[bool], at: usize) -> bool {
    flags.get(at).copied().unwrap_or(false)
}

/// A run of changed lines, which is as long as it can be.
struct Run<'c> {
    numbers: &'c [u32],
    changed: &'c mut [bool],
    start: usize,
    end: usize,
    /// How many unchanged lines there are before it.
    gap: usize,
}

impl Run<'_> {
    fn settle(&mut self, gaps: &[bool]) {
        let mut beside;
        loop {
            let length = self.end - self.start;
            while self.move_up() {}
            beside = is_set(gaps, self.gap).then_some(self.end);
            while self.move_down() {
                if is_set(gaps, self.gap) {
                    beside = Some(self.end);
                }
            }
            // A run that met another one moves with it.
            if length == self.end - self.start {
                break;
            }
        }
        if let Some(end) = beside {
            while self.end > end && self.move_up() {}
        }
    }

    /// Moves it up by one line, and joins it with a run that it meets.
    fn move_up(&mut self) -> bool {
        let Some(before) = self.start.checked_sub(1) else { return false };
        if self.numbers.get(before) != self.numbers.get(self.end - 1) {
            return false;
        }
        self.set(self.end - 1, false);
        self.set(before, true);
        (self.start, self.end, self.gap) = (before, self.end - 1, self.gap.saturating_sub(1));
        while self.start > 0 && is_set(self.changed, self.start - 1) {
            self.start -= 1;
        }
        true
    }

    /// Moves it down by one line, and joins it with a run that it meets.
    fn move_down(&mut self) -> bool {
        if self.end >= self.numbers.len()
            || self.numbers.get(self.start) != self.numbers.get(self.end)
        {
            return false;
        }
        self.set(self.start, false);
        self.set(self.end, true);
        (self.start, self.end, self.gap) = (self.start + 1, self.end + 1, self.gap + 1);
        while is_set(self.changed, self.end) {
            self.end += 1;
        }
        true
    }

    fn set(&mut self, at: usize, is_changed: bool) {
        if let Some(flag) = self.changed.get_mut(at) {
            *flag = is_changed;
        }
    }
}
