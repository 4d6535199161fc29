//! Taking in a pack: a stream of bytes becomes a stored pack with its idx, or nothing at all.
//!
//! Memory is bounded whatever the pack's size: 48 bytes an object, the objects and deltas that
//! [`Limits`] let be held, and a few parts of an upload. The way of a pack:
//!
//! 1. [`scan`](scan::scan) reads it once as it arrives. A small pack stays in memory, a larger one
//!    is uploaded under its final name, where nothing sees a pack that has no idx. Objects are
//!    named as they pass; so are deltas whose base passed shortly before, as git arranges for.
//! 2. [`resolve`](resolve::resolve) makes the other objects, reading back what it needs.
//! 3. [`complete`](complete::complete) adds the bases that a thin pack lacks.
//! 4. [`publish`](publish::publish) writes the idx, and with it the pack becomes visible.

mod admit;
mod audit;
mod bases;
mod complete;
mod error;
mod input;
mod nesting;
mod publish;
mod record;
mod resolve;
mod scan;
mod spool;
#[cfg(test)]
mod tests;
mod window;

pub(crate) use audit::{Audit, audit};
pub use error::IncomingError;
pub(crate) use publish::publish_whole;

use crate::{
    hash::Hasher,
    limits::Limits,
    object::ObjectId,
    odb::Objects,
    pack::index::IndexEntry,
    repository::Layout,
    sorted::BTreeSet,
    store::{Expected, Store, StoreError},
};
use admit::Gate;
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use record::{Record, Records};
use scan::Scanned;
use spool::{Spool, Spooled, send_part};

/// Length of a pack's header: `PACK`, version, number of entries.
const HEADER_BYTES: usize = 12;

/// Where a pack comes from.
pub trait Source {
    /// The next bytes, waiting for at least one; empty at the end of the stream.
    ///
    /// Nothing is asked for once the pack's last byte has come.
    fn piece(&mut self) -> impl Future<Output = Result<Vec<u8>, IncomingError>>;
}

/// Where a pack goes, and within what bounds.
#[derive(Debug)]
pub struct Incoming<'i, S> {
    /// The objects that are there already, for the bases of thin packs.
    pub objects: &'i Objects<S>,
    /// The store.
    pub store: &'i S,
    /// The repository's keys.
    pub layout: &'i Layout,
    /// The bounds.
    pub limits: &'i Limits,
    /// Random bytes: the name of a pack too large to be named by its checksum.
    pub nonce: [u8; 20],
}

/// A pack that was taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// The 40 hexadecimal digits in its name; `None` for a pack without objects, which is not kept.
    pub name: Option<String>,
    /// How many objects it holds, those that completed it included.
    pub objects: u32,
    closed_tips: BTreeSet<ObjectId>,
}

impl Received {
    /// Whether the pack is known to hold all that this one of the tips leads to, itself included.
    pub fn is_closed_from(&self, tip: &ObjectId) -> bool {
        self.closed_tips.contains(tip)
    }
}

