//! Each pack against its trailer, its idx, and the rules for what is in it.

use super::inventory::PackFiles;
use crate::{
    limits::Limits,
    object::ObjectId,
    odb::Objects,
    pack::{
        incoming::{Audit, IncomingError, audit},
        index::{self, Index, IndexEntry},
    },
    store::{Entry, Store, StoreError},
};
use alloc::{format, string::String, vec::Vec};

/// Of how many objects that an idx is wrong about it is said so one by one.
const MOST_NAMED: usize = 20;

/// Looks at one pack. Returns how many objects it holds, and adds what is wrong to `problems`.
pub(super) async fn check<S: Store>(
    objects: &Objects<S>,
    store: &S,
    files: &PackFiles,
    limits: &Limits,
    problems: &mut Vec<String>,
) -> Result<u64, StoreError> {
    // One without the other is no pack yet, or none any more: what its objects are wanted for is
    // said where they are missing.
    let (Some(pack), Some(idx)) = (&files.pack, &files.idx) else { return Ok(0) };
    let found = match audit(objects, store, &pack.key, pack.size_bytes, limits).await {
        Ok(found) => found,
        // A repack that runs at the same time has put its objects elsewhere.
        Err(IncomingError::Store(_)) if store.get(&pack.key, Some(0..0)).await?.is_none() => {
            return Ok(0);
        }
        Err(IncomingError::Store(error)) => return Err(error),
        Err(error) => {
            problems.push(format!("{}: {error}", pack.key));
            return Ok(0);
        }
    };
    let Audit { mut entries, checksum, invalid, missing_bases } = found;
    for (id, reason) in invalid {
        problems.push(format!("{}: object {id} is not valid: {reason}", pack.key));
    }
    for base in missing_bases {
        problems.push(format!("{}: delta base {base} is not in the pack", pack.key));
    }
    if !is_written_so(store, idx, &mut entries, checksum).await? {
        compare(store, idx, &entries, checksum, problems).await?;
    }
    Ok(entries.len() as u64)
}

/// Whether the idx is byte for byte the one that belongs to these entries.
async fn is_written_so<S: Store>(
    store: &S,
    idx: &Entry,
    entries: &mut [IndexEntry],
    checksum: ObjectId,
) -> Result<bool, StoreError> {
    let mut position = 0;
    for piece in index::pieces(entries, checksum) {
        let end = position + piece.len() as u64;
        let stored = store.get(&idx.key, Some(position..end)).await?;
        if stored.is_none_or(|stored| stored.bytes != piece) {
            return Ok(false);
        }
        position = end;
    }
    Ok(position == idx.size_bytes)
}

/// Says what is wrong with an idx that is not the one that we would write. It may be right all the
/// same: in another order among equals, or in an older form.
async fn compare<S: Store>(
    store: &S,
    idx: &Entry,
    entries: &[IndexEntry],
    checksum: ObjectId,
    problems: &mut Vec<String>,
) -> Result<(), StoreError> {
    let key = &idx.key;
    let Some(stored) = store.get(key, None).await? else { return Ok(()) };
    let index = match Index::new(stored.bytes).and_then(|index| index.verify().map(|()| index)) {
        Ok(index) => index,
        Err(error) => {
            problems.push(format!("{key}: {error}"));
            return Ok(());
        }
    };
    if index.pack_checksum() != Some(checksum) {
        problems.push(format!("{key}: it is the idx of another pack"));
        return Ok(());
    }
    let theirs: Vec<IndexEntry> = index.iter().collect();
    let mut ours = entries.to_vec();
    if theirs.iter().all(|entry| entry.crc32 == 0) {
        // The first version has no checksums.
        ours.iter_mut().for_each(|entry| entry.crc32 = 0);
    }
    let wrong = theirs.iter().filter(|entry| ours.binary_search(entry).is_err());
    for IndexEntry { id, offset, .. } in wrong.take(MOST_NAMED) {
        problems.push(format!("{key}: object {id} is not what lies at byte {offset} of the pack"));
    }
    let lacking = ours.iter().filter(|entry| theirs.binary_search(entry).is_err());
    for IndexEntry { id, offset, .. } in lacking.take(MOST_NAMED) {
        problems.push(format!("{key}: object {id} at byte {offset} of the pack is not in it"));
    }
    Ok(())
}

/// Whether any object that an idx lists is one that `is_wanted`.
pub(super) async fn has_any<S: Store>(
    store: &S,
    idx: &Entry,
    is_wanted: impl Fn(&ObjectId) -> bool,
) -> Result<bool, StoreError> {
    let Some(stored) = store.get(&idx.key, None).await? else { return Ok(false) };
    match Index::new(stored.bytes) {
        Ok(index) => Ok(index.iter().any(|entry| is_wanted(&entry.id))),
        // Who knows what it would list.
        Err(_) => Ok(true),
    }
}
