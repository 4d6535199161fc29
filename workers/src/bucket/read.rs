//! Reading values.

use super::{
    R2,
    failure::{Thrown, persist},
    raw::{self, Stored},
    tombstone,
    write::MARK,
};
use std::ops::Range;
use trunks_core::store::{StoreError, Value, Version};

/// Numbers beyond this are not exact in JavaScript.
const EXACT: u64 = 1 << 53;

/// What is known of a value without reading it.
#[derive(Debug)]
pub(super) struct Head {
    pub size_bytes: u64,
    pub version: Version,
    /// The write that it is of.
    pub mark: String,
    /// Whether it is being deleted, and counts as gone.
    pub is_gone: bool,
    /// When it was written, in milliseconds since 1970.
    pub written_ms: u64,
}

/// Reads a value, or a part of it.
pub(super) async fn value(
    r2: &R2,
    key: &str,
    range: Option<Range<u64>>,
) -> Result<Option<Value>, StoreError> {
    let part = match &range {
        None => None,
        Some(range) if range.start >= range.end || range.start >= EXACT => {
            return nothing_of(r2, key).await;
        }
        Some(Range { start, end }) if *end >= EXACT => Some((*start, None)),
        Some(Range { start, end }) => Some((*start, Some(end - start))),
    };
    let read = persist(async || match bytes(r2, key, part).await {
        // R2 has a number for a part behind the end, workerd alone has not: the length decides.
        Err(thrown) if thrown.may_be_of_range() && is_behind(r2, key, &range).await => Ok(None),
        outcome => outcome.map(Some),
    });
    match read.await.map_err(|thrown| thrown.of(key))? {
        Some(value) => Ok(value),
        None => nothing_of(r2, key).await,
    }
}

/// Asks for what is at `key`.
pub(super) async fn head(r2: &R2, key: &str) -> Result<Option<Head>, StoreError> {
    let stored = persist(async || {
        let _call = r2.call().await;
        raw::head(&r2.bucket, key).await
    });
    let known = |stored: Stored| {
        Ok(Head {
            size_bytes: stored.size_bytes(),
            version: Version(stored.tag()?),
            mark: stored.metadata(MARK).unwrap_or_default(),
            is_gone: is_tombstone(&stored),
            written_ms: stored.written_ms(),
        })
    };
    let head = stored.await.and_then(|stored| stored.map(known).transpose());
    head.map_err(|thrown: Thrown| thrown.of(key))
}

/// Whether a part begins behind the end of what is at `key`, or there is nothing any more.
async fn is_behind(r2: &R2, key: &str, range: &Option<Range<u64>>) -> bool {
    let Some(range) = range else { return false };
    let head = head(r2, key).await;
    head.is_ok_and(|head| head.is_none_or(|head| range.start >= head.size_bytes))
}

/// A part without bytes.
async fn nothing_of(r2: &R2, key: &str) -> Result<Option<Value>, StoreError> {
    let head = head(r2, key).await?.filter(|head| !head.is_gone);
    Ok(head.map(|Head { size_bytes, version, .. }| Value {
        bytes: Vec::new(),
        size_bytes,
        version,
    }))
}

async fn bytes(
    r2: &R2,
    key: &str,
    part: Option<(u64, Option<u64>)>,
) -> Result<Option<Value>, Thrown> {
    let _call = r2.call().await;
    let Some(stored) = raw::get(&r2.bucket, key, part).await? else { return Ok(None) };
    // Even what is not wanted is read: the call is under way until then.
    let bytes = stored.bytes().await?;
    if is_tombstone(&stored) {
        return Ok(None);
    }
    let (size_bytes, version) = (stored.size_bytes(), Version(stored.tag()?));
    Ok(Some(Value { bytes, size_bytes, version }))
}

/// Whether the value is being deleted.
pub(super) fn is_tombstone(stored: &Stored) -> bool {
    stored.metadata(tombstone::METADATA).is_some()
}
