//! What R2's errors mean, and trying again.

use std::time::Duration;
use trunks_core::store::StoreError;
use worker::Delay;

/// Pauses before each further try, in milliseconds.
const PAUSES_MS: [u64; 3] = [100, 400, 1600];

/// R2's numbers for what may go better the next time: one that workerd knows no number of, an internal error,
/// an outage, too many requests, too many writes of one key.
const PASSING: [u32; 5] = [UNSPECIFIED, 10001, 10043, 10054, 10058];
const UNSPECIFIED: u32 = 0;
/// A part that begins behind the end.
const NO_RANGE: u32 = 10039;
/// There is no such upload.
const NO_UPLOAD: u32 = 10024;

/// What a call threw.
#[derive(Clone, Debug)]
pub(super) struct Thrown {
    reason: String,
}

impl Thrown {
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }

    /// R2 writes its number in parentheses at the end.
    fn number(&self) -> Option<u32> {
        let (_, number) = self.reason.trim_end().strip_suffix(')')?.rsplit_once('(')?;
        number.parse().ok()
    }

    /// Whether another try may succeed. What has no number is a lost connection.
    pub fn is_passing(&self) -> bool {
        self.number().is_none_or(|number| PASSING.contains(&number))
    }

    /// Whether a part that begins behind the end may be the reason.
    pub fn may_be_of_range(&self) -> bool {
        matches!(self.number(), Some(NO_RANGE | UNSPECIFIED))
    }

    pub fn is_no_upload(&self) -> bool {
        self.number() == Some(NO_UPLOAD)
    }

    /// The error of the operation on `key`.
    pub fn of(&self, key: &str) -> StoreError {
        let (key, reason) = (key.to_owned(), self.reason.clone());
        match self.is_passing() {
            true => StoreError::Unavailable { key, reason },
            false => StoreError::Failed { key, reason },
        }
    }
}

/// Makes a call that does no harm when it is made twice until it succeeds, fails for good, or was tried
/// often enough.
pub(super) async fn persist<T>(
    mut call: impl AsyncFnMut() -> Result<T, Thrown>,
) -> Result<T, Thrown> {
    for pause_ms in PAUSES_MS {
        match call().await {
            Err(thrown) if thrown.is_passing() => pause(pause_ms).await,
            outcome => return outcome,
        }
    }
    call().await
}

pub(super) async fn pause(ms: u64) {
    Delay::from(Duration::from_millis(ms)).await;
}

pub(super) fn conflict(key: &str) -> StoreError {
    StoreError::Conflict { key: key.to_owned() }
}

pub(super) fn failed(key: &str, reason: impl Into<String>) -> StoreError {
    StoreError::Failed { key: key.to_owned(), reason: reason.into() }
}
