//! Changes and the lines around them as hunks.

use super::{super::Hunk, Side};
use alloc::vec::Vec;

/// What follows a line that ends its file without a line break.
const NO_LINE_BREAK: &[u8] = b"\n\\ No newline at end of file\n";

/// Lines of the old text, from one on, that lines of the new one replace.
#[derive(Clone, Copy)]
struct Change {
    old: (usize, usize),
    new: (usize, usize),
}

/// The hunks, with `context` lines around each.
pub(super) fn hunks(old: Side<'_, '_>, new: Side<'_, '_>, context: u32) -> Vec<Hunk> {
    let context = context as usize;
    let mut hunks = Vec::new();
    let mut pending: Vec<Change> = Vec::new();
    for change in changes(old.changed, new.changed) {
        let is_far = |last: &Change| change.old.0 - last.old.1 > context.saturating_mul(2);
        if pending.last().is_some_and(is_far) {
            hunks.push(hunk(old, new, &pending, context));
            pending.clear();
        }
        pending.push(change);
    }
    if !pending.is_empty() {
        hunks.push(hunk(old, new, &pending, context));
    }
    hunks
}

fn changes(removed: &[bool], added: &[bool]) -> Vec<Change> {
    let run = |flags: &[bool], from: usize| {
        flags.iter().skip(from).take_while(|&&is_changed| is_changed).count() + from
    };
    let mut changes = Vec::new();
    let (mut x, mut y) = (0, 0);
    while x < removed.len() || y < added.len() {
        let ends = (run(removed, x), run(added, y));
        if ends != (x, y) {
            changes.push(Change { old: (x, ends.0), new: (y, ends.1) });
        }
        (x, y) = (ends.0 + 1, ends.1 + 1);
    }
    changes
}

/// `changes`: at least one.
fn hunk(old: Side<'_, '_>, new: Side<'_, '_>, changes: &[Change], context: usize) -> Hunk {
    let (Some(first), Some(last)) = (changes.first(), changes.last()) else {
        return Hunk::default();
    };
    // What is unchanged is as long on both sides.
    let before = first.old.0.min(context);
    let after = (old.lines.len() - last.old.1).min(context);
    let (x, y) = (first.old.0 - before, first.new.0 - before);
    let (x_end, y_end) = (last.old.1 + after, last.new.1 + after);
    let mut text = Vec::new();
    let mut at = x;
    for change in changes {
        write(&mut text, b' ', old.lines, at, change.old.0);
        write(&mut text, b'-', old.lines, change.old.0, change.old.1);
        write(&mut text, b'+', new.lines, change.new.0, change.new.1);
        at = change.old.1;
    }
    write(&mut text, b' ', old.lines, at, x_end);
    Hunk {
        old_start: start(x, x_end),
        old_lines: (x_end - x) as u32,
        new_start: start(y, y_end),
        new_lines: (y_end - y) as u32,
        text,
    }
}

/// The number of the first line, or of the one before if there is none.
fn start(from: usize, end: usize) -> u32 {
    if end > from { from as u32 + 1 } else { from as u32 }
}

fn write(text: &mut Vec<u8>, sign: u8, lines: &[&[u8]], from: usize, end: usize) {
    for line in lines.get(from..end).unwrap_or_default() {
        text.push(sign);
        text.extend_from_slice(line);
        if !line.ends_with(b"\n") {
            text.extend_from_slice(NO_LINE_BREAK);
        }
    }
}
