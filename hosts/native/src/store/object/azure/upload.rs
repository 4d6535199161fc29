//! Uploads in blocks.
//!
//! Azure knows no uploads, only the blocks of a blob that nothing names yet. A blob that is written
//! meanwhile loses those of all uploads, so an end that misses its blocks looks at the condition first.

use super::Container;
use crate::store::object::{
    call::Call,
    dialect::{Dialect, Upload, spent},
    failure, key as url, write,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::Method;
use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};
use trunks_core::store::{Expected, PartId, StoreError, Version};

/// Parts of a blob, at most.
const PARTS: u32 = 50_000;

/// The marks of uploads that were neither finished nor aborted.
#[derive(Debug, Default)]
pub(super) struct Uploads(Mutex<HashSet<String>>);

impl Uploads {
    /// Takes note of an upload, and returns its name.
    pub fn open(&self, mark: &str) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(mark.to_owned());
        mark.to_owned()
    }

    /// Forgets an upload; false if it was forgotten before.
    pub fn close(&self, upload: &Upload<'_>) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(upload.mark)
    }
}

/// Sends a block. Its receipt is its name, which has one length for all blocks of a blob.
pub(super) async fn part(
    container: &Container,
    upload: &Upload<'_>,
    number: u32,
    bytes: Vec<u8>,
) -> Result<PartId, StoreError> {
    if !(1..=PARTS).contains(&number) {
        let reason =
            format!("a blob has {PARTS} parts at most, so part {number} cannot be written");
        return Err(failure::failed(upload.key, reason));
    }
    let block = BASE64_STANDARD.encode(format!("{}-{number:06}", upload.mark));
    let query = url::query(&[("blockid", &block), ("comp", "block")]);
    let call = Call { query, body: bytes.into(), ..Call::new(Method::PUT, upload.key) };
    let reply = container.wire().send(&call).await?;
    if !reply.status.is_success() {
        return Err(write::refused(container, upload.key, &reply));
    }
    Ok(PartId(block))
}

/// Makes the blocks the value, if the key is as expected.
pub(super) async fn finish(
    container: &Container,
    upload: &Upload<'_>,
    parts: &[PartId],
    expected: &Expected,
) -> Result<Version, StoreError> {
    if !container.uploads.close(upload) {
        return Err(spent(upload));
    }
    let mut body = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
    for part in parts {
        body += "<Uncommitted>";
        body += &part.0;
        body += "</Uncommitted>";
    }
    body += "</BlockList>";
    let query = url::query(&[("comp", "blocklist")]);
    let call = Call { query, body: body.into(), ..Call::new(Method::PUT, upload.key) };
    match write::send_marked(container, call, expected, upload.mark).await {
        Err(StoreError::Failed { key, reason }) if reason.contains("InvalidBlockList") => {
            match settle(container, upload, expected).await? {
                Some(version) => Ok(version),
                None => Err(StoreError::Failed { key, reason }),
            }
        }
        outcome => outcome,
    }
}

/// The blocks are gone: another writer was first, or this upload's own end had taken effect.
async fn settle(
    container: &Container,
    upload: &Upload<'_>,
    expected: &Expected,
) -> Result<Option<Version>, StoreError> {
    let head = write::head(container, upload.key).await?;
    if let Some(head) = &head
        && head.mark == upload.mark
    {
        return Ok(Some(head.version.clone()));
    }
    let holds = match expected {
        Expected::Any => true,
        Expected::Absent | Expected::AbsentBeside { .. } => head.is_none(),
        Expected::Is(version) => head.is_some_and(|head| head.version == *version),
    };
    if holds { Ok(None) } else { Err(failure::conflict(upload.key)) }
}
