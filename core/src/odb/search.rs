//! Going through the copies of an object until one is whole.

use super::{
    Objects, ReadError,
    catalog::{Listing, PackFile, Scope},
    error::Fault,
};
use crate::{object::ObjectId, store::Store};
use alloc::{sync::Arc, vec::Vec};

/// After so many times that something was gone, the repository is not listed again.
const MOST_VANISHED: u32 = 4;

/// A search for the copies of one object.
#[derive(Debug)]
pub(super) struct Search {
    id: ObjectId,
    pub(super) listing: Arc<Listing>,
    /// Numbers of the packs whose copy was given out.
    tried: Vec<u32>,
    has_tried_loose: bool,
    has_listed_again: bool,
    /// How many packs of the listing were gone when it was taken.
    gone_packs: usize,
    /// How often something was gone when it was to be read.
    vanished: u32,
    /// What was wrong with the first bad copy.
    trouble: Option<ReadError>,
}

/// Where a copy lies.
#[derive(Debug)]
pub(super) enum Copy {
    Packed(Arc<PackFile>, u64),
    /// In a file of its own, if there is one.
    Loose,
}

impl Search {
    /// Whether a loose file of the object is known to be there.
    pub(super) fn is_known_loose(&self) -> bool {
        self.listing.loose.contains(&self.id)
    }

    /// Takes what was read of a copy; `None` to go on with the next one.
    pub(super) fn judge<T>(
        &mut self,
        outcome: Result<Option<T>, Fault>,
        limit_bytes: u64,
    ) -> Result<Option<T>, ReadError> {
        match outcome {
            Ok(None) if self.has_tried_loose && self.is_known_loose() => {
                self.miss();
                Ok(None)
            }
            Ok(read) => Ok(read),
            Err(Fault::Gone) => {
                self.miss();
                Ok(None)
            }
            Err(fault @ (Fault::Corrupt(_) | Fault::NoBase(_))) => {
                self.trouble.get_or_insert_with(|| fault.into_error(self.id, limit_bytes));
                Ok(None)
            }
            Err(fault) => Err(fault.into_error(self.id, limit_bytes)),
        }
    }

    /// What was listed is gone: somebody packs the repository anew, and the object lies elsewhere now.
    fn miss(&mut self) {
        self.vanished += 1;
        self.has_listed_again = self.vanished > MOST_VANISHED;
    }

    fn take_listing(&mut self, listing: Arc<Listing>) {
        self.gone_packs = gone_packs(&listing);
        self.listing = listing;
    }
}

fn gone_packs(listing: &Listing) -> usize {
    listing.packs.iter().filter(|file| file.is_gone()).count()
}

impl<S: Store> Objects<S> {
    pub(super) async fn search(&self, id: &ObjectId) -> Result<Search, ReadError> {
        let listing = self.listing().await?;
        Ok(Search {
            id: *id,
            gone_packs: gone_packs(&listing),
            listing,
            tried: Vec::new(),
            has_tried_loose: false,
            has_listed_again: false,
            vanished: 0,
            trouble: None,
        })
    }

    /// The next copy: in the packs that are known, then in what another writer added since.
    pub(super) async fn next_copy(&self, search: &mut Search) -> Result<Option<Copy>, ReadError> {
        loop {
            let found = self.find_packed(&search.listing, &search.id, &search.tried).await?;
            if let Some((file, offset)) = found {
                search.tried.push(file.number);
                return Ok(Some(Copy::Packed(file, offset)));
            }
            if !search.has_tried_loose && search.is_known_loose() {
                search.has_tried_loose = true;
                return Ok(Some(Copy::Loose));
            }
            if gone_packs(&search.listing) > search.gone_packs {
                search.miss();
            }
            if search.has_listed_again || search.id == ObjectId::EMPTY_TREE {
                break;
            }
            search.has_listed_again = true;
            let generation = search.listing.generation;
            search.take_listing(self.newer_listing(generation, Scope::All).await?);
        }
        let is_maybe_loose = !search.has_tried_loose
            && !search.listing.loose.is_complete
            && search.id != ObjectId::EMPTY_TREE;
        search.has_tried_loose = true;
        Ok(is_maybe_loose.then_some(Copy::Loose))
    }

    /// Why no copy could be read.
    pub(super) async fn failure(&self, search: Search) -> ReadError {
        let Search { id, listing, trouble, .. } = search;
        match trouble.or_else(|| self.broken_index(&listing)) {
            Some(error) => error,
            None => self.explain(ReadError::Missing { id }).await,
        }
    }
}
