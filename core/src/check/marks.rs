//! The list of what a clean took for rubbish, kept in the store from one clean to the next.

use crate::{
    repository::Layout,
    sorted::{BTreeMap, BTreeSet},
    store::{Expected, Store, StoreError, Version},
};
use alloc::{borrow::ToOwned, format, string::String};

/// Whether a clean may remove one of `keys`, or has done so.
///
/// To be asked by who found them stored already and is about to let a ref lead to what they hold.
/// See [`super`] for why the answer holds for as long as a grace period.
///
/// # Errors
/// The store failed.
pub async fn is_doomed<S: Store>(
    store: &S,
    layout: &Layout,
    keys: &[&str],
) -> Result<bool, StoreError> {
    let marks = Marks::read(store, layout).await?;
    if keys.iter().any(|key| marks.names(key)) {
        return Ok(true);
    }
    // In this order: a clean removes what the list names before the list forgets it.
    for key in keys {
        if store.get(key, Some(0..0)).await?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Keys that nothing reached, and since when.
///
/// Stored as lines of a time in seconds since 1970, a space, and the key without the repository's part
/// of it. A key that was found reached after all stays in the list for a grace period, with
/// [`REACHED`] before it: another clean, whose lease is over, may have looked before and remove it still.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    marks: BTreeMap<String, Mark>,
    version: Option<Version>,
}

/// Stands before a key that was found reached again.
const REACHED: &str = "reached:";

/// What is known of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// Nothing has reached it since this time.
    Unreached(u64),
    /// It was found reached again at this time.
    Reached(u64),
}

/// Whether the times in the list count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    /// They do.
    Kept,
    /// All begin anew: another clean may be about to remove what is in the list, so that nobody may
    /// store it again under its name before a grace period is over.
    Anew,
}

/// What a clean has seen, for a list to be brought up to date by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'s> {
    /// The keys that nothing reaches.
    pub(super) rubbish: &'s BTreeSet<&'s str>,
    /// All keys that are there.
    pub(super) present: &'s BTreeSet<&'s str>,
    /// Whether the times in the list still count.
    pub(super) times: Times,
    /// The time, in seconds since 1970.
    pub(super) now_s: u64,
    /// How long a key stays in the list that was found reached again, in seconds.
    pub(super) grace_s: u64,
}

impl Marks {
    /// Reads the list; it is empty where there is none. What is no line of it does not count.
    pub(super) async fn read<S: Store>(store: &S, layout: &Layout) -> Result<Self, StoreError> {
        let Some(value) = store.get(&layout.unreachable(), None).await? else {
            return Ok(Self::default());
        };
        let text = String::from_utf8_lossy(&value.bytes);
        let marks = text.lines().filter_map(|line| {
            let (time_s, key) = line.split_once(' ')?;
            let time_s = time_s.parse().ok()?;
            let (mark, key) = match key.strip_prefix(REACHED) {
                Some(key) => (Mark::Reached(time_s), key),
                None => (Mark::Unreached(time_s), key),
            };
            Some((format!("{}{key}", layout.root()), mark))
        });
        Ok(Self { marks: marks.collect(), version: Some(value.version) })
    }

    /// Whether the key is in the list.
    fn names(&self, key: &str) -> bool {
        self.marks.contains_key(key)
    }

    /// Since when nothing reaches the key, in seconds since 1970, if it is in the list as such.
    pub(super) fn since_s(&self, key: &str) -> Option<u64> {
        match self.marks.get(key)? {
            Mark::Unreached(since_s) => Some(*since_s),
            Mark::Reached(_) => None,
        }
    }

    /// Brings the list up to date. What is in it as unreached keeps its time.
    ///
    /// # Errors
    /// `Conflict`: another clean replaced it meanwhile.
    pub(super) async fn replace<S: Store>(
        &mut self,
        store: &S,
        layout: &Layout,
        seen: Seen<'_>,
    ) -> Result<(), StoreError> {
        let marks = self.after(seen);
        if marks == self.marks {
            return Ok(());
        }
        let expected = self.version.take().map_or(Expected::Absent, Expected::Is);
        let key = layout.unreachable();
        if marks.is_empty() {
            store.delete(&key, expected).await?;
        } else {
            let mut text = String::new();
            for (key, mark) in &marks {
                let key = key.strip_prefix(layout.root()).unwrap_or(key);
                text += &match mark {
                    Mark::Unreached(time_s) => format!("{time_s} {key}\n"),
                    Mark::Reached(time_s) => format!("{time_s} {REACHED}{key}\n"),
                };
            }
            self.version = Some(store.put(&key, text.into_bytes(), expected).await?);
        }
        self.marks = marks;
        Ok(())
    }

