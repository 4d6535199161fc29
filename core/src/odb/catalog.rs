//! Which packs and loose objects there are.

use super::{Objects, Pack, ReadError, copy::Order, flights::Boarding, lookup::PackIndex};
use crate::{
    object::ObjectId,
    sort,
    sorted::BTreeMap,
    store::{Entry, Store, StoreError},
};
use alloc::{borrow::ToOwned, string::String, sync::Arc, vec::Vec};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use spin::Mutex;

/// How many keys are asked for in one page of a listing.
const PAGE_KEYS: u32 = 1000;
/// How many pages of loose objects are read before giving up knowing all of them.
const MOST_LOOSE_PAGES: u32 = 16;

/// What was there when the store was last asked.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Goes up with each asking; 0 before the first.
    pub(super) generation: u64,
    /// By number.
    pub(super) packs: Vec<Arc<PackFile>>,
    /// The numbers of those that are there, the newest first.
    pub(super) by_age: Vec<u32>,
    /// How many of `by_age` have had their idx looked into.
    pub(super) indexed: AtomicUsize,
    /// An idx of at most so many bytes is read whole.
    pub(super) largest_whole_index_bytes: u64,
    pub(super) loose: Loose,
}

/// What is to be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// The packs. Most stores hold nothing else.
    Packs,
    /// Loose objects too, for what is in no pack.
    All,
}

/// What is known of loose objects.
#[derive(Debug, Default)]
pub(super) struct Loose {
    /// Sorted.
    ids: Vec<ObjectId>,
    /// Whether there are no others.
    pub(super) is_complete: bool,
}

impl Loose {
    pub(super) fn contains(&self, id: &ObjectId) -> bool {
        self.ids.binary_search(id).is_ok()
    }
}

/// A pack and what is known of it.
#[derive(Debug)]
pub(super) struct PackFile {
    pub(super) number: u32,
    pub(super) pack: Pack,
    pub(super) pack_key: String,
    pub(super) idx_key: String,
    pub(super) index: PackIndex,
    /// Its entries in their order, once that was asked for.
    pub(super) order: Mutex<Option<Arc<Order>>>,
    /// Where a sequential reader would read on, and how far ahead it was read.
    pub(super) ahead: Mutex<(u64, u64)>,
    /// Whether it has vanished since it was listed.
    is_gone: AtomicBool,
}

impl PackFile {
    pub(super) fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::Relaxed)
    }

    pub(super) fn set_gone(&self, is_gone: bool) {
        self.is_gone.store(is_gone, Ordering::Relaxed);
    }
}

impl<S: Store> Objects<S> {
    /// What is known to be there, asked for the first time if need be.
    pub(super) async fn listing(&self) -> Result<Arc<Listing>, ReadError> {
        let listing = self.known();
        if listing.generation > 0 { Ok(listing) } else { self.newer_listing(0, Scope::Packs).await }
    }

    /// What is there, asked anew unless that was done since `generation`.
    pub(super) async fn newer_listing(
        &self,
        generation: u64,
        scope: Scope,
    ) -> Result<Arc<Listing>, ReadError> {
        loop {
            let known = self.known();
            if known.generation > generation {
                return Ok(known);
            }
            if let Boarding::Lead(_flight) = self.listings.board(()).await {
                let known = self.known();
                if known.generation > generation {
                    return Ok(known);
                }
                let listing = Arc::new(self.list_after(&known, scope).await?);
                *self.listing.lock() = listing.clone();
                return Ok(listing);
            }
        }
    }

    pub(super) fn known(&self) -> Arc<Listing> {
        self.listing.lock().clone()
    }