impl<S: Store + Clone> Incoming<'_, S> {
    /// Reads one pack from `source`, checks it and all that is in it, and stores it with its idx.
    ///
    /// `tips`: objects of which the caller wants to know whether the pack holds all that they lead
    /// to. The objects can be read afterwards, once [`Objects::refresh`] was called.
    ///
    /// # Errors
    /// Nothing of the pack is left in the store.
    ///
    /// # Source
    /// gitformat-pack(5)
    pub async fn receive<P: Source>(
        &self,
        source: &mut P,
        tips: &[ObjectId],
    ) -> Result<Received, IncomingError> {
        let nonces = Nonces::new(&self.nonce);
        let key = self.layout.pack(&nonces.first);
        let memory_bytes = self.limits.spool_bytes;
        let mut spool = Spool::new(self.store.clone(), key, memory_bytes, send_part::<S>);
        let spooled = match scan::scan(source, &mut spool, self.limits, Gate::default()).await {
            Ok(scanned) => match spool.finish().await {
                Ok(spooled) => Ok((scanned, spooled)),
                Err(error) => Err(error.into()),
            },
            Err(error) => Err(error),
        };
        match spooled {
            Ok((scanned, spooled)) => self.keep(scanned, spooled, tips, &nonces).await,
            Err(error) => {
                spool.discard().await;
                Err(error)
            }
        }
    }

    /// Resolves, completes and publishes a pack, or removes it.
    async fn keep(
        &self,
        mut scanned: Scanned,
        mut spooled: Spooled,
        tips: &[ObjectId],
        nonces: &Nonces,
    ) -> Result<Received, IncomingError> {
        let entries = scanned.records.len();
        if entries == 0 {
            self.remove(&spooled).await;
            return Ok(Received::default());
        }
        let outcome =
            resolve::resolve(self.objects, self.store, &spooled, &mut scanned, self.limits).await;
        let Scanned { mut records, mut checksum, gate, end, bases, .. } = scanned;
        drop(bases);
        let mut nonce = &nonces.first;
        if outcome.is_ok() && records.len() > entries {
            let completed = self.complete(&spooled, &mut records, entries, end, nonces).await;
            self.remove(&spooled).await;
            (spooled, checksum) = completed?;
            nonce = &nonces.second;
        }
        let sorted = records.into_sorted();
        let outcome = outcome
            .and_then(|()| refuse_duplicates(&sorted))
            .and_then(|()| gate.is_closed(&sorted, self.limits.tree_depth));
        let is_closed = match outcome {
            Ok(is_closed) => is_closed,
            Err(error) => {
                self.remove(&spooled).await;
                return Err(error);
            }
        };
        let mut received = Received { objects: sorted.len() as u32, ..Received::default() };
        if is_closed {
            let is_held =
                |id: &&ObjectId| sorted.binary_search_by_key(*id, |record| record.id).is_ok();
            received.closed_tips = tips.iter().filter(is_held).copied().collect();
        }
        let entries: Vec<IndexEntry> = sorted.iter().map(Record::index_entry).collect();
        drop((sorted, gate));
        received.name = Some(self.publish(spooled, entries, checksum, nonce).await?);
        Ok(received)
    }

    /// Writes a thin pack once more, with the bases that it lacks.
    async fn complete(
        &self,
        spooled: &Spooled,
        records: &mut Records,
        entries: u32,
        end: u64,
        nonces: &Nonces,
    ) -> Result<(Spooled, ObjectId), IncomingError> {
        let key = self.layout.pack(&nonces.second);
        let memory_bytes = self.limits.spool_bytes;
        let mut spool = Spool::new(self.store.clone(), key, memory_bytes, send_part::<S>);
        let outcome = complete::complete(
            self.objects,
            self.store,
            spooled,
            records,
            entries,
            end,
            &mut spool,
        )
        .await;
        let outcome = match outcome {
            Ok(checksum) => match spool.finish().await {
                Ok(spooled) => Ok((spooled, checksum)),
                Err(error) => Err(error.into()),
            },
            Err(error) => Err(error),
        };
        if outcome.is_err() {
            spool.discard().await;
        }
        outcome
    }

    async fn publish(
        &self,
        spooled: Spooled,
        entries: Vec<IndexEntry>,
        checksum: ObjectId,
        nonce: &str,
    ) -> Result<String, StoreError> {
        let key = spooled.key().map(String::from);
        let outcome =
            publish::publish(self.store, self.layout, spooled, entries, checksum, nonce).await;
        if let (Err(_), Some(key)) = (&outcome, key) {
            let _ = self.store.delete(&key, Expected::Any).await;
        }
        outcome
    }

    /// Removes a pack that is not wanted any more. One that cannot be removed is invisible, and
    /// collected later.
    async fn remove(&self, spooled: &Spooled) {
        if let Some(key) = spooled.key() {
            let _ = self.store.delete(key, Expected::Any).await;
        }
    }
}

/// Names for packs that are uploaded before their checksum is known.
struct Nonces {
    first: String,
    second: String,
}

impl Nonces {
    fn new(nonce: &[u8; 20]) -> Self {
        let name = |number: &[u8]| {
            let mut hasher = Hasher::new();
            hasher.update(nonce);
            hasher.update(number);
            hasher.finish().to_string()
        };
        Self { first: name(b"1"), second: name(b"2") }
    }
}

fn refuse_duplicates(sorted: &[Record]) -> Result<(), IncomingError> {
    let twice = sorted.windows(2).find_map(|pair| match pair {
        [a, b] if a.id == b.id => Some(a.id),
        _ => None,
    });
    twice.map_or(Ok(()), |id| Err(IncomingError::Duplicate { id }))
}
