//! Removing a value on a condition where the server knows no such request.
//!
//! A tombstone takes the value's place by compare-and-swap, which every server that is usable has.
//! From then on the key counts as absent. Then the tombstone is removed by a plain request. A new value must
//! not be caught by that request, so nothing is created on a tombstone that a remover may still be
//! about to remove: creators wait until it is gone.
//!
//! A remover that dies leaves its tombstone behind, and a remover that sleeps may wake up late. But its
//! request was signed before the tombstone was written, and a server refuses a signature that is older
//! than 15 minutes, by the date in it. The tombstone says when that will be. Once it is, by the server's
//! clock, the tombstone is replaced by compare-and-swap, which no other creator can win too.

use super::Bucket;
use crate::store::object::{
    call::Call,
    dialect::{Contest, Dialect, new_mark},
    failure, text, write,
};
use http::{HeaderMap, HeaderValue, Method};
use std::time::{Duration, UNIX_EPOCH};
use tokio::time::{Instant, sleep};
use trunks_core::store::{Expected, StoreError, Version};

/// Marks a tombstone, so that reading one needs no second request. Says from when on no request is heeded
/// that its owner may yet send: in seconds since 1970, by the clock that signed it.
pub(super) const HEADER: &str = "x-amz-meta-trunks-deleted";
/// A tombstone's length: of the values of this length, listings look which are tombstones.
pub(super) const BYTES: u64 = 55;

/// A server heeds no signature that is older, by the date in it.
///
/// # Source
/// Amazon S3 API, "Authenticating Requests (AWS Signature Version 4)"
const VALID_S: u64 = 15 * 60;
/// For clocks that count in seconds, and servers that are not that strict.
const MARGIN_S: u64 = 60;
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
    let now_s = UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
    burial.headers.insert(HEADER, HeaderValue::from(now_s + VALID_S));
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
        let left_s = left_s(&head.headers);
        if left_s == 0 {
            return Ok(Contest::Replace(head.version));
        }
        if started.elapsed() >= PATIENCE.min(bucket.wire().timeout()) {
            let left_min = left_s.div_ceil(60);
            let reason = format!("its deletion was broken off: try again in {left_min} min");
            return Err(failure::unavailable(key, reason));
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// How long a request of the owner of a tombstone may yet be heeded, as the answer about it says.
fn left_s(headers: &HeaderMap) -> u64 {
    let time = |name| text::header(headers, name).and_then(text::seconds);
    // A server that does not tell the time is one that nobody can wait for.
    let (Some(now_s), Some(written_s)) = (time("date"), time("last-modified")) else {
        return VALID_S + MARGIN_S;
    };
    // A clock that signs may be as much ahead of the server's as a signature may be old.
    let latest_s = written_s + 2 * VALID_S;
    let said_s = text::header(headers, HEADER).and_then(|said| said.parse().ok());
    let void_s = said_s.map_or(latest_s, |said_s: u64| said_s.min(latest_s));
    (void_s + MARGIN_S).saturating_sub(now_s)
}