    async fn list_after(&self, known: &Listing, scope: Scope) -> Result<Listing, ReadError> {
        let (packs, loose) = match scope {
            Scope::Packs => {
                let ids = known.loose.ids.clone();
                (self.list_packs().await?, Loose { ids, is_complete: false })
            }
            // In this order: git packs an object before it removes the file that it was in.
            Scope::All => {
                let loose = self.list_loose().await?;
                (self.list_packs().await?, loose)
            }
        };
        let mut files = known.packs.clone();
        let mut vanished: BTreeMap<&str, &PackFile> = BTreeMap::new();
        vanished.extend(known.packs.iter().map(|file| (file.pack.name.as_str(), &**file)));
        for pack in packs {
            match vanished.remove(pack.name.as_str()) {
                Some(file) => file.set_gone(false),
                None => files.push(Arc::new(self.pack_file(files.len() as u32, pack))),
            }
        }
        vanished.values().for_each(|file| file.set_gone(true));
        let mut there: Vec<&Arc<PackFile>> = files.iter().filter(|file| !file.is_gone()).collect();
        let largest_whole_index_bytes = self.largest_whole_index_bytes(&mut there);
        sort::stable_by(&mut there, |a, b| b.pack.modified_s.cmp(&a.pack.modified_s));
        let by_age = there.iter().map(|file| file.number).collect();
        Ok(Listing {
            generation: known.generation + 1,
            packs: files,
            by_age,
            indexed: AtomicUsize::new(0),
            largest_whole_index_bytes,
            loose,
        })
    }

    fn pack_file(&self, number: u32, pack: Pack) -> PackFile {
        let pack = Pack { number, ..pack };
        PackFile {
            number,
            pack_key: self.layout.pack(&pack.name),
            idx_key: self.layout.idx(&pack.name),
            pack,
            index: PackIndex::default(),
            order: Mutex::new(None),
            ahead: Mutex::new((0, 0)),
            is_gone: AtomicBool::new(false),
        }
    }

    /// The packs that have both files, not numbered yet.
    async fn list_packs(&self) -> Result<Vec<Pack>, StoreError> {
        let prefix = self.layout.pack("");
        let prefix = prefix.strip_suffix(".pack").unwrap_or(&prefix);
        let mut packs: Vec<Pack> = Vec::new();
        let mut idx: Option<(String, u64)> = None;
        let mut after: Option<String> = None;
        loop {
            let page = self.store.list(prefix, after.as_deref(), PAGE_KEYS).await?;
            for Entry { key, size_bytes, modified_s } in &page.entries {
                // `.idx` comes right before `.pack`, or with other files of the pack between.
                let name = key.strip_prefix(prefix).unwrap_or_default();
                if let Some(name) = name.strip_suffix(".idx") {
                    idx = Some((name.to_owned(), *size_bytes));
                } else if let Some(name) = name.strip_suffix(".pack")
                    && let Some((_, idx_bytes)) = idx.take_if(|(of, _)| of == name)
                {
                    packs.push(Pack {
                        number: 0,
                        name: name.to_owned(),
                        pack_bytes: *size_bytes,
                        idx_bytes,
                        modified_s: *modified_s,
                    });
                }
            }
            match page.entries.into_iter().next_back() {
                Some(last) if page.more => after = Some(last.key),
                _ => return Ok(packs),
            }
        }
    }

    async fn list_loose(&self) -> Result<Loose, StoreError> {
        let prefix = self.layout.objects_prefix();
        let mut loose = Loose::default();
        let mut after: Option<String> = None;
        for _ in 0..MOST_LOOSE_PAGES {
            let page = self.store.list(&prefix, after.as_deref(), PAGE_KEYS).await?;
            let names = page.entries.iter().map(|entry| entry.key.get(prefix.len()..));
            loose.ids.extend(names.flatten().filter_map(loose_id));
            let last = page.entries.into_iter().next_back().map(|entry| entry.key);
            // All directories of loose objects sort before those with other files.
            let is_past = |key: &String| key.get(prefix.len()..).is_some_and(|name| name >= "g");
            if !page.more || last.as_ref().is_none_or(is_past) {
                loose.is_complete = true;
                break;
            }
            after = last;
        }
        sort::unstable(&mut loose.ids);
        Ok(loose)
    }
}

/// The id in `ab/cdef…`.
fn loose_id(name: &str) -> Option<ObjectId> {
    let (directory, file) = name.split_once('/')?;
    if directory.len() != 2 {
        return None;
    }
    let mut hex = directory.to_owned();
    hex.push_str(file);
    ObjectId::from_hex(hex.as_bytes()).ok()
}
