//! What stock git keeps beside refs and also follows when it prunes: the work trees that stand on the
//! repository, and reflogs.

use super::tips::Tips;
use crate::{
    at_once::side_by_side,
    object::ObjectId,
    repository::Layout,
    sort,
    store::{Store, StoreError},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use futures_util::future;

/// Keys that one request for a listing asks for.
const PAGE: u32 = 1000;

/// A file that names objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Names {
    /// An id, or the name of a ref behind `ref: `.
    Ref,
    /// In each line what a ref was before and after.
    Log,
    /// A work tree's index.
    Index,
}

/// Adds what work trees and reflogs name to `tips`.
///
/// # Errors
/// The store failed. Files that cannot be read are added to the problems.
///
/// # Source
/// gitrepository-layout(5); git-prune(1)
pub(super) async fn find<S: Store>(
    store: &S,
    layout: &Layout,
    tips: &mut Tips,
) -> Result<(), StoreError> {
    let (worktrees, logs, index) =
        (layout.worktrees_prefix(), layout.logs_prefix(), layout.index());
    let (worktrees, logs, has_index) =
        future::try_join3(keys(store, &worktrees), keys(store, &logs), async {
            Ok(store.get(&index, Some(0..1)).await?.is_some())
        })
        .await?;
    tips.index = has_index.then_some(index);
    let mut files: Vec<(String, Names)> = logs.into_iter().map(|key| (key, Names::Log)).collect();
    for key in worktrees {
        match kind(&layout.worktrees_prefix(), &key) {
            Some(Names::Index) => tips.index = Some(key),
            Some(names) => files.push((key, names)),
            None => {}
        }
    }
    let reads = files.iter().map(|(key, _)| store.get(key, None)).collect();
    for ((key, names), value) in files.iter().zip(side_by_side(reads).await) {
        // What is gone by now names nothing.
        let Some(value) = value? else { continue };
        let ids = match names {
            Names::Log => log_ids(&value.bytes),
            _ => ref_ids(&value.bytes),
        };
        match ids {
            Some(ids) => tips.found.extend(ids.into_iter().map(|id| (key.clone(), id))),
            None => tips.problems.push(format!("{key} is corrupt: it names no object")),
        }
    }
    Ok(())
}

/// Why nothing is removed while the index at `key` is there.
pub(super) fn refusal(key: &str) -> String {
    format!(
        "nothing was removed: {key} may name objects that nothing else does: clean with `git gc`, \
         or remove the work tree first with `git worktree remove`"
    )
}

/// What the file of a linked work tree holds, if it names objects: below `worktrees/<name>/`.
fn kind(prefix: &str, key: &str) -> Option<Names> {
    let (_, path) = key.strip_prefix(prefix)?.split_once('/')?;
    if path.ends_with(".lock") {
        return None;
    }
    match path {
        "index" => Some(Names::Index),
        "HEAD" => Some(Names::Ref),
        _ if path.starts_with("refs/") => Some(Names::Ref),
        _ if path.starts_with("logs/") => Some(Names::Log),
        _ => None,
    }
}

/// The id; none where it is a symbolic ref, whose target is read as a ref.
fn ref_ids(bytes: &[u8]) -> Option<Vec<ObjectId>> {
    let bytes = bytes.trim_ascii();
    if bytes.starts_with(b"ref: ") {
        return Some(Vec::new());
    }
    Some(Vec::from([ObjectId::from_hex(bytes).ok()?]))
}

/// The ids in a reflog, each once.
fn log_ids(bytes: &[u8]) -> Option<Vec<ObjectId>> {
    let mut ids = Vec::new();
    for line in bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        for field in line.splitn(3, |&byte| byte == b' ').take(2) {
            ids.push(ObjectId::from_hex(field).ok()?);
        }
    }
    sort::unstable(&mut ids);
    ids.dedup();
    ids.retain(|id| *id != ObjectId::ZERO);
    Some(ids)
}

async fn keys<S: Store>(store: &S, prefix: &str) -> Result<Vec<String>, StoreError> {
    let mut keys = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = store.list(prefix, after.as_deref(), PAGE).await?;
        after = page.entries.last().map(|entry| entry.key.to_string());
        keys.extend(page.entries.into_iter().map(|entry| entry.key));
        if !page.more || after.is_none() {
            return Ok(keys);
        }
    }
}