    /// The list as it is to be.
    fn after(&self, seen: Seen<'_>) -> BTreeMap<String, Mark> {
        let Seen { rubbish, present, times, now_s, grace_s } = seen;
        let since = |key: &&str| match times {
            Times::Kept => Mark::Unreached(self.since_s(key).unwrap_or(now_s).min(now_s)),
            Times::Anew => Mark::Unreached(now_s),
        };
        let unreached = rubbish.iter().map(|key| ((*key).to_owned(), since(key)));
        let reached = self.marks.iter().filter_map(|(key, mark)| {
            let since_s = match mark {
                Mark::Unreached(_) => now_s,
                Mark::Reached(since_s) if times == Times::Kept => (*since_s).min(now_s),
                Mark::Reached(_) => now_s,
            };
            let is_over = since_s.saturating_add(grace_s) <= now_s;
            let is_kept = present.contains(key.as_str()) && !is_over;
            is_kept.then(|| (key.clone(), Mark::Reached(since_s)))
        });
        reached.chain(unreached).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        store::Memory,
        testing::{block_on, repo_name},
    };

    /// When all times begin anew.
    const ANEW_S: u64 = 77;

    #[test]
    fn times_begin_anew_where_another_clean_may_be_at_work() {
        let store = Memory::new();
        let layout = Layout::new(&repo_name());
        let (a, b) = (layout.pack("a"), layout.pack("b"));
        block_on(async {
            let mut marks = Marks::default();
            replace(&mut marks, &store, &[&a, &b], 60).await.unwrap();
            replace(&mut marks, &store, &[&a], 70).await.unwrap();
            replace(&mut marks, &store, &[&a], ANEW_S).await.unwrap();
            assert_eq!(marks.since_s(&a), Some(ANEW_S));
            replace(&mut marks, &store, &[&a], 86).await.unwrap();
            assert!(marks.names(&b));
            replace(&mut marks, &store, &[&a], 87).await.unwrap();
            assert!(!marks.names(&b));
        });
    }

    /// Brings the list up to date when these keys are rubbish, and `a` and `b` there.
    async fn replace(
        marks: &mut Marks,
        store: &Memory,
        rubbish: &[&str],
        now_s: u64,
    ) -> Result<(), StoreError> {
        let layout = Layout::new(&repo_name());
        let (a, b) = (layout.pack("a"), layout.pack("b"));
        let rubbish = rubbish.iter().copied().collect();
        let present = [a.as_str(), b.as_str()].into_iter().collect();
        let times = if now_s == ANEW_S { Times::Anew } else { Times::Kept };
        let seen = Seen { rubbish: &rubbish, present: &present, times, now_s, grace_s: 10 };
        marks.replace(store, &layout, seen).await
    }

    #[test]
    fn the_first_time_is_kept() {
        let store = Memory::new();
        let layout = Layout::new(&repo_name());
        let (a, b, gone) = (layout.pack("a"), layout.pack("b"), layout.pack("gone"));
        block_on(async {
            let mut marks = Marks::read(&store, &layout).await.unwrap();
            assert!(!marks.names(&a));
            replace(&mut marks, &store, &[&a, &gone], 5).await.unwrap();
            let mut marks = Marks::read(&store, &layout).await.unwrap();
            replace(&mut marks, &store, &[&a, &b], 9).await.unwrap();
            let mut marks = Marks::read(&store, &layout).await.unwrap();
            assert_eq!((marks.since_s(&a), marks.since_s(&b)), (Some(5), Some(9)));
            assert!(!marks.names(&gone));
            let mut stale = marks.clone();
            replace(&mut marks, &store, &[&a], 10).await.unwrap();
            let outcome = replace(&mut stale, &store, &[], 11).await;
            assert!(matches!(outcome, Err(StoreError::Conflict { .. })), "{outcome:?}");
        });
    }

    #[test]
    fn what_is_reached_again_is_forgotten_after_a_grace_period() {
        let store = Memory::new();
        let layout = Layout::new(&repo_name());
        let (a, b) = (layout.pack("a"), layout.pack("b"));
        block_on(async {
            let mut marks = Marks::default();
            replace(&mut marks, &store, &[&a, &b], 5).await.unwrap();
            replace(&mut marks, &store, &[], 20).await.unwrap();
            assert!(is_doomed(&store, &layout, &[&a]).await.unwrap());
            assert_eq!(marks.since_s(&a), None);
            let mut marks = Marks::read(&store, &layout).await.unwrap();
            replace(&mut marks, &store, &[&b], 29).await.unwrap();
            assert_eq!(marks.since_s(&b), Some(29), "its time begins again");
            replace(&mut marks, &store, &[&b], 30).await.unwrap();
            assert!(!Marks::read(&store, &layout).await.unwrap().names(&a));
            replace(&mut marks, &store, &[], 40).await.unwrap();
            replace(&mut marks, &store, &[], 50).await.unwrap();
            assert!(store.get(&layout.unreachable(), None).await.unwrap().is_none());
        });
    }

    #[test]
    fn what_is_not_understood_does_not_count() {
        let store = Memory::new();
        let layout = Layout::new(&repo_name());
        let text = b"x objects/pack/a\n\n7 objects/pack/b\n".to_vec();
        block_on(async {
            store.put(&layout.unreachable(), text, Expected::Any).await.unwrap();
            let marks = Marks::read(&store, &layout).await.unwrap();
            assert_eq!(marks.marks.len(), 1);
            let key = format!("{}objects/pack/b", layout.root());
            assert_eq!(marks.since_s(&key), Some(7));
        });
    }
}
