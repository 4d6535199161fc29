//! The right to clean a repository, which one holds at a time.
//!
//! It is a key that names its owner and when it is over, made and taken over by compare-and-swap. The core
//! has no clock: who holds it asks before each step that removes something whether nobody has taken it
//! over.

use super::CheckError;
use crate::{
    repository::Layout,
    store::{Expected, Store, StoreError, Version},
};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
};

/// For how long it is held unless it is given back, in seconds.
const HELD_S: u64 = 60 * 60;

/// How often it is tried again while others take it and give it back.
const ATTEMPTS: usize = 16;

/// A lease that was taken. To be given back by [`Lease::release`].
#[derive(Debug)]
pub(super) struct Lease<'l, S> {
    store: &'l S,
    key: String,
    version: Version,
    /// How it was come by.
    pub(super) from: From,
}

/// How a lease was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// Nobody held it.
    Nobody,
    /// One held it who never gave it back, and may be at work still.
    Another,
}

impl<'l, S: Store> Lease<'l, S> {
    /// Takes it for `owner`, at the time `now_s`.
    ///
    /// # Errors
    /// `Busy`: another one holds it.
    pub(super) async fn take(
        store: &'l S,
        layout: &Layout,
        owner: &str,
        now_s: u64,
    ) -> Result<Self, CheckError> {
        let key = layout.lease();
        let until_s = now_s.saturating_add(HELD_S);
        let bytes = format!("{until_s} {}\n", owner.replace('\n', " ")).into_bytes();
        let mut last = StoreError::Conflict { key: key.clone() };
        for _ in 0..ATTEMPTS {
            let (expected, from) = match store.get(&key, None).await? {
                None => (Expected::Absent, From::Nobody),
                // The answer to the last attempt was lost.
                Some(value)
                    if value.bytes == bytes && matches!(last, StoreError::Unavailable { .. }) =>
                {
                    return Ok(Self { store, key, version: value.version, from: From::Another });
                }
                Some(value) => match parse(&value.bytes) {
                    Some((until_s, owner)) if until_s > now_s => {
                        return Err(CheckError::Busy { owner, until: moment(until_s), key });
                    }
                    _ => (Expected::Is(value.version), From::Another),
                },
            };
            match store.put(&key, bytes.clone(), expected).await {
                Ok(version) => return Ok(Self { store, key, version, from }),
                Err(error @ (StoreError::Conflict { .. } | StoreError::Unavailable { .. })) => {
                    last = error;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.into())
    }

    /// Demands that nobody has taken it over.
    ///
    /// # Errors
    /// `Overtaken`
    pub(super) async fn demand(&self) -> Result<(), CheckError> {
        let value = self.store.get(&self.key, None).await?;
        if value.as_ref().is_some_and(|value| value.version == self.version) {
            return Ok(());
        }
        let owner = value.and_then(|value| parse(&value.bytes)).map(|(_, owner)| owner);
        let owner = owner.unwrap_or_else(|| "someone who has finished already".to_owned());
        Err(CheckError::Overtaken { owner })
    }

    /// Gives it back. Where that fails, it ends by itself.
    pub(super) async fn release(self) {
        let _ = self.store.delete(&self.key, Expected::Is(self.version)).await;
    }
}

/// When it is over, in seconds since 1970, and who holds it; `None` where it is not one.
fn parse(bytes: &[u8]) -> Option<(u64, String)> {
    let text = core::str::from_utf8(bytes).ok()?;
    let (until_s, owner) = text.trim_end().split_once(' ')?;
    Some((until_s.parse().ok()?, owner.to_string()))
}

/// A time in seconds since 1970 as ISO 8601 has it, in UTC.
fn moment(time_s: u64) -> String {
    // Days are counted from 1 March of the year 0, so that a leap day is the last of its year.
    const DAYS_BEFORE_1970: u64 = 719_468;
    let (days, second) = (time_s / 86_400 + DAYS_BEFORE_1970, time_s % 86_400);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year + later;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        store::Memory,
        testing::{Interrupted, Moment, Request, block_on, repo_name, unavailable},
    };

    fn take<S: Store>(store: &S, owner: &str, now_s: u64) -> Result<Version, String> {
        let lease = block_on(Lease::take(store, &Layout::new(&repo_name()), owner, now_s));
        lease.map(|lease| lease.version).map_err(|error| error.to_string())
    }

    #[test]
    fn one_holds_it_at_a_time() {
        let store = Memory::new();
        let layout = Layout::new(&repo_name());
        let first = block_on(Lease::take(&store, &layout, "ada on one", 1_000_000_000)).unwrap();
        let told = take(&store, "grace", 1_000_000_001).unwrap_err();
        for words in ["ada on one", "2001-09-09T02:46:40Z", "journals/maintenance"] {
            assert!(told.contains(words), "{told}");
        }
        block_on(first.demand()).unwrap();
        block_on(first.release());
        take(&store, "grace", 1_000_000_001).unwrap();
    }

    #[test]
    fn it_ends_and_who_held_it_is_told() {
        let store = Memory::new();
        let layout = Layout::new(&repo_name());
        let first = block_on(Lease::take(&store, &layout, "ada", 5)).unwrap();
        take(&store, "grace", 5 + HELD_S).unwrap();
        let told = block_on(first.demand()).unwrap_err().to_string();
        assert!(told.contains("grace"), "{told}");
        block_on(first.release());
        assert!(take(&store, "ada", 6 + HELD_S).unwrap_err().contains("grace"));
        block_on(store.put(&layout.lease(), b"nonsense".to_vec(), Expected::Any)).unwrap();
        take(&store, "ada", 5).unwrap();
    }

    #[test]
    fn a_lost_answer_is_not_taken_for_another_owner() {
        let is_lost = core::cell::Cell::new(true);
        let store = Interrupted::new(Memory::new(), |_: &Memory, moment, request: Request<'_>| {
            match (moment, request) {
                (Moment::After, Request::Put(key)) if is_lost.take() => Err(unavailable(key)),
                _ => Ok(()),
            }
        });
        take(&store, "ada", 5).unwrap();
        assert!(take(&store, "grace", 5).unwrap_err().contains("ada"));
    }

    #[test]
    fn times_are_told_as_others_tell_them() {
        for (time_s, told) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_700_000_000, "2023-11-14T22:13:20Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(moment(time_s), told);
        }
    }
}
