//! Removing a value on a condition, which R2 cannot do by itself.
//!
//! A tombstone takes the value's place by compare-and-swap. From then on the key counts as absent. Then the
//! tombstone is removed by a plain delete. A new value must not be caught by that delete, so nothing is
//! created on a tombstone that a remover may still be about to remove: creators wait until it is gone.
//!
//! A remover that dies leaves its tombstone behind; one that is older than [`SETTLED_MS`] is replaced by
//! compare-and-swap. So a remover that took longer than [`REMOVAL_MS`] to place its tombstone does not remove
//! it any more. The form is that of the S3 store, and `docs/adr/0011-deletes-by-tombstone.md` has the reasons.

use super::{
    R2,
    failure::{conflict, pause},
    raw, read, write,
};
use js_sys::Uint8Array;
use trunks_core::store::{Expected, StoreError, Version};
use worker::Date;

/// The metadata that marks a tombstone.
pub(super) const METADATA: &str = "trunks-deleted";
/// A tombstone's length: of the values of this length, the listings of the S3 store look which are tombstones.
const BYTES: usize = 55;

/// A tombstone that is older belongs to whoever wants the key.
const SETTLED_MS: u64 = 16 * 60 * 1000;
/// A remover removes its tombstone within this time after it began, or not at all.
const REMOVAL_MS: u64 = 60 * 1000;
/// How long a creator waits for a remover that lives.
const PATIENCE_MS: u64 = 10_000;
const FIRST_PAUSE_MS: u64 = 20;
const LONGEST_PAUSE_MS: u64 = 500;

/// What to do after a creation was refused.
#[derive(Debug)]
pub(super) enum Contest {
    /// There is a value.
    Lost,
    /// There is nothing any more.
    Again,
    /// There is a tombstone that nobody will remove.
    Replace(Version),
}

/// A key that is held by a tombstone of ours.
#[derive(Debug)]
pub(super) struct Claim<'k> {
    key: &'k str,
    began_ms: u64,
}

/// Removes the value at `key` if it has this version.
pub(super) async fn delete_if(r2: &R2, key: &str, version: &Version) -> Result<(), StoreError> {
    let claim = bury(r2, key, &Expected::Is(version.clone())).await?;
    // What goes wrong now leaves a tombstone: the value is gone all the same.
    claim.release(r2).await;
    Ok(())
}

/// Holds a key that is absent, for a value that is about to come.
pub(super) async fn claim<'k>(r2: &R2, key: &'k str) -> Result<Claim<'k>, StoreError> {
    bury(r2, key, &Expected::Absent).await
}

impl Claim<'_> {
    /// Gives the key up. What goes wrong leaves a tombstone, which counts as absent.
    pub async fn release(self, r2: &R2) {
        if self.is_fresh() {
            let _call = r2.call().await;
            if self.is_fresh() {
                // Not tried again: the key may be somebody else's by then.
                let _ = raw::delete(&r2.bucket, self.key).await;
            }
        }
    }

    /// Whether nobody can have taken the key over.
    pub fn is_fresh(&self) -> bool {
        Date::now().as_millis().saturating_sub(self.began_ms) < REMOVAL_MS
    }
}

/// A creation was refused: a tombstone that is about to go is waited for.
pub(super) async fn contest(r2: &R2, key: &str) -> Result<Contest, StoreError> {
    let started_ms = Date::now().as_millis();
    let mut pause_ms = FIRST_PAUSE_MS;
    loop {
        let Some(head) = read::head(r2, key).await? else { return Ok(Contest::Again) };
        if !head.is_gone {
            return Ok(Contest::Lost);
        }
        let now_ms = Date::now().as_millis();
        let age_ms = now_ms.saturating_sub(head.written_ms);
        if age_ms >= SETTLED_MS {
            return Ok(Contest::Replace(head.version));
        }
        if now_ms.saturating_sub(started_ms) >= PATIENCE_MS {
            let left_min = (SETTLED_MS - age_ms).div_ceil(60_000);
            let reason = format!("its deletion was broken off: try again in {left_min} min");
            return Err(StoreError::Unavailable { key: key.to_owned(), reason });
        }
        pause(pause_ms).await;
        pause_ms = (pause_ms * 2).min(LONGEST_PAUSE_MS);
    }
}

/// Puts a tombstone in the place of what is expected.
async fn bury<'k>(r2: &R2, key: &'k str, expected: &Expected) -> Result<Claim<'k>, StoreError> {
    let began_ms = Date::now().as_millis();
    let mark = write::new_mark(key)?;
    // The mark makes it differ from every other, so that it is not taken for one.
    let text = format!("{:<1$}\n", format!("trunks: being deleted {mark}"), BYTES - 1);
    let bytes = Uint8Array::from(text.as_bytes());
    let metadata = [(METADATA, "1"), (write::MARK, mark.as_str())];
    match write::put_marked(r2, key, &bytes, expected, &metadata, &mark).await {
        Ok(_) => Ok(Claim { key, began_ms }),
        Err(StoreError::Conflict { .. }) => Err(conflict(key)),
        Err(error) => Err(error),
    }
}
