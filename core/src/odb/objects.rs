//! The objects of one repository: finding and reading them.

use super::{
    ReadError,
    cache::Cache,
    catalog::{Listing, PackFile, Scope},
    error::Fault,
    flights::Flights,
    pages::{MOST_FLIGHTS, PageKey, end_of_entries},
    search::Copy,
    stream::{Inflating, ObjectStream, Source, WHOLE_BYTES},
    unpack::Base,
};
use crate::{
    limits::Limits,
    object::{Kind, Object, ObjectId},
    pack::EntryKind,
    repository::Layout,
    store::Store,
    zlib::{Inflate, InflateExact},
};
use alloc::{string::String, sync::Arc, vec::Vec};
use core::sync::atomic::AtomicU32;
use spin::Mutex;

/// The objects of one repository: its packs and what stock git wrote loose beside them.
///
/// Opening makes no request; the packs are listed at the first question, and again when an object
/// is not found, because another writer may have added it. Every object that is given out was
/// checked against its id.
///
/// Any number of calls may run at once; those that want the same bytes share a request. A call that
/// waits for another one's request needs that one to go on, so poll all that have begun: run them
/// by `join_all`, and do not await one while others are left unpolled.
#[derive(Debug)]
pub struct Objects<S> {
    pub(super) store: S,
    pub(super) layout: Layout,
    pub(super) limits: Limits,
    pub(super) listing: Mutex<Arc<Listing>>,
    pub(super) listings: Flights<()>,
    pub(super) index_flights: Flights<u32>,
    /// The pack in which the last object was found: the next one is likely there too.
    pub(super) recent_pack: AtomicU32,
    pub(super) pages: Mutex<Cache<PageKey, Arc<Vec<u8>>>>,
    pub(super) page_flights: Flights<PageKey>,
    pub(super) bases: Mutex<Cache<(u32, u64), Base>>,
    pub(super) engines: Mutex<Vec<InflateExact>>,
    /// Whether there are alternates, once that was asked for.
    pub(super) has_alternates: Mutex<Option<bool>>,
    /// Whether history is cut off, once that was asked for.
    pub(super) is_shallow: Mutex<Option<bool>>,
}

/// Where an object lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the pack with this number, its entry at this offset in bytes.
    Packed {
        /// [`Pack::number`].
        pack: u32,
        /// Offset of the entry's header.
        offset: u64,
    },
    /// In a file of its own; or nowhere, for the empty tree, which is known always.
    Loose,
}

/// A stored pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// Stays the same for the life of the [`Objects`] that gave it.
    pub number: u32,
    /// The 40 hexadecimal digits in its name.
    pub name: String,
    /// Length of the `.pack`, in bytes.
    pub pack_bytes: u64,
    /// Length of the `.idx`, in bytes.
    pub idx_bytes: u64,
    /// When it was written, in seconds since 1970, by the store's clock.
    pub modified_s: u64,
}

impl<S: Store> Objects<S> {
    /// The objects of the repository at `layout`. Makes no request.
    pub fn new(store: S, layout: Layout, limits: Limits) -> Self {
        Self {
            store,
            layout,
            listing: Mutex::default(),
            listings: Flights::new(1),
            index_flights: Flights::new(usize::MAX),
            recent_pack: AtomicU32::new(0),
            pages: Mutex::new(Cache::new(limits.cache_bytes)),
            page_flights: Flights::new(MOST_FLIGHTS),
            bases: Mutex::new(Cache::new(limits.cache_bytes)),
            engines: Mutex::default(),
            has_alternates: Mutex::default(),
            is_shallow: Mutex::default(),
            limits,
        }
    }

    /// The bounds within which they are read.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The stored packs, listed once; [`Objects::refresh`] lists them again.
    pub async fn packs(&self) -> Result<Vec<Pack>, ReadError> {
        let listing = self.listing().await?;
        let stored = listing.packs.iter().filter(|file| !file.is_gone());
        Ok(stored.map(|file| file.pack.clone()).collect())
    }

    /// The pack with this number, as it was when it was listed; `None` if there was none.
    pub async fn pack(&self, number: u32) -> Result<Option<Pack>, ReadError> {
        let listing = self.listing().await?;
        Ok(listing.packs.get(number as usize).map(|file| file.pack.clone()))
    }

    /// Lists the packs again. Those known keep their number.
    pub async fn refresh(&self) -> Result<(), ReadError> {
        let generation = self.known().generation;
        self.newer_listing(generation, Scope::Packs).await.map(drop)
    }

    /// Whether the object is stored.
    pub async fn contains(&self, id: &ObjectId) -> Result<bool, ReadError> {
        Ok(self.locate(id).await?.is_some())
    }

    /// Whether the object is stored, as far as is known: packs are not listed again for each one
    /// that is not there. For ids of others, who name many that were never here.
    pub(crate) async fn is_known(&self, id: &ObjectId) -> Result<bool, ReadError> {
        let listing = self.listing().await?;
        if listing.loose.contains(id) || self.find_packed(&listing, id, &[]).await?.is_some() {
            return Ok(true);
        }
        // The first listing leaves out loose objects.
        if listing.loose.is_complete { Ok(false) } else { self.contains(id).await }
    }

