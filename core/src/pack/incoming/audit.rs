//! Looking at a stored pack again, as if it came in.

use super::{
    IncomingError, Source,
    admit::Gate,
    resolve, scan,
    spool::{Sink, Spooled},
    window,
};
use crate::{
    limits::Limits,
    object::ObjectId,
    odb::Objects,
    pack::index::IndexEntry,
    store::{Store, StoreError},
};
use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::task::Context;

/// How much of the pack is read at once, in bytes.
const PIECE_BYTES: u64 = 2 * 1024 * 1024;

/// What is in a stored pack.
#[derive(Debug)]
pub(crate) struct Audit {
    /// Its objects, as its idx should list them; sorted by id.
    pub(crate) entries: Vec<IndexEntry>,
    /// Its trailer, which is right.
    pub(crate) checksum: ObjectId,
    /// Objects that break a rule of their kind, and which.
    pub(crate) invalid: Vec<(ObjectId, String)>,
    /// Bases that it needs and does not hold.
    pub(crate) missing_bases: Vec<ObjectId>,
}

/// Reads a stored pack from its beginning to its end and makes every object in it.
///
/// # Errors
/// It is damaged so that it cannot be read further.
pub(crate) async fn audit<S: Store>(
    objects: &Objects<S>,
    store: &S,
    key: &str,
    size_bytes: u64,
    limits: &Limits,
) -> Result<Audit, IncomingError> {
    let mut source = Stored { store, key, position: 0, size_bytes };
    let gate = Gate::that_notes();
    let mut scanned = scan::scan(&mut source, &mut Nowhere, limits, gate).await?;
    let entries = scanned.records.len();
    let spooled = Spooled::Stored { key: key.to_owned() };
    resolve::resolve(objects, store, &spooled, &mut scanned, limits).await?;
    let invalid = scanned.gate.noted();
    let sorted = scanned.records.into_sorted();
    let is_own = |offset: u64| offset != u64::MAX;
    let missing_bases: Vec<ObjectId> =
        sorted.iter().filter(|record| !is_own(record.offset)).map(|record| record.id).collect();
    let own = sorted.iter().filter(|record| is_own(record.offset));
    let mut listed = Vec::with_capacity(entries as usize);
    listed.extend(own.map(|record| record.index_entry()));
    Ok(Audit { entries: listed, checksum: scanned.checksum, invalid, missing_bases })
}

struct Stored<'s, S> {
    store: &'s S,
    key: &'s str,
    position: u64,
    size_bytes: u64,
}

impl<S: Store> Source for Stored<'_, S> {
    async fn piece(&mut self) -> Result<Vec<u8>, IncomingError> {
        let end = self.size_bytes.min(self.position.saturating_add(PIECE_BYTES));
        if self.position == end {
            return Ok(Vec::new());
        }
        let piece = window::read(self.store, self.key, self.position..end).await?;
        self.position = end;
        Ok(piece)
    }
}

/// Keeps nothing.
struct Nowhere;

impl Sink for Nowhere {
    async fn write(&mut self, _: &[u8]) -> Result<(), StoreError> {
        Ok(())
    }

    fn poll_progress(&mut self, _: &mut Context<'_>) {}
}
