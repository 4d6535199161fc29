//! The bounded memory of objects that deltas are applied to.

use crate::{object::ObjectId, sorted::BTreeMap};
use alloc::vec::Vec;

/// What a held object costs besides its bytes.
const OVERHEAD_BYTES: usize = 160;

/// The most recently used objects of a pack, by the numbers of their records.
#[derive(Debug)]
pub(super) struct Bases {
    limit_bytes: usize,
    held_bytes: usize,
    uses: u64,
    by_record: BTreeMap<u32, Held>,
    by_use: BTreeMap<u64, u32>,
    by_id: BTreeMap<ObjectId, u32>,
}

#[derive(Debug)]
struct Held {
    data: Vec<u8>,
    id: ObjectId,
    used: u64,
}

impl Bases {
    /// Holds about `limit_bytes`, but always the last object that was added.
    pub fn new(limit_bytes: usize) -> Self {
        Self {
            limit_bytes,
            held_bytes: 0,
            uses: 0,
            by_record: BTreeMap::new(),
            by_use: BTreeMap::new(),
            by_id: BTreeMap::new(),
        }
    }

    /// The object's content, if it is held.
    pub fn find(&mut self, record: u32) -> Option<&[u8]> {
        let held = self.by_record.get_mut(&record)?;
        self.by_use.remove(&held.used);
        self.uses += 1;
        held.used = self.uses;
        self.by_use.insert(held.used, record);
        Some(&held.data)
    }

    /// Whether the object's content is held.
    pub fn holds(&self, record: u32) -> bool {
        self.by_record.contains_key(&record)
    }

    /// The record of the object with this id, if it is held.
    pub fn find_id(&self, id: &ObjectId) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    /// Adds an object and drops those that were not used for longest.
    pub fn insert(&mut self, record: u32, id: ObjectId, data: Vec<u8>) {
        self.remove(record);
        let cost_bytes = cost_bytes(&data);
        while self.held_bytes.saturating_add(cost_bytes) > self.limit_bytes {
            let Some((_, oldest)) = self.by_use.first_key_value() else { break };
            self.remove(*oldest);
        }
        self.uses += 1;
        self.held_bytes += cost_bytes;
        self.by_use.insert(self.uses, record);
        self.by_id.insert(id, record);
        self.by_record.insert(record, Held { data, id, used: self.uses });
    }

    /// Drops an object that no delta needs any more.
    pub fn remove(&mut self, record: u32) {
        let Some(held) = self.by_record.remove(&record) else { return };
        self.by_use.remove(&held.used);
        if self.by_id.get(&held.id) == Some(&record) {
            self.by_id.remove(&held.id);
        }
        self.held_bytes -= cost_bytes(&held.data);
    }
}

fn cost_bytes(data: &Vec<u8>) -> usize {
    data.capacity().saturating_add(OVERHEAD_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn id(byte: u8) -> ObjectId {
        ObjectId::from([byte; 20])
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let mut bases = Bases::new(2 * (100 + OVERHEAD_BYTES));
        bases.insert(1, id(1), vec![1; 100]);
        bases.insert(2, id(2), vec![2; 100]);
        assert_eq!(bases.find(1), Some(&[1; 100][..]));
        bases.insert(3, id(3), vec![3; 100]);
        assert_eq!(bases.find(2), None);
        assert_eq!(bases.find_id(&id(2)), None);
        assert_eq!(bases.find_id(&id(1)), Some(1));
        assert_eq!(bases.find(3), Some(&[3; 100][..]));
    }

    #[test]
    fn the_last_one_is_held_whatever_its_size() {
        let mut bases = Bases::new(1000);
        bases.insert(1, id(1), vec![1; 100]);
        bases.insert(2, id(2), vec![2; 5000]);
        assert_eq!(bases.find(1), None);
        assert_eq!(bases.find(2).map(<[u8]>::len), Some(5000));
        bases.remove(2);
        assert_eq!(bases.held_bytes, 0);
    }

    #[test]
    fn adding_it_again_does_not_count_it_twice() {
        let mut bases = Bases::new(10_000);
        for _ in 0..3 {
            bases.insert(1, id(1), vec![1; 100]);
        }
        assert_eq!(bases.held_bytes, 100 + OVERHEAD_BYTES);
        assert_eq!(bases.by_use.len(), 1);
    }
}