    /// Where the object lies, or `None`.
    pub async fn locate(&self, id: &ObjectId) -> Result<Option<Location>, ReadError> {
        let mut search = self.search(id).await?;
        match self.next_copy(&mut search).await? {
            Some(Copy::Packed(file, offset)) => {
                Ok(Some(Location::Packed { pack: file.number, offset }))
            }
            Some(Copy::Loose) if search.is_known_loose() => Ok(Some(Location::Loose)),
            Some(Copy::Loose) => {
                let header = self.loose_header(id).await;
                let header = search.judge(header, self.limits.held_object_bytes)?;
                Ok(header.map(|_| Location::Loose))
            }
            None if *id == ObjectId::EMPTY_TREE => Ok(Some(Location::Loose)),
            None => self.broken_index(&search.listing).map_or(Ok(None), Err),
        }
    }

    /// The object's kind and inflated length in bytes, without reading more of it than needed.
    pub async fn header(&self, id: &ObjectId) -> Result<(Kind, u64), ReadError> {
        let mut search = self.search(id).await?;
        while let Some(copy) = self.next_copy(&mut search).await? {
            let outcome = match copy {
                Copy::Packed(file, offset) => {
                    self.packed_header(&search.listing, file, offset).await.map(Some)
                }
                Copy::Loose => self.loose_header(id).await,
            };
            if let Some(header) = search.judge(outcome, self.limits.held_object_bytes)? {
                return Ok(header);
            }
        }
        match *id {
            ObjectId::EMPTY_TREE => Ok((Kind::Tree, 0)),
            _ => Err(self.failure(search).await),
        }
    }

    /// Reads a whole object.
    ///
    /// # Errors
    /// `TooLarge` past [`Limits::held_object_bytes`]: stream it instead.
    pub async fn read(&self, id: &ObjectId) -> Result<Object, ReadError> {
        let mut search = self.search(id).await?;
        while let Some(copy) = self.next_copy(&mut search).await? {
            let outcome = match copy {
                Copy::Packed(file, offset) => {
                    self.read_packed(&search.listing, file, offset, id).await.map(Some)
                }
                Copy::Loose => self.read_loose(id).await,
            };
            if let Some(object) = search.judge(outcome, self.limits.held_object_bytes)? {
                return Ok(object);
            }
        }
        match *id {
            ObjectId::EMPTY_TREE => Ok(Object { kind: Kind::Tree, data: Vec::new() }),
            _ => Err(self.failure(search).await),
        }
    }

    /// Begins reading an object of any size in bounded memory.
    ///
    /// # Errors
    /// `TooLarge` for one that is stored as a delta and is past [`Limits::held_object_bytes`].
    pub async fn stream(&self, id: &ObjectId) -> Result<ObjectStream<'_, S>, ReadError> {
        self.stream_past(id, 0).await
    }

    /// As [`Objects::stream`], but an object of up to `whole_bytes` is read whole and checked against
    /// its id before any of it is given out, and another copy is taken where one is damaged. What is
    /// stored as a delta is read so in any case.
    pub async fn stream_past(
        &self,
        id: &ObjectId,
        whole_bytes: u64,
    ) -> Result<ObjectStream<'_, S>, ReadError> {
        let mut search = self.search(id).await?;
        while let Some(copy) = self.next_copy(&mut search).await? {
            let outcome = match copy {
                Copy::Packed(file, offset) => match self.open_packed(&file, offset, id).await {
                    Ok(None) => break,
                    outcome => outcome,
                },
                Copy::Loose => self.open_loose(id).await,
            };
            let outcome = match outcome {
                Ok(Some(inflating)) if inflating.size_bytes <= whole_bytes => {
                    let kind = inflating.kind;
                    let data = inflating.whole(&self.store).await;
                    data.map(|data| Some(ObjectStream::whole(self, *id, Object { kind, data })))
                }
                Ok(inflating) => Ok(inflating.map(|one| ObjectStream::inflating(self, one))),
                Err(fault) => Err(fault),
            };
            if let Some(stream) = search.judge(outcome, self.limits.held_object_bytes)? {
                return Ok(stream);
            }
        }
        Ok(ObjectStream::whole(self, *id, self.read(id).await?))
    }

    /// Begins inflating the object at `offset`; `None` if it is one to be read whole.
    async fn open_packed(
        &self,
        file: &PackFile,
        offset: u64,
        id: &ObjectId,
    ) -> Result<Option<Inflating>, Fault> {
        let (header, data) = self.entry_at(file, offset).await?;
        let EntryKind::Whole(kind) = header.kind else { return Ok(None) };
        if header.size_bytes <= WHOLE_BYTES {
            return Ok(None);
        }
        let end = end_of_entries(file);
        let source = Source::new(file.pack_key.clone(), data, end, Vec::new());
        let header = (kind, header.size_bytes);
        Inflating::new(header, *id, source, Inflate::new(), Vec::new(), false).map(Some)
    }
}
