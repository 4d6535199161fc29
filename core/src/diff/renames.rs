//! Finding files that only moved among the differences of two trees.

use super::trees::{ChangeKind, TreeChange};
use crate::{
    object::{Mode, ObjectId},
    sort,
};
use alloc::vec::Vec;

/// Makes one change of the removal and the addition of a file that moved, at its new path.
///
/// Of several files with the same content one that has the same name is taken first, then the first
/// by path, as git does.
///
/// # Source
/// git-diff(1), `-M100%`
pub(super) fn pair(changes: &mut Vec<TreeChange>) {
    let mut sources: Vec<(ObjectId, usize)> = changes
        .iter()
        .enumerate()
        .filter(|(_, change)| change.kind == ChangeKind::Removed)
        .filter_map(|(at, change)| Some((change.old?.1, at)))
        .collect();
    if sources.is_empty() {
        return;
    }
    sort::unstable(&mut sources);
    let mut moves = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        let Some(target) = change.new.filter(|_| change.kind == ChangeKind::Added) else {
            continue;
        };
        let first = sources.partition_point(|(id, _)| *id < target.1);
        let same = sources.iter_mut().skip(first).take_while(|(id, _)| *id == target.1);
        let mut best = None;
        for (_, source) in same {
            let Some(from) = changes.get(*source) else { continue };
            if !may_move(from.old.map(|(mode, _)| mode), target.0) {
                continue;
            }
            if name(&from.path) == name(&change.path) {
                best = Some(source);
                break;
            }
            best.get_or_insert(source);
        }
        if let Some(source) = best {
            moves.push((at, core::mem::replace(source, usize::MAX)));
        }
    }
    for &(at, source) in &moves {
        let Some(from) = changes.get_mut(source) else { continue };
        let (old_path, old) = (core::mem::take(&mut from.path), from.old.take());
        if let Some(change) = changes.get_mut(at) {
            change.kind = ChangeKind::Renamed;
            change.old_path = Some(old_path);
            change.old = old;
        }
    }
    changes.retain(|change| change.old.is_some() || change.new.is_some());
}

/// Files move as they are; a link or a submodule only as one.
fn may_move(old: Option<Mode>, new: Mode) -> bool {
    let is_file = |mode: Mode| mode.has_type_of(Mode::FILE);
    old.is_some_and(|old| old == new || is_file(old) && is_file(new))
}

fn name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
}
