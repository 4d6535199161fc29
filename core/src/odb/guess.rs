//! Finding an id among sorted ones by looking at few of them.

use crate::object::ObjectId;
use core::ops::Range;

/// Where an id may stand among sorted ids, guessed from its value: ids are spread evenly.
#[derive(Debug)]
pub(super) struct Guess {
    id: ObjectId,
    target: u64,
    places: Range<u32>,
    /// Bounds of the values at `places`.
    values: Range<u64>,
    tries: u32,
}

impl Guess {
    /// After so many wrong guesses the ids are not spread evenly, and the middle is tried.
    const GUESSES: u32 = 3;

    /// `places`: those of the ids with the same first byte.
    pub(super) fn new(id: &ObjectId, places: Range<u32>) -> Self {
        let [first, ..] = *id.as_bytes();
        let start = u64::from(first) << 56;
        let end = start | (u64::MAX >> 8);
        Self { id: *id, target: value(id.as_bytes()), places, values: start..end, tries: 0 }
    }

    /// The places to look at next; `None` when the id is not there.
    pub(super) fn window(&mut self) -> Option<Range<u32>> {
        let Range { start, end } = self.places;
        let count = end.checked_sub(start).filter(|count| *count > 0)?;
        self.tries += 1;
        let (middle, reach) = if self.tries <= Self::GUESSES {
            let span = u128::from(self.values.end.saturating_sub(self.values.start)).max(1);
            let part = u128::from(self.target.saturating_sub(self.values.start)).min(span);
            let ahead = (u128::from(count) * part / span) as u32;
            // Four times the spread that chance gives.
            (start.saturating_add(ahead), count.isqrt().saturating_mul(2).saturating_add(16))
        } else {
            (start + count / 2, 128)
        };
        let from = middle.saturating_sub(reach).clamp(start, end - 1);
        Some(from..middle.saturating_add(reach).clamp(from + 1, end))
    }

    /// Learns the first and the last id of a window that does not hold the wanted one.
    pub(super) fn narrow(&mut self, window: &Range<u32>, first: &[u8], last: Option<&[u8]>) {
        let last = last.unwrap_or(first);
        if self.id.as_bytes().as_slice() < first {
            self.places.end = window.start;
            self.values.end = value(first);
        } else if self.id.as_bytes().as_slice() > last {
            self.places.start = window.end;
            self.values.start = value(last);
        } else {
            self.places.end = self.places.start;
        }
    }
}

/// The first eight bytes of an id as a number.
fn value(id: &[u8]) -> u64 {
    id.first_chunk().copied().map_or(0, u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{hash::object_id, object::Kind};
    use alloc::vec::Vec;

    fn find(ids: &[ObjectId], id: &ObjectId) -> (Option<usize>, u32) {
        let start = ids.partition_point(|other| other.as_bytes()[0] < id.as_bytes()[0]);
        let end = ids.partition_point(|other| other.as_bytes()[0] <= id.as_bytes()[0]);
        let mut guess = Guess::new(id, start as u32..end as u32);
        while let Some(window) = guess.window() {
            let seen = &ids[window.start as usize..window.end as usize];
            if let Ok(place) = seen.binary_search(id) {
                return (Some(window.start as usize + place), guess.tries);
            }
            guess.narrow(&window, seen[0].as_bytes(), seen.last().map(|id| &id.as_bytes()[..]));
        }
        (None, guess.tries)
    }

    #[test]
    fn ids_are_found_at_the_first_or_second_guess() {
        let mut ids: Vec<ObjectId> =
            (0..200_000u32).map(|n| object_id(Kind::Blob, &n.to_be_bytes())).collect();
        ids.sort_unstable();
        let mut tries = 0;
        for (place, id) in ids.iter().enumerate().step_by(7) {
            let (found, tried) = find(&ids, id);
            assert_eq!(found, Some(place));
            assert!(tried <= 2);
            tries += tried;
            let mut other = *id.as_bytes();
            other[19] ^= 1;
            assert_eq!(find(&ids, &ObjectId::from(other)).0, None);
        }
        assert!(f64::from(tries) / (200_000.0 / 7.0) < 1.01, "{tries}");
    }

    #[test]
    fn ids_that_are_not_spread_evenly_are_found_too() {
        let mut ids: Vec<ObjectId> = (0..65_000u32)
            .map(|n| {
                let mut bytes = [7; 20];
                let n = n.pow(2);
                bytes[1..5].copy_from_slice(&(n / 3).to_be_bytes());
                bytes[5..9].copy_from_slice(&n.to_be_bytes());
                ObjectId::from(bytes)
            })
            .collect();
        ids.sort_unstable();
        ids.dedup();
        for (place, id) in ids.iter().enumerate().step_by(11) {
            let (found, tried) = find(&ids, id);
            assert_eq!(found, Some(place));
            assert!(tried < 25, "{tried}");
        }
    }
}
