//! Removing a value on a condition where the server knows no such request.
//!
//! A tombstone takes the value's place by compare-and-swap, which every server that is usable has.
//! From then on the key counts as absent. Then the tombstone is removed by a plain request. A new value must
//! not be caught by that request, so nothing is created on a tombstone that a remover may still be
//! about to remove: creators wait until it is gone.
//!
//! A remover that dies leaves its tombstone behind, and a remover that sleeps may wake up late. But its
//! request was signed before the tombstone was written, and a server refuses a signature that is older
//! than 15 minutes. So a tombstone that is older, by the server's own clock, is replaced by
//! compare-and-swap, which no other creator can win too.

use super::Bucket;
use crate::store::object::{
    call::Call,
    dialect::{Contest, Dialect, new_mark},
    failure, write,
};
use http::{HeaderValue, Method};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use trunks_core::store::{Expected, StoreError, Version};

/// Marks a tombstone, so that reading one needs no second request.
pub(super) const HEADER: &str = "x-amz-meta-trunks-deleted";
/// A tombstone's length: of the values of this length, listings look which are tombstones.
pub(super) const BYTES: u64 = 55;

/// After this no request that was signed before the tombstone was written is heeded any more:
/// 15 minutes, and one for the rounding of times.
const SETTLED_S: u64 = 16 * 60;
/// How long a creator waits for a remover that lives, if its call has so much time.
const PATIENCE: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// A key that is held by a tombstone of ours, and the request that gives it up.
#[derive(Debug)]
pub(super) struct Claim<'k> {
    removal: Call<'k>,
}

/// Removes the value at `key` if it has this version.
pub(super) async fn delete_if(
    bucket: &Bucket,
    key: &str,
    version: &Version,
) -> Result<(), StoreError> {
    let claim = bury(bucket, key, &Expected::Is(version.clone())).await?;
    let reply = bucket.wire().send(&claim.removal).await?;
    if reply.status.is_success() || failure::is_absent(&reply) {
        return Ok(());
    }
    Err(write::refused(bucket, key, &reply))
}

/// Holds a key that is absent, for a value that is about to come.
pub(super) async fn claim<'k>(bucket: &Bucket, key: &'k str) -> Result<Claim<'k>, StoreError> {
    bury(bucket, key, &Expected::Absent).await
}

impl Claim<'_> {
    /// Gives the key up. What goes wrong leaves a tombstone, which counts as absent.
    pub async fn release(self, bucket: &Bucket) {
        let _ = bucket.wire().send(&self.removal).await;
    }
}

/// Puts a tombstone in the place of what is expected. The request that removes it is signed before.
async fn bury<'k>(
    bucket: &Bucket,
    key: &'k str,
    expected: &Expected,
) -> Result<Claim<'k>, StoreError> {
    let mut removal = Call::new(Method::DELETE, key);
    bucket.wire().sign(&mut removal).await?;
    let mut burial = Call::new(Method::PUT, key);
    burial.headers.insert(HEADER, HeaderValue::from_static("1"));
    let nonce = new_mark();
    burial.body = format!("trunks: being deleted {nonce}\n").into();
    debug_assert_eq!(burial.body.len() as u64, BYTES);
    write::send_marked(bucket, burial, expected, &nonce).await?;
    Ok(Claim { removal })
}

/// A creation was refused: a tombstone that is about to go is waited for.
pub(super) async fn contest(bucket: &Bucket, key: &str) -> Result<Contest, StoreError> {
    let started = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let Some(head) = write::head(bucket, key).await? else { return Ok(Contest::Again) };
        if !head.is_gone {
            return Ok(Contest::Lost);
        }
        let age_s = head.age_s.unwrap_or(0);
        if age_s >= SETTLED_S {
            return Ok(Contest::Replace(head.version));
        }
        if started.elapsed() >= PATIENCE.min(bucket.wire().timeout()) {
            let left_min = (SETTLED_S - age_s).div_ceil(60);
            let reason = format!("its deletion was broken off: try again in {left_min} min");
            return Err(failure::unavailable(key, reason));
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
