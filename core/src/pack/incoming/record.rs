//! What is remembered of each entry of an incoming pack.

use crate::{
    object::{Kind, ObjectId},
    pack::index::IndexEntry,
    sort,
};
use alloc::vec::Vec;

/// No record.
pub(super) const NONE: u32 = u32::MAX;

/// One entry of the pack, in 48 bytes.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// Where the entry begins in the pack.
    pub offset: u64,
    /// The object's id; of an unresolved [`Form::RefDelta`], its base's.
    pub id: ObjectId,
    /// CRC-32 of the entry as it is stored.
    pub crc32: u32,
    /// The record of the delta's base, where that is known.
    pub base: u32,
    /// The first of the unresolved deltas against this object.
    pub child: u32,
    /// The next unresolved delta against the same base.
    pub sibling: u32,
    /// How many deltas lie between this object and a whole one.
    pub depth: u16,
    /// What the entry is.
    pub form: Form,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// An object whose id is known, stored whole or as a delta.
    Resolved(Kind),
    /// A delta against an earlier entry, not applied yet.
    OfsDelta,
    /// A delta against the object with this id, not applied yet.
    RefDelta,
}

impl Record {
    /// An entry of which only its place is known.
    pub fn new(offset: u64) -> Self {
        Self {
            offset,
            id: ObjectId::ZERO,
            crc32: 0,
            base: NONE,
            child: NONE,
            sibling: NONE,
            depth: 0,
            form: Form::OfsDelta,
        }
    }

    /// The line of the idx.
    pub fn index_entry(&self) -> IndexEntry {
        IndexEntry { id: self.id, offset: self.offset, crc32: self.crc32 }
    }

    /// The object's kind, once it is known.
    pub fn kind(&self) -> Option<Kind> {
        match self.form {
            Form::Resolved(kind) => Some(kind),
            Form::OfsDelta | Form::RefDelta => None,
        }
    }
}

/// The records of a pack, in the order of their offsets.
#[derive(Debug, Default)]
pub(super) struct Records(Vec<Record>);

impl Records {
    /// How many there are.
    pub fn len(&self) -> u32 {
        self.0.len() as u32
    }

    /// Adds the record of the next entry and returns its number.
    pub fn push(&mut self, record: Record) -> u32 {
        self.0.push(record);
        self.len() - 1
    }

    /// The record with this number.
    pub fn at(&self, number: u32) -> &Record {
        self.0.get(number as usize).expect("numbers of records are made by Records alone")
    }

    /// The record with this number, to change it.
    pub fn at_mut(&mut self, number: u32) -> &mut Record {
        self.0.get_mut(number as usize).expect("numbers of records are made by Records alone")
    }

    /// The number of the record of the entry that begins at `offset`.
    pub fn find_offset(&self, offset: u64) -> Option<u32> {
        self.0.binary_search_by_key(&offset, |record| record.offset).ok().map(|at| at as u32)
    }

    /// Makes `child` the first of the unresolved deltas against `base`.
    pub fn link(&mut self, base: u32, child: u32) {
        let first = core::mem::replace(&mut self.at_mut(base).child, child);
        let delta = self.at_mut(child);
        delta.base = base;
        delta.sibling = first;
    }

    /// Takes away those from this number on.
    pub fn split_off(&mut self, number: u32) -> Vec<Record> {
        self.0.split_off(self.0.len().min(number as usize))
    }

    /// All of them, in the order of their ids.
    pub fn into_sorted(mut self) -> Vec<Record> {
        sort::unstable_by_key(&mut self.0, |record| record.id);
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_48_bytes() {
        assert_eq!(size_of::<Record>(), 48);
    }

    #[test]
    fn children_are_linked_to_their_base() {
        let mut records = Records::default();
        for offset in [12, 40, 90] {
            records.push(Record::new(offset));
        }
        records.link(0, 1);
        records.link(0, 2);
        assert_eq!(records.at(0).child, 2);
        assert_eq!(records.at(2).sibling, 1);
        assert_eq!(records.at(1).sibling, NONE);
        assert_eq!(records.find_offset(40), Some(1));
        assert_eq!(records.find_offset(41), None);
    }
}
