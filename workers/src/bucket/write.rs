//! Conditional writes, until it is known what came of them.
//!
//! Each write puts a mark of its own beside the value. After an answer that was lost, the mark tells
//! whether the value is this write's: a condition that does not hold may be this write's own doing.

use super::{
    R2,
    failure::{Thrown, conflict, failed, pause, persist},
    raw::{self, Condition},
    read,
    tombstone::{self, Contest},
};
use crate::fetch::fill_randomly;
use js_sys::Uint8Array;
use std::fmt::Write;
use trunks_core::store::{Expected, StoreError, Version};

/// The metadata that holds the mark, as over R2's S3 interface.
pub(super) const MARK: &str = "trunks-write";

/// How often a write is tried, and the pause before the second try, which doubles.
pub(super) const TRIES: u32 = 4;
pub(super) const FIRST_PAUSE_MS: u64 = 200;

/// Writes a value whole.
pub(super) async fn put(
    r2: &R2,
    key: &str,
    bytes: Vec<u8>,
    expected: &Expected,
) -> Result<Version, StoreError> {
    let mark = new_mark(key)?;
    let copied = Uint8Array::from(bytes.as_slice());
    drop(bytes);
    put_marked(r2, key, &copied, expected, &[(MARK, &mark)], &mark).await
}

/// Puts a value that `metadata` marks, if the key is as expected.
pub(super) async fn put_marked(
    r2: &R2,
    key: &str,
    bytes: &Uint8Array,
    expected: &Expected,
    metadata: &[(&str, &str)],
    mark: &str,
) -> Result<Version, StoreError> {
    let mut condition = match expected {
        Expected::Any => Condition::None,
        Expected::Absent | Expected::AbsentBeside { .. } => Condition::Absent,
        Expected::Is(Version(tag)) => Condition::Tag(tag.clone()),
    };
    let mut is_unsure = false;
    let mut tries = 0;
    loop {
        tries += 1;
        let outcome = {
            let _call = r2.call().await;
            raw::put(&r2.bucket, key, bytes, &condition, metadata).await
        };
        match outcome {
            Ok(Some(tag)) => return Ok(Version(tag)),
            Ok(None) if is_unsure && let Some(version) = own(r2, key, mark).await? => {
                return Ok(version);
            }
            Ok(None) if matches!(expected, Expected::Is(_)) => return Err(conflict(key)),
            Ok(None) => match tombstone::contest(r2, key).await? {
                Contest::Lost => return Err(conflict(key)),
                Contest::Again => condition = Condition::Absent,
                Contest::Replace(Version(tag)) => condition = Condition::Tag(tag),
            },
            Err(thrown) if thrown.is_passing() && tries < TRIES => {
                is_unsure = true;
                pause(FIRST_PAUSE_MS << (tries - 1)).await;
            }
            Err(thrown) => return Err(thrown.of(key)),
        }
    }
}

/// Removes the value at `key`, if it is as expected.
pub(super) async fn delete(r2: &R2, key: &str, expected: &Expected) -> Result<(), StoreError> {
    match expected {
        Expected::Any => remove(r2, key).await.map_err(|thrown| thrown.of(key)),
        Expected::Is(version) => tombstone::delete_if(r2, key, version).await,
        Expected::Absent | Expected::AbsentBeside { .. } => match read::head(r2, key).await? {
            Some(head) if !head.is_gone => Err(conflict(key)),
            _ => Ok(()),
        },
    }
}

/// Removes whatever is at `key`.
pub(super) async fn remove(r2: &R2, key: &str) -> Result<(), Thrown> {
    persist(async || {
        let _call = r2.call().await;
        raw::delete(&r2.bucket, key).await
    })
    .await
}

/// The version of the value at `key`, if it is the one that this write has put there.
pub(super) async fn own(r2: &R2, key: &str, mark: &str) -> Result<Option<Version>, StoreError> {
    let head = read::head(r2, key).await?;
    Ok(head.filter(|head| head.mark == mark).map(|head| head.version))
}

/// A mark that no other write has.
pub(super) fn new_mark(key: &str) -> Result<String, StoreError> {
    let mut bytes = [0; 12];
    fill_randomly(&mut bytes).map_err(|_| failed(key, "there is no randomness"))?;
    let mut mark = String::new();
    for byte in bytes {
        write!(mark, "{byte:02x}").map_err(|_| failed(key, "a mark could not be made"))?;
    }
    Ok(mark)
}
