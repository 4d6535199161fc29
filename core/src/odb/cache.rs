//! A bounded cache that forgets what was not used for long.

use crate::sorted::BTreeMap;
use core::mem;

/// Values by key, up to a total weight.
///
/// They live in two generations: what is used moves to the young one; when that is full, the old
/// one is forgotten and the young one grows old. So every value used within the last half of the
/// room stays, and no use costs more than a look-up.
#[derive(Debug)]
pub(super) struct Cache<K, V> {
    young: BTreeMap<K, (V, usize)>,
    old: BTreeMap<K, (V, usize)>,
    young_bytes: usize,
    generation_bytes: usize,
}

impl<K: Ord + Copy, V: Clone> Cache<K, V> {
    pub(super) fn new(room_bytes: usize) -> Self {
        Self {
            young: BTreeMap::new(),
            old: BTreeMap::new(),
            young_bytes: 0,
            generation_bytes: room_bytes / 2,
        }
    }

    pub(super) fn find(&mut self, key: &K) -> Option<V> {
        if let Some((value, _)) = self.young.get(key) {
            return Some(value.clone());
        }
        let (value, bytes) = self.old.remove(key)?;
        self.insert(*key, value.clone(), bytes);
        Some(value)
    }

    /// Keeps `value`, which weighs `bytes`; one that takes more than a generation is not kept.
    pub(super) fn insert(&mut self, key: K, value: V, bytes: usize) {
        if bytes > self.generation_bytes {
            return;
        }
        if self.young_bytes.saturating_add(bytes) > self.generation_bytes {
            self.old = mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        if let Some((_, before)) = self.young.insert(key, (value, bytes)) {
            self.young_bytes -= before;
        }
        self.young_bytes += bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_the_room_is_kept() {
        let mut cache = Cache::new(100);
        for key in 0..1000 {
            cache.insert(key, key, 5);
            assert_eq!(cache.find(&0), Some(0), "used all the time");
            assert!(cache.young.len() + cache.old.len() <= 20);
        }
        assert_eq!(cache.find(&999), Some(999));
        assert_eq!(cache.find(&900), None);
        cache.insert(5, 5, 51);
        assert_eq!(cache.find(&5), None);
        cache.insert(999, 1, 5);
        assert_eq!(cache.find(&999), Some(1));
    }
}
