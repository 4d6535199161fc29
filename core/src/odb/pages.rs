//! Reading packs through a cache of pages.

use super::{
    Objects,
    catalog::PackFile,
    error::Fault,
    flights::{Boarding, Flight},
};
use crate::{object::ObjectId, pack::EntryHeader, store::Store};
use alloc::{sync::Arc, vec::Vec};

/// Length of a page, in bytes.
pub(super) const PAGE_BYTES: u64 = 64 * 1024;
/// A pack of up to so many pages is read whole at the first touch.
const SMALL_PAGES: u64 = 4;
/// Most pages that one request reads ahead of a sequential reader.
const MOST_AHEAD: u64 = 8;
/// Most requests for pages in flight at once.
pub(super) const MOST_FLIGHTS: usize = 24;

/// A page of a pack: its number in the cache.
pub(super) type PageKey = (u32, u64);

impl<S: Store> Objects<S> {
    /// The bytes of a pack from `offset` to the end of its page; not empty.
    pub(super) async fn page_at(&self, file: &PackFile, offset: u64) -> Result<PageSlice, Fault> {
        let key = (file.number, offset / PAGE_BYTES);
        let start = (offset % PAGE_BYTES) as usize;
        if offset >= end_of_entries(file) {
            return Err(Fault::corrupt("an entry goes on past the end of its pack"));
        }
        let page = loop {
            if let Some(page) = self.pages.lock().find(&key) {
                break page;
            }
            if let Boarding::Lead(flight) = self.page_flights.board(key).await {
                if let Some(page) = self.pages.lock().find(&key) {
                    break page;
                }
                break self.bring_pages(file, offset, flight).await?;
            }
        };
        if start >= page.len() {
            return Err(Fault::corrupt("the pack is shorter than it was listed"));
        }
        Ok(PageSlice { page, start })
    }

    /// Reads the page at `offset` and, in the same request, those around it that will be wanted.
    async fn bring_pages(
        &self,
        file: &PackFile,
        offset: u64,
        flight: Flight<'_, PageKey>,
    ) -> Result<Arc<Vec<u8>>, Fault> {
        let wanted = offset / PAGE_BYTES;
        let (first, last) = self.around(file, offset);
        let mut flights = alloc::vec![flight];
        let mut start = wanted;
        while start > first && self.take_along(file, start - 1, &mut flights) {
            start -= 1;
        }
        let mut end = wanted + 1;
        while end <= last && self.take_along(file, end, &mut flights) {
            end += 1;
        }
        let range = start * PAGE_BYTES..end * PAGE_BYTES;
        let Some(value) = self.store.get(&file.pack_key, Some(range)).await? else {
            file.set_gone(true);
            return Err(Fault::Gone);
        };
        let mut brought = Arc::new(Vec::new());
        let mut pages = self.pages.lock();
        for (number, bytes) in (start..end).zip(value.bytes.chunks(PAGE_BYTES as usize)) {
            let page = Arc::new(bytes.to_vec());
            if number == wanted {
                brought = page.clone();
            }
            pages.insert((file.number, number), page, bytes.len());
        }
        Ok(brought)
    }

    /// The first and last page to read at once for what lies at `offset`.
    fn around(&self, file: &PackFile, offset: u64) -> (u64, u64) {
        let wanted = offset / PAGE_BYTES;
        let final_page = file.pack.pack_bytes.saturating_sub(1) / PAGE_BYTES;
        if final_page < SMALL_PAGES {
            return (0, final_page);
        }
        let mut ahead = file.ahead.lock();
        let (next, run) = *ahead;
        let (first, last) = if wanted == next && run > 0 {
            // A sequential reader: twice as far as the last time.
            (wanted, wanted + (run * 2).min(MOST_AHEAD) - 1)
        } else if offset % PAGE_BYTES < PAGE_BYTES / 2 {
            // Bases of deltas come before them: what is near counts on both sides.
            (wanted.saturating_sub(1), wanted)
        } else {
            (wanted, wanted + 1)
        };
        let last = last.min(final_page);
        *ahead = (last + 1, last + 1 - wanted);
        (first, last)
    }

    /// Claims one more page for a request; false when it is there or on its way.
    fn take_along<'o>(
        &'o self,
        file: &PackFile,
        number: u64,
        flights: &mut Vec<Flight<'o, PageKey>>,
    ) -> bool {
        let key = (file.number, number);
        if self.pages.lock().find(&key).is_some() {
            return false;
        }
        let flight = self.page_flights.join(key);
        let is_claimed = flight.is_some();
        flights.extend(flight);
        is_claimed
    }

    /// The header of the entry at `offset`, and where its data begins.
    pub(super) async fn entry_at(
        &self,
        file: &PackFile,
        offset: u64,
    ) -> Result<(EntryHeader, u64), Fault> {
        let slice = self.page_at(file, offset).await?;
        let bytes = slice.bytes();
        let after = offset + bytes.len() as u64;
        let (header, length) =
            if bytes.len() < EntryHeader::MAX_BYTES && after < end_of_entries(file) {
                let mut bytes = bytes.to_vec();
                bytes.extend_from_slice(self.page_at(file, after).await?.bytes());
                EntryHeader::decode(&bytes)
            } else {
                EntryHeader::decode(bytes)
            }
            .map_err(Fault::corrupt)?;
        Ok((header, offset + length as u64))
    }
}

/// Where the entries of a pack end and its checksum begins, in bytes.
pub(super) fn end_of_entries(file: &PackFile) -> u64 {
    file.pack.pack_bytes.saturating_sub(ObjectId::BYTES as u64)
}

/// The part of a page from some offset on.
pub(super) struct PageSlice {
    page: Arc<Vec<u8>>,
    start: usize,
}

impl PageSlice {
    pub(super) fn bytes(&self) -> &[u8] {
        self.page.get(self.start..).unwrap_or_default()
    }
}
