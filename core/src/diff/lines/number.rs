//! A number for each line, the same for lines that are the same.

use crate::sort;
use alloc::{vec, vec::Vec};

/// Numbers the lines of two texts.
pub(super) fn number(old: &[&[u8]], new: &[&[u8]]) -> (Vec<u32>, Vec<u32>) {
    let line = |at: u32| {
        let at = at as usize;
        old.get(at).or_else(|| new.get(at - old.len())).copied().unwrap_or_default()
    };
    let count = old.len() + new.len();
    let mut sorted: Vec<u32> = (0..count as u32).collect();
    sort::unstable_by(&mut sorted, |&one, &other| line(one).cmp(line(other)));
    let mut numbers = vec![0; count];
    let (mut number, mut last) = (0, None);
    for at in sorted {
        let text = line(at);
        if last.is_some_and(|last| last != text) {
            number += 1;
        }
        last = Some(text);
        if let Some(slot) = numbers.get_mut(at as usize) {
            *slot = number;
        }
    }
    let new = numbers.split_off(old.len());
    (numbers, new)
}
