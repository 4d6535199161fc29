//! Telling two texts apart by their lines: numbers for lines, the shortest way from one text to the
//! other, changes moved to where they read well, and hunks.

mod compact;
mod hunk;
mod myers;
mod number;
#[cfg(test)]
mod tests;

use super::Hunk;
use alloc::vec::Vec;

/// The lines of a text, each with its line break.
pub(super) fn split(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|&byte| byte == b'\n').collect()
}

/// The hunks that make `new` of `old`.
pub(super) fn hunks(old: &[&[u8]], new: &[&[u8]], context: u32) -> Vec<Hunk> {
    let (old_numbers, new_numbers) = number::number(old, new);
    let (mut removed, mut added) = myers::changed(&old_numbers, &new_numbers);
    compact::compact(&old_numbers, &mut removed, &added);
    compact::compact(&new_numbers, &mut added, &removed);
    hunk::hunks(
        Side { lines: old, changed: &removed },
        Side { lines: new, changed: &added },
        context,
    )
}

/// A text's lines, and which of them the other text does not have.
#[derive(Clone, Copy)]
struct Side<'l, 't> {
    lines: &'l [&'t [u8]],
    changed: &'l [bool],
}
