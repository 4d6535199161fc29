//! Copying the objects that a mirror lacks, as they are stored: packs, and what git wrote loose.

use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::HashMap;
use trunks_core::{
    repository::{Layout, RepoName},
    store::{Expected, PART_BYTES, PartId, Store, StoreError, UploadId},
};

/// How many values are on their way at once, and how many pieces of a large one.
const AT_ONCE: usize = 4;
const PAGE: u32 = 1000;
/// Length of a piece, in bytes.
const PIECE_BYTES: u64 = PART_BYTES as u64;

/// A value that is stored, by its key below the repository, with its length.
type Stored = HashMap<String, u64>;

/// Copies what `from` has of a repository's objects and `to` has not. Returns the keys of the packs that
/// both have had, without `.pack`.
///
/// An idx follows its pack, so that who reads the mirror meanwhile finds whole packs only.
pub async fn copy<F: Store, T: Store>(
    from: &F,
    to: &T,
    name: &RepoName,
) -> Result<Vec<String>, StoreError> {
    let prefix = Layout::new(name).objects_prefix();
    let (there, here) = futures_util::try_join!(list(from, &prefix), list(to, &prefix))?;
    let is_missing = |(key, size): &(&String, &u64)| here.get(*key) != Some(*size);
    let mut missing: Vec<(&String, u64)> =
        there.iter().filter(is_missing).map(|(key, size)| (key, *size)).collect();
    missing.sort_unstable();
    let (idx, rest): (Vec<_>, Vec<_>) =
        missing.into_iter().partition(|(key, _)| key.ends_with(".idx"));
    for batch in [rest, idx] {
        let copies = batch.into_iter().map(|(key, size)| copy_value(from, to, key, size));
        stream::iter(copies).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    }
    let common = there.iter().filter(|(key, size)| here.get(*key) == Some(*size));
    Ok(common.filter_map(|(key, _)| Some(key.strip_suffix(".pack")?.to_owned())).collect())
}

/// Copies a pack and its idx to other keys: `to_keys`, the pack's first.
///
/// `stem`: the pack's key without `.pack`.
pub async fn copy_pack<F: Store, T: Store>(
    from: &F,
    to: &T,
    stem: &str,
    to_keys: &(String, String),
) -> Result<(), StoreError> {
    for (ending, to_key) in [(".pack", &to_keys.0), (".idx", &to_keys.1)] {
        let key = format!("{stem}{ending}");
        let Some(value) = from.get(&key, Some(0..0)).await? else {
            let reason = "it was removed while it was copied".to_owned();
            return Err(StoreError::Unavailable { key, reason });
        };
        copy_to(from, to, &key, to_key, value.size_bytes).await?;
    }
    Ok(())
}

/// What is named by its content; what git derives from it is left out.
async fn list<S: Store>(store: &S, prefix: &str) -> Result<Stored, StoreError> {
    let mut stored = Stored::new();
    let mut after: Option<String> = None;
    loop {
        let page = store.list(prefix, after.as_deref(), PAGE).await?;
        for entry in &page.entries {
            if is_object(&entry.key[prefix.len()..]) {
                stored.insert(entry.key.clone(), entry.size_bytes);
            }
        }
        after = page.entries.last().map(|entry| entry.key.clone());
        if !page.more || after.is_none() {
            return Ok(stored);
        }
    }
}

/// `name`: below `objects/`.
fn is_object(name: &str) -> bool {
    match name.split_once('/') {
        Some(("pack", file)) => {
            file.starts_with("pack-") && (file.ends_with(".pack") || file.ends_with(".idx"))
        }
        Some((directory, file)) => {
            directory.len() == 2 && file.len() == 38 && file.bytes().all(|b| b.is_ascii_hexdigit())
        }
        None => false,
    }
}

async fn copy_value<F: Store, T: Store>(
    from: &F,
    to: &T,
    key: &str,
    size: u64,
) -> Result<(), StoreError> {
    copy_to(from, to, key, key, size).await
}

async fn copy_to<F: Store, T: Store>(
    from: &F,
    to: &T,
    key: &str,
    to_key: &str,
    size: u64,
) -> Result<(), StoreError> {
    if size <= PIECE_BYTES {
        let bytes = piece(from, key, size, 0).await?;
        to.put(to_key, bytes, Expected::Any).await?;
        return Ok(());
    }
    let upload = to.upload_start(to_key).await?;
    match copy_pieces(from, to, key, size, &upload).await {
        Ok(parts) => to.upload_finish(&upload, parts, Expected::Any).await.map(drop),
        Err(error) => {
            // The first error is the one to tell.
            let _ = to.upload_abort(&upload).await;
            Err(error)
        }
    }
}

async fn copy_pieces<F: Store, T: Store>(
    from: &F,
    to: &T,
    key: &str,
    size: u64,
    upload: &UploadId,
) -> Result<Vec<PartId>, StoreError> {
    let numbers = 0..u32::try_from(size.div_ceil(PIECE_BYTES)).unwrap_or(u32::MAX);
    let parts = numbers.map(|number| async move {
        let bytes = piece(from, key, size, u64::from(number) * PIECE_BYTES).await?;
        to.upload_part(upload, number + 1, bytes).await
    });
    stream::iter(parts).buffered(AT_ONCE).try_collect().await
}

async fn piece<S: Store>(
    store: &S,
    key: &str,
    size: u64,
    start: u64,
) -> Result<Vec<u8>, StoreError> {
    let end = size.min(start + PIECE_BYTES);
    let whole = start == 0 && end == size;
    let value = store.get(key, (!whole).then_some(start..end)).await?;
    match value {
        Some(value) if value.size_bytes == size && value.bytes.len() as u64 == end - start => {
            Ok(value.bytes)
        }
        _ => Err(StoreError::Unavailable {
            key: key.to_owned(),
            reason: "it was removed or changed while it was copied".to_owned(),
        }),
    }
}
