//! A map and a set with as much of the standard library's as is used here: this is the map.

mod set;

pub(crate) use set::BTreeSet;

use alloc::{borrow::Borrow, vec, vec::Vec};
use core::{cmp::Ordering, fmt, mem, slice};

/// Longest of the lists: half of it is moved by an insertion, which is still quick.
const LONGEST: usize = 256;

/// A map, sorted by its keys.
#[derive(Clone)]
pub(crate) struct BTreeMap<K, V> {
    /// None of them is empty, and every key is greater than all in the lists before.
    lists: Vec<Vec<(K, V)>>,
    count: usize,
}

/// Where a key is, or belongs: a list and a place in it.
type Place = (usize, usize);

impl<K: Ord, V> BTreeMap<K, V> {
    pub(crate) const fn new() -> Self {
        Self { lists: Vec::new(), count: 0 }
    }

    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let (list, at) = self.find(key).ok()?;
        Some(&self.lists.get(list)?.get(at)?.1)
    }

    pub(crate) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let place = self.find(key).ok()?;
        self.at(place)
    }

    pub(crate) fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.find(key).is_ok()
    }

    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(place) => self.at(place).map(|old| mem::replace(old, value)),
            Err(place) => {
                self.put(place, key, value);
                None
            }
        }
    }

    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        Some(self.remove_entry(key)?.1)
    }

    pub(crate) fn remove_entry<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<(K, V)>
    where
        K: Borrow<Q>,
    {
        let place = self.find(key).ok()?;
        self.take(place)
    }

    pub(crate) fn pop_last(&mut self) -> Option<(K, V)> {
        let list = self.lists.len().checked_sub(1)?;
        let at = self.lists.get(list)?.len().checked_sub(1)?;
        self.take((list, at))
    }

    pub(crate) fn entry(&mut self, key: K) -> Entry<'_, K, V> {
        let found = self.find(&key);
        Entry { map: self, key, found }
    }

    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Result<Place, Place>
    where
        K: Borrow<Q>,
    {
        find(&self.lists, |(other, _)| other.borrow().cmp(key))
    }

    fn at(&mut self, (list, at): Place) -> Option<&mut V> {
        Some(&mut self.lists.get_mut(list)?.get_mut(at)?.1)
    }

    fn put(&mut self, (list, at): Place, key: K, value: V) {
        self.count += 1;
        let Some(entries) = self.lists.get_mut(list) else {
            return self.lists.push(vec![(key, value)]);
        };
        entries.insert(at, (key, value));
        if entries.len() > LONGEST {
            // What is filled in order leaves full lists behind.
            let half = if at + 1 == entries.len() { at } else { LONGEST / 2 };
            let rest = entries.split_off(half);
            self.lists.insert(list + 1, rest);
        }
    }

    fn take(&mut self, (list, at): Place) -> Option<(K, V)> {
        let entries = self.lists.get_mut(list)?;
        let entry = entries.remove(at);
        if entries.is_empty() {
            self.lists.remove(list);
        }
        self.count -= 1;
        Some(entry)
    }
}

impl<K, V> BTreeMap<K, V> {
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn first_key_value(&self) -> Option<(&K, &V)> {
        self.iter().next()
    }

    pub(crate) fn iter(&self) -> Iter<'_, K, V> {
        Iter { entries: [].iter(), lists: self.lists.iter() }
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    pub(crate) fn into_keys(self) -> impl Iterator<Item = K> {
        self.into_iter().map(|(key, _)| key)
    }

    pub(crate) fn into_values(self) -> impl Iterator<Item = V> {
        self.into_iter().map(|(_, value)| value)
    }
}

/// The place where nothing that compares as less lies behind; `Ok`, if what lies there is equal.
fn find<T>(lists: &[Vec<T>], compare: impl Fn(&T) -> Ordering) -> Result<Place, Place> {
    let ends = |list: usize| lists.get(list).and_then(|list| list.last()).map(&compare);
    // Behind the end of all of them is the end of the last one.
    let list = search(lists.len().saturating_sub(1), &|list| ends(list) == Some(Ordering::Less));
    let Some(entries) = lists.get(list) else { return Err((0, 0)) };
    let order = |at: usize| entries.get(at).map(&compare);
    let at = search(entries.len(), &|at| order(at) == Some(Ordering::Less));
    if order(at) == Some(Ordering::Equal) { Ok((list, at)) } else { Err((list, at)) }
}

/// The first number below `count` that is not before what is looked for, or `count`.
#[inline(never)]
fn search(count: usize, is_before: &dyn Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low.midpoint(high);
        if is_before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

impl<K, V> Default for BTreeMap<K, V> {
    fn default() -> Self {
        Self { lists: Vec::new(), count: 0 }
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for BTreeMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count && self.iter().eq(other)
    }
}

impl<K: Eq, V: Eq> Eq for BTreeMap<K, V> {}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for BTreeMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// The place of one key.
pub(crate) struct Entry<'m, K, V> {
    map: &'m mut BTreeMap<K, V>,
    key: K,
    found: Result<Place, Place>,
}

impl<'m, K: Ord, V: Default> Entry<'m, K, V> {
    pub(crate) fn or_default(self) -> &'m mut V {
        let Self { map, key, found } = self;
        let place = match found {
            Ok(place) => place,
            Err((list, at)) => {
                map.put((list, at), key, V::default());
                // The list may just have been cut in two.
                match map.lists.get(list).map_or(0, Vec::len) {
                    length if at < length => (list, at),
                    length => (list + 1, at - length),
                }
            }
        };
        map.at(place).expect("it was put there")
    }
}

/// The entries in order.
pub(crate) struct Iter<'m, K, V> {
    entries: slice::Iter<'m, (K, V)>,
    lists: slice::Iter<'m, Vec<(K, V)>>,
}

impl<'m, K, V> Iterator for Iter<'m, K, V> {
    type Item = (&'m K, &'m V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = self.entries.next() {
                return Some((key, value));
            }
            self.entries = self.lists.next()?.iter();
        }
    }
}

/// The entries in order, given away.
pub(crate) struct IntoIter<K, V> {
    entries: vec::IntoIter<(K, V)>,
    lists: vec::IntoIter<Vec<(K, V)>>,
}

impl<K, V> Iterator for IntoIter<K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        loop {
            if let Some(entry) = self.entries.next() {
                return Some(entry);
            }
            self.entries = self.lists.next()?.into_iter();
        }
    }
}

impl<K, V> IntoIterator for BTreeMap<K, V> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;

    fn into_iter(self) -> IntoIter<K, V> {
        IntoIter { entries: Vec::new().into_iter(), lists: self.lists.into_iter() }
    }
}

impl<'m, K, V> IntoIterator for &'m BTreeMap<K, V> {
    type Item = (&'m K, &'m V);
    type IntoIter = Iter<'m, K, V>;

    fn into_iter(self) -> Iter<'m, K, V> {
        self.iter()
    }
}

impl<K: Ord, V> Extend<(K, V)> for BTreeMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for BTreeMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        map.extend(entries);
        map
    }
}

impl<K: Ord, V, const N: usize> From<[(K, V); N]> for BTreeMap<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

#[cfg(test)]
mod tests;
