//! A set of object ids with a few bits each, compact enough for millions of them.

use crate::object::{Kind, ObjectId};
use crate::sorted::BTreeMap;
use alloc::{vec, vec::Vec};

/// The number of an id in a [`Marks`]: dense, from 0, in the order of insertion.
pub(crate) type Mark = u32;

/// What is known of an object, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags(u8);

impl Flags {
    /// Nothing.
    pub(crate) const NONE: Self = Self(0);
    /// Reachable from the new tips: wanted.
    pub(crate) const NEW: Self = Self(1);
    /// Reachable from the old tips: the other side has it.
    pub(crate) const OLD: Self = Self(2);
    /// Asked for by name, so that no filter leaves it out.
    pub(crate) const NAMED: Self = Self(4);
    /// Its kind is known, and stands in the two bits above.
    const HAS_KIND: u8 = 8;
    const KIND_SHIFT: u8 = 4;

    /// The flag that says the kind.
    pub(crate) fn of_kind(kind: Kind) -> Self {
        let number = match kind {
            Kind::Commit => 0,
            Kind::Tree => 1,
            Kind::Blob => 2,
            Kind::Tag => 3,
        };
        Self(Self::HAS_KIND | number << Self::KIND_SHIFT)
    }

    /// The kind, if it is known.
    pub(crate) fn kind(self) -> Option<Kind> {
        if self.0 & Self::HAS_KIND == 0 {
            return None;
        }
        Some(match self.0 >> Self::KIND_SHIFT & 3 {
            0 => Kind::Commit,
            1 => Kind::Tree,
            2 => Kind::Blob,
            _ => Kind::Tag,
        })
    }

    /// Whether all of `flags` are set.
    pub(crate) fn has(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// These flags and those.
    pub(crate) fn with(self, flags: Self) -> Self {
        Self(self.0 | flags.0)
    }
}

/// Ids, each with its flags: 21 bytes an id, and 5 to 11 more to find it.
///
/// The ids lie in blocks, so that the set grows without being copied. A tree from outside may name
/// any ids, which need not be hashes of anything: however they are chosen, one is found in
/// [`PROBES`] steps or in an ordered map.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    blocks: Vec<Vec<(ObjectId, Flags)>>,
    /// Open addressing by the first bytes of the id; holds marks, or [`FREE`].
    slots: Vec<Mark>,
    /// What found no slot near its own.
    crowded: BTreeMap<ObjectId, Mark>,
    len: u32,
}

const BLOCK: usize = 4096;
const FREE: Mark = Mark::MAX;
/// How many slots are looked at for an id. Hardly one of a million hashes needs more.
const PROBES: usize = 128;

/// Where an id is, or would go.
enum Place {
    Found(Mark),
    Slot(usize),
    Crowded,
}

impl Marks {
    /// An empty set.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// How many ids there are.
    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    /// Sets `flags` on an id besides those it has, and says which it had before.
    pub(crate) fn set(&mut self, id: &ObjectId, flags: Flags) -> (Mark, Flags) {
        if self.len as usize >= self.slots.len() / 4 * 3 {
            self.grow();
        }
        let place = self.place(id);
        if let Place::Found(mark) = place {
            return (mark, self.add(mark, flags));
        }
        let mark = self.len;
        if self.blocks.last().is_none_or(|block| block.len() == BLOCK) {
            self.blocks.push(Vec::with_capacity(if mark == 0 { 64 } else { BLOCK }));
        }
        if let Some(block) = self.blocks.last_mut() {
            block.push((*id, flags));
        }
        self.put(place, id, mark);
        self.len += 1;
        (mark, Flags::NONE)
    }

    /// Sets `flags` besides those that are set, and says which were before.
    pub(crate) fn add(&mut self, mark: Mark, flags: Flags) -> Flags {
        let entry = self
            .blocks
            .get_mut(mark as usize / BLOCK)
            .and_then(|block| block.get_mut(mark as usize % BLOCK));
        entry.map_or(Flags::NONE, |(_, present)| core::mem::replace(present, present.with(flags)))
    }

    /// The flags of a marked id.
    pub(crate) fn flags(&self, mark: Mark) -> Flags {
        self.entry(mark).map_or(Flags::NONE, |(_, flags)| flags)
    }

    /// The id; all zeros for a mark that is none of this set.
    pub(crate) fn id(&self, mark: Mark) -> ObjectId {
        self.entry(mark).map_or(ObjectId::ZERO, |(id, _)| id)
    }

    /// The mark of an id, if it is in the set.
    pub(crate) fn find(&self, id: &ObjectId) -> Option<Mark> {
        if self.slots.is_empty() {
            return None;
        }
        match self.place(id) {
            Place::Found(mark) => Some(mark),
            Place::Slot(_) | Place::Crowded => None,
        }
    }

    /// The flags of an id; none if it is not in the set.
    pub(crate) fn flags_of(&self, id: &ObjectId) -> Flags {
        self.find(id).map_or(Flags::NONE, |mark| self.flags(mark))
    }

