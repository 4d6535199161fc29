//! A set: a map of items to nothing.

use super::{BTreeMap, IntoIter, Iter};
use alloc::borrow::Borrow;
use core::{fmt, ops::RangeFrom};

/// A set, sorted.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct BTreeSet<T>(BTreeMap<T, ()>);

impl<T: Ord> BTreeSet<T> {
    pub(crate) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    pub(crate) fn contains<Q: Ord + ?Sized>(&self, item: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.0.contains_key(item)
    }

    /// Whether it was not there yet.
    pub(crate) fn insert(&mut self, item: T) -> bool {
        self.0.insert(item, ()).is_none()
    }

    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, item: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.0.remove(item).is_some()
    }

    /// The items that are at least `range.start`.
    pub(crate) fn range(&self, range: RangeFrom<T>) -> impl Iterator<Item = &T> {
        let (Ok((list, at)) | Err((list, at))) = self.0.find(&range.start);
        let mut lists = self.0.lists.get(list..).unwrap_or_default().iter();
        let first = lists.next().and_then(|list| list.get(at..)).unwrap_or_default();
        Iter { entries: first.iter(), lists }.map(|(item, ())| item)
    }
}

impl<T> BTreeSet<T> {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> ItemRefs<'_, T> {
        self.into_iter()
    }
}

impl<T> Default for BTreeSet<T> {
    fn default() -> Self {
        Self(BTreeMap::default())
    }
}

impl<T: fmt::Debug> fmt::Debug for BTreeSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl<T> IntoIterator for BTreeSet<T> {
    type Item = T;
    type IntoIter = Items<T>;

    fn into_iter(self) -> Items<T> {
        Items(self.0.into_iter())
    }
}

impl<'s, T> IntoIterator for &'s BTreeSet<T> {
    type Item = &'s T;
    type IntoIter = ItemRefs<'s, T>;

    fn into_iter(self) -> ItemRefs<'s, T> {
        ItemRefs(self.0.iter())
    }
}

/// The items in order, given away.
pub(crate) struct Items<T>(IntoIter<T, ()>);

impl<T> Iterator for Items<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        Some(self.0.next()?.0)
    }
}

/// The items in order.
pub(crate) struct ItemRefs<'s, T>(Iter<'s, T, ()>);

impl<'s, T> Iterator for ItemRefs<'s, T> {
    type Item = &'s T;

    fn next(&mut self) -> Option<&'s T> {
        Some(self.0.next()?.0)
    }
}

impl<T: Ord> Extend<T> for BTreeSet<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        for item in items {
            self.insert(item);
        }
    }
}

impl<'i, T: Ord + Copy> Extend<&'i T> for BTreeSet<T> {
    fn extend<I: IntoIterator<Item = &'i T>>(&mut self, items: I) {
        self.extend(items.into_iter().copied());
    }
}

impl<T: Ord> FromIterator<T> for BTreeSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut set = Self::new();
        set.extend(items);
        set
    }
}

impl<T: Ord, const N: usize> From<[T; N]> for BTreeSet<T> {
    fn from(items: [T; N]) -> Self {
        items.into_iter().collect()
    }
}
