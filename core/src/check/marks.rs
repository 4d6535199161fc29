//! The list of what a clean took for rubbish, kept in the store from one clean to the next.

use crate::{
    repository::Layout,
    store::{Expected, Store, StoreError, Version},
};
use alloc::{
    borrow::ToOwned,
    collections::BTreeMap,
    format,
    string::{String, ToString},
};

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
/// Stored as lines of the time in seconds since 1970, a space, and the key without the repository's
/// part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    since_s: BTreeMap<String, u64>,
    version: Option<Version>,
}

impl Marks {
    /// Reads the list; it is empty where there is none. What is no line of it does not count.
    pub(crate) async fn read<S: Store>(store: &S, layout: &Layout) -> Result<Self, StoreError> {
        let Some(value) = store.get(&layout.unreachable(), None).await? else {
            return Ok(Self::default());
        };
        let text = String::from_utf8_lossy(&value.bytes);
        let since_s = text.lines().filter_map(|line| {
            let (since_s, key) = line.split_once(' ')?;
            Some((format!("{}{key}", layout.root()), since_s.parse().ok()?))
        });
        Ok(Self { since_s: since_s.collect(), version: Some(value.version) })
    }

    /// Whether the key is in the list.
    fn names(&self, key: &str) -> bool {
        self.since_s.contains_key(key)
    }

    /// Since when the key is in the list, in seconds since 1970.
    pub(crate) fn since_s(&self, key: &str) -> Option<u64> {
        self.since_s.get(key).copied()
    }

    /// Replaces the list by one of these keys. Those that were in it keep their time; the others
    /// get `now_s`.
    ///
    /// # Errors
    /// `Conflict`: another clean replaced it meanwhile.
    pub(crate) async fn replace<'k, S: Store>(
        &mut self,
        store: &S,
        layout: &Layout,
        keys: impl Iterator<Item = &'k str>,
        now_s: u64,
    ) -> Result<(), StoreError> {
        let since_s: BTreeMap<String, u64> = keys
            .map(|key| (key.to_owned(), self.since_s(key).unwrap_or(now_s).min(now_s)))
            .collect();
        if since_s == self.since_s {
            return Ok(());
        }
        let expected = self.version.take().map_or(Expected::Absent, Expected::Is);
        let key = layout.unreachable();
        if since_s.is_empty() {
            store.delete(&key, expected).await?;
        } else {
            let mut text = String::new();
            for (key, since_s) in &since_s {
                let key = key.strip_prefix(layout.root()).unwrap_or(key);
                text.push_str(&since_s.to_string());
                text.push(' ');
                text.push_str(key);
                text.push('\n');
            }
            self.version = Some(store.put(&key, text.into_bytes(), expected).await?);
        }
        self.since_s = since_s;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        store::Memory,
        testing::{block_on, repo_name},
    };

    #[test]
    fn the_first_time_is_kept() {
        let store = Memory::new();
        let layout = Layout::new(&repo_name());
        let (a, b) = (layout.pack("a"), layout.pack("b"));
        block_on(async {
            let mut marks = Marks::read(&store, &layout).await.unwrap();
            assert!(!marks.names(&a));
            marks.replace(&store, &layout, [a.as_str()].into_iter(), 5).await.unwrap();
            let mut marks = Marks::read(&store, &layout).await.unwrap();
            let both = [a.as_str(), b.as_str()];
            marks.replace(&store, &layout, both.into_iter(), 9).await.unwrap();
            let mut marks = Marks::read(&store, &layout).await.unwrap();
            assert_eq!((marks.since_s(&a), marks.since_s(&b)), (Some(5), Some(9)));
            let mut stale = marks.clone();
            marks.replace(&store, &layout, core::iter::empty(), 10).await.unwrap();
            assert!(store.get(&layout.unreachable(), None).await.unwrap().is_none());
            let outcome = stale.replace(&store, &layout, [b.as_str()].into_iter(), 11).await;
            assert!(matches!(outcome, Err(StoreError::Conflict { .. })), "{outcome:?}");
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
            assert_eq!(marks.since_s.len(), 1);
            let key = format!("{}objects/pack/b", layout.root());
            assert_eq!(marks.since_s(&key), Some(7));
        });
    }
}