    fn entry(&self, mark: Mark) -> Option<(ObjectId, Flags)> {
        self.blocks.get(mark as usize / BLOCK)?.get(mark as usize % BLOCK).copied()
    }

    fn place(&self, id: &ObjectId) -> Place {
        let mask = self.slots.len() - 1;
        let first = hash(id) & mask;
        for slot in (first..first + PROBES).map(|slot| slot & mask) {
            match self.slots.get(slot) {
                Some(&FREE) | None => return Place::Slot(slot),
                Some(&mark) if self.entry(mark).is_some_and(|(other, _)| other == *id) => {
                    return Place::Found(mark);
                }
                Some(_) => {}
            }
        }
        self.crowded.get(id).map_or(Place::Crowded, |&mark| Place::Found(mark))
    }

    fn put(&mut self, place: Place, id: &ObjectId, mark: Mark) {
        match place {
            Place::Found(_) => {}
            Place::Slot(slot) => {
                if let Some(slot) = self.slots.get_mut(slot) {
                    *slot = mark;
                }
            }
            Place::Crowded => drop(self.crowded.insert(*id, mark)),
        }
    }

    fn grow(&mut self) {
        let slots = (self.slots.len() * 2).max(64);
        self.slots = vec![FREE; slots];
        self.crowded.clear();
        for mark in 0..self.len {
            let id = self.id(mark);
            let place = self.place(&id);
            self.put(place, &id, mark);
        }
    }
}

/// Ids are mostly hashes already.
fn hash(id: &ObjectId) -> usize {
    let [a, b, c, d, ..] = *id.as_bytes();
    u32::from_le_bytes([a, b, c, d]) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::object_id;
    use std::collections::BTreeMap;

    #[test]
    fn flags_add_up() {
        let id = object_id(Kind::Blob, b"");
        let mut marks = Marks::new();
        assert_eq!(marks.find(&id), None);
        assert_eq!(marks.set(&id, Flags::NEW), (0, Flags::NONE));
        assert_eq!(marks.set(&id, Flags::OLD), (0, Flags::NEW));
        assert!(marks.flags(0).has(Flags::NEW.with(Flags::OLD)));
        assert!(!marks.flags(0).has(Flags::NAMED));
        assert_eq!((marks.id(0), marks.id(1)), (id, ObjectId::ZERO));
    }

    #[test]
    fn kinds_are_kept_beside_the_flags() {
        for kind in [Kind::Commit, Kind::Tree, Kind::Blob, Kind::Tag] {
            let flags = Flags::of_kind(kind).with(Flags::NEW).with(Flags::NAMED);
            assert_eq!(flags.kind(), Some(kind));
            assert!(flags.has(Flags::NEW) && !flags.has(Flags::OLD));
        }
        assert_eq!(Flags::NEW.kind(), None);
    }

    #[test]
    fn a_hundred_thousand_ids_are_found_again() {
        let mut marks = Marks::new();
        let mut expected = BTreeMap::new();
        for number in 0..100_000u32 {
            // Some share the bytes that they are found by.
            let mut bytes = *object_id(Kind::Blob, &number.to_le_bytes()).as_bytes();
            if number % 100 == 0 {
                bytes[..4].fill(7);
            }
            let id = ObjectId::from(bytes);
            assert_eq!(marks.set(&id, Flags::NEW).0, number);
            expected.insert(id, number);
        }
        assert_eq!(marks.len(), 100_000);
        for (id, number) in expected {
            assert_eq!(marks.find(&id), Some(number));
            assert_eq!(marks.id(number), id);
        }
        assert_eq!(marks.find(&ObjectId::ZERO), None);
    }

    /// A tree may name ids that begin alike: each of them was compared with all before it.
    #[test]
    fn ids_that_begin_alike_cost_no_more_than_a_few_steps() {
        let mut marks = Marks::new();
        let id = |number: u32| {
            let mut bytes = [7; ObjectId::BYTES];
            bytes[16..].copy_from_slice(&number.to_be_bytes());
            ObjectId::from(bytes)
        };
        let count = 300_000;
        for number in 0..count {
            assert_eq!(marks.set(&id(number), Flags::NEW).0, number);
        }
        let probed = marks.slots.iter().filter(|&&mark| mark != FREE).count();
        assert!(probed <= PROBES, "{probed} slots in a row");
        assert_eq!(marks.crowded.len() + probed, count as usize);
        for number in 0..count {
            assert_eq!(marks.find(&id(number)), Some(number));
        }
        assert_eq!(marks.find(&id(count)), None);
    }

    #[test]
    fn hashes_are_hardly_ever_crowded() {
        let mut marks = Marks::new();
        for number in 0..190_000u32 {
            marks.set(&object_id(Kind::Blob, &number.to_le_bytes()), Flags::NEW);
        }
        assert!(marks.crowded.len() < 1900, "{} of 190,000", marks.crowded.len());
    }
}
