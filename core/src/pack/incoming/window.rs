//! Reading entries of a spooled pack back, many at a time.

use super::{IncomingError, spool::Spooled};
use crate::sorted::BTreeMap;
use crate::store::{Store, StoreError};
use alloc::{borrow::ToOwned, vec::Vec};
use core::ops::Range;
use futures_util::stream::{self, StreamExt};

/// Entries that lie this close together, in bytes, are read as one.
const GAP_BYTES: u64 = 64 * 1024;
/// Most bytes that one request reads, unless one entry is longer.
const REQUEST_BYTES: u64 = 2 * 1024 * 1024;
/// How many requests are under way at once.
const REQUESTS: usize = 4;

/// Parts of a spooled pack that are in memory.
#[derive(Debug)]
pub(super) struct Window<'w, S> {
    store: &'w S,
    spooled: &'w Spooled,
    bytes: Vec<u8>,
    /// Where in `bytes` the entry that begins at an offset lies.
    places: BTreeMap<u64, Range<usize>>,
    /// The last entry that was wanted and not loaded.
    single: Vec<u8>,
}

impl<'w, S: Store> Window<'w, S> {
    /// Sees nothing of `spooled` yet, or all of it if it is in memory.
    pub fn new(store: &'w S, spooled: &'w Spooled) -> Self {
        Self { store, spooled, bytes: Vec::new(), places: BTreeMap::new(), single: Vec::new() }
    }

    /// Whether every entry is in memory, so that none need be loaded.
    pub fn sees_all(&self) -> bool {
        matches!(self.spooled, Spooled::Memory(_))
    }

    /// Whether the entry at this offset is in memory.
    pub fn sees(&self, offset: u64) -> bool {
        self.sees_all() || self.places.contains_key(&offset)
    }

    /// Forgets what was loaded, and loads these entries, which must be sorted and apart.
    pub async fn load(&mut self, entries: &[Range<u64>]) -> Result<(), IncomingError> {
        let Spooled::Stored { key, .. } = self.spooled else { return Ok(()) };
        self.places.clear();
        self.bytes.clear();
        let store = self.store;
        let reads = runs(entries).into_iter().map(|run| async move {
            let first = run.first().map_or(0, |entry| entry.start);
            let last = run.last().map_or(0, |entry| entry.end);
            (run, read(store, key, first..last).await)
        });
        let mut reads = stream::iter(reads).buffer_unordered(REQUESTS);
        while let Some((run, bytes)) = reads.next().await {
            let bytes = bytes?;
            let first = run.first().map_or(0, |entry| entry.start);
            for entry in run {
                let part = (entry.start - first) as usize..(entry.end - first) as usize;
                let begin = self.bytes.len();
                self.bytes.extend_from_slice(bytes.get(part).unwrap_or_default());
                self.places.insert(entry.start, begin..self.bytes.len());
            }
        }
        Ok(())
    }

    /// The stored bytes of an entry.
    pub async fn entry(&mut self, entry: Range<u64>) -> Result<&[u8], IncomingError> {
        match self.spooled {
            Spooled::Memory(pack) => {
                Ok(pack.get(entry.start as usize..entry.end as usize).unwrap_or_default())
            }
            Spooled::Stored { key, .. } => match self.places.get(&entry.start) {
                Some(place) => Ok(self.bytes.get(place.clone()).unwrap_or_default()),
                None => {
                    self.single = read(self.store, key, entry).await?;
                    Ok(&self.single)
                }
            },
        }
    }
}

/// Reads exactly `range` of the pack that was written to `key`, or found there.
pub(super) async fn read<S: Store>(
    store: &S,
    key: &str,
    range: Range<u64>,
) -> Result<Vec<u8>, StoreError> {
    let wanted_bytes = range.end.saturating_sub(range.start);
    match store.get(key, Some(range)).await? {
        Some(value) if value.bytes.len() as u64 == wanted_bytes => Ok(value.bytes),
        _ => Err(StoreError::Failed {
            key: key.to_owned(),
            reason: "it was removed or cut short while it was read: try again".to_owned(),
        }),
    }
}

/// Groups entries that one request shall read.
fn runs(entries: &[Range<u64>]) -> Vec<&[Range<u64>]> {
    let mut runs = Vec::new();
    let mut rest = entries;
    while let Some(first) = rest.first() {
        let mut end = first.end;
        let mut count = 1;
        for entry in rest.iter().skip(1) {
            if entry.start > end + GAP_BYTES || entry.end - first.start > REQUEST_BYTES {
                break;
            }
            end = entry.end;
            count += 1;
        }
        let (run, later) = rest.split_at(count);
        runs.push(run);
        rest = later;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        store::{Expected, Memory},
        testing::block_on,
    };

    #[test]
    fn near_entries_are_read_as_one() {
        let far = 10 * REQUEST_BYTES;
        let entries = [0..10, 10..20, 20 + GAP_BYTES + 1..100_000, far..far + 5 * REQUEST_BYTES];
        let counts: Vec<usize> = runs(&entries).iter().map(|run| run.len()).collect();
        assert_eq!(counts, [2, 1, 1]);
    }

    #[test]
    fn entries_come_back_as_they_were_written() {
        let store = Memory::new();
        let pack: Vec<u8> = (0..300_000u32).map(|i| (i / 7) as u8).collect();
        block_on(store.put("p", pack.clone(), Expected::Any)).unwrap();
        let spooled = Spooled::Stored { key: "p".to_owned() };
        let mut window = Window::new(&store, &spooled);
        block_on(window.load(&[5..9, 100..200, 250_000..250_010])).unwrap();
        assert!(window.sees(100) && !window.sees(9));
        for entry in [5..9, 250_000..250_010, 100..200, 40..50] {
            let expected = &pack[entry.start as usize..entry.end as usize];
            assert_eq!(block_on(window.entry(entry)).unwrap(), expected);
        }
        assert!(block_on(window.entry(299_999..300_001)).is_err());
    }
}
