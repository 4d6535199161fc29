//! Multipart uploads.

use super::{
    R2,
    failure::{conflict, failed, pause, persist},
    raw, read, tombstone,
    write::{self, MARK},
};
use js_sys::Uint8Array;
use trunks_core::store::{Expected, PartId, StoreError, UploadId, Version};

/// An upload in progress, as its name tells: R2's name for it, the mark of its value, and the key.
struct Upload<'u> {
    id: &'u str,
    mark: &'u str,
    key: &'u str,
}

impl<'u> Upload<'u> {
    fn of(upload: &'u UploadId) -> Result<Self, StoreError> {
        let mut parts = upload.0.splitn(3, '\n');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(id), Some(mark), Some(key)) => Ok(Self { id, mark, key }),
            _ => Err(failed(&upload.0, "this is not an upload")),
        }
    }
}

/// Begins an upload.
pub(super) async fn start(r2: &R2, key: &str) -> Result<UploadId, StoreError> {
    let mark = write::new_mark(key)?;
    let started = persist(async || {
        let _call = r2.call().await;
        raw::start(&r2.bucket, key, &[(MARK, &mark)]).await
    });
    let id = started.await.map_err(|thrown| thrown.of(key))?;
    Ok(UploadId(format!("{id}\n{mark}\n{key}")))
}

/// Sends a part. Its receipt is its number and its tag.
pub(super) async fn part(
    r2: &R2,
    upload: &UploadId,
    number: u32,
    bytes: Vec<u8>,
) -> Result<PartId, StoreError> {
    let Upload { id, key, .. } = Upload::of(upload)?;
    let copied = Uint8Array::from(bytes.as_slice());
    drop(bytes);
    let sent = persist(async || {
        let _call = r2.call().await;
        raw::upload_part(&r2.bucket, key, id, number, &copied).await
    });
    let tag = sent.await.map_err(|thrown| thrown.of(key))?;
    Ok(PartId(format!("{number} {tag}")))
}

/// Makes the parts the value, if the key is as expected.
pub(super) async fn finish(
    r2: &R2,
    upload: &UploadId,
    parts: &[PartId],
    expected: &Expected,
) -> Result<Version, StoreError> {
    let spent = Upload::of(upload)?;
    let outcome = if parts.is_empty() {
        write::put(r2, spent.key, Vec::new(), expected).await
    } else {
        complete(r2, &spent, parts, expected).await
    };
    // An upload that did not come to its end would be kept, and paid for.
    if outcome.is_err() || parts.is_empty() {
        let _ = abort(r2, upload).await;
    }
    outcome
}

/// Throws an upload and its parts away.
pub(super) async fn abort(r2: &R2, upload: &UploadId) -> Result<(), StoreError> {
    let Upload { id, key, .. } = Upload::of(upload)?;
    let aborted = persist(async || {
        let _call = r2.call().await;
        raw::abort(&r2.bucket, key, id).await
    });
    match aborted.await {
        Err(thrown) if !thrown.is_no_upload() => Err(thrown.of(key)),
        _ => Ok(()),
    }
}

/// R2 takes no condition here: a tombstone claims a key that must be absent, and is written over. `Is` is
/// looked at before, which leaves a moment for another writer; the core never asks for it.
async fn complete(
    r2: &R2,
    upload: &Upload<'_>,
    parts: &[PartId],
    expected: &Expected,
) -> Result<Version, StoreError> {
    let key = upload.key;
    let claim = match expected {
        Expected::Any => None,
        Expected::Absent | Expected::AbsentBeside { .. } => Some(tombstone::claim(r2, key).await?),
        Expected::Is(version) => match read::head(r2, key).await? {
            Some(head) if head.version == *version && !head.is_gone => None,
            _ => return Err(conflict(key)),
        },
    };
    let receipts: Option<Vec<(u32, &str)>> = parts.iter().map(receipt).collect();
    let receipts = receipts.ok_or_else(|| failed(key, "a part's receipt is not whole"))?;
    let mut tries = 0;
    loop {
        tries += 1;
        let completed = {
            let _call = r2.call().await;
            if claim.as_ref().is_some_and(|claim| !claim.is_fresh()) {
                let reason = "the store was too slow: try again".to_owned();
                return Err(StoreError::Unavailable { key: key.to_owned(), reason });
            }
            raw::complete(&r2.bucket, key, upload.id, &receipts).await
        };
        let thrown = match completed {
            Ok(tag) => return Ok(Version(tag)),
            Err(thrown) => thrown,
        };
        // An answer that was lost: the value is there, and the upload is not any more.
        if let Some(version) = write::own(r2, key, upload.mark).await? {
            return Ok(version);
        }
        if thrown.is_passing() && tries < write::TRIES {
            pause(write::FIRST_PAUSE_MS << (tries - 1)).await;
            continue;
        }
        // Unless it was refused the value may yet come: what claimed its place must stay.
        if let Some(claim) = claim.filter(|_| !thrown.is_passing() && tries == 1) {
            claim.release(r2).await;
        }
        return Err(thrown.of(key));
    }
}

fn receipt(part: &PartId) -> Option<(u32, &str)> {
    let (number, tag) = part.0.split_once(' ')?;
    Some((number.parse().ok()?, tag))
}
