//! Clones and fetches, and the note of which stored packs are here.

use super::{Next, Road, Session, not_understood, say_bytes};
use crate::helper::{
    HelperError,
    fetch::{self, Fetched},
    held::Held,
    lines::{command, fetched_lines, text},
    local::LocalRepository,
    update::{self, update},
};
use std::collections::HashSet;
use trunks_core::{
    object::ObjectId,
    repository::{Peel, RefListing},
};

impl Session {
    /// A plain clone of a repository that is not empty goes the short way, and so does a fetch where it
    /// was noted which packs are here.
    pub(super) async fn road_of_fetch(&mut self) -> Result<Road, HelperError> {
        if self.listing.is_some() {
            return Ok(Road::Short);
        }
        let Some(local) = self.local.clone() else { return Ok(Road::General) };
        if self.options.partial || local.is_shallow() {
            return Ok(Road::General);
        }
        let config = self.config()?;
        if config.checks_fetched_objects() || config.is_partial_clone() || !config.is_sha1() {
            return Ok(Road::General);
        }
        let is_empty = local.is_empty().map_err(HelperError::local(local.objects()))?;
        let listing = if !is_empty {
            self.held = Held::read(local.common_dir(), &self.remote);
            if self.held.is_none() {
                return Ok(Road::General);
            }
            self.refs_peeled_here().await?
        } else if self.options.follow_tags {
            // Tags are asked to follow where only some branches are cloned.
            return Ok(Road::General);
        } else {
            self.refs(Peel::All).await?
        };
        let listing = listing.ok_or_else(|| self.missing())?;
        // A ref that cannot be read is refused there, where it is among those that are asked for.
        if listing.refs.is_empty() || !listing.broken.is_empty() {
            return Ok(Road::General);
        }
        self.listing = Some(listing);
        Ok(Road::Short)
    }

    /// The refs with what their tags lead to: the store is only asked for those that are not here.
    async fn refs_peeled_here(&self) -> Result<Option<RefListing>, HelperError> {
        let Some(mut listing) = self.refs(Peel::Known).await? else { return Ok(None) };
        match update::peel_here(&mut listing.refs)? {
            true => Ok(Some(listing)),
            false => self.refs(Peel::All).await,
        }
    }

    pub(super) async fn fetch(&mut self, orders: Vec<Vec<u8>>) -> Result<Next, HelperError> {
        let wants = orders.iter().map(|order| text(command(order).0).ok()?.parse().ok());
        let wants: Option<HashSet<ObjectId>> = wants.collect();
        let wants = wants.ok_or_else(|| not_understood(&orders))?;
        let local = self
            .local
            .clone()
            .ok_or_else(|| HelperError::Command { line: "fetch outside of a repository".into() })?;
        let listing = self.listing.take().ok_or_else(|| self.missing())?;
        let fetched = self.bring(&listing, &wants, &local).await?;
        self.listing = Some(listing);
        say_bytes(&fetched_lines(&fetched, &local, &self.options))
    }

    /// Brings what git wants: all that is stored, or what is new of it.
    async fn bring(
        &mut self,
        listing: &RefListing,
        wants: &HashSet<ObjectId>,
        local: &LocalRepository,
    ) -> Result<Fetched, HelperError> {
        let Self { remote, store, core, options, held, .. } = self;
        let name = &remote.name;
        if let Some(held) = held {
            let from = (&*core, &*store, name);
            return update(from, (listing, wants), local, held, options).await;
        }
        match fetch::packs_to_copy(core, store, name, listing, wants).await? {
            Some(packs) => {
                let fetched = fetch::copy_packs(store, &packs, local, options).await?;
                let mut all = Held::begin(local.common_dir(), remote);
                all.replace(&packs);
                all.write();
                *held = Some(all);
                Ok(fetched)
            }
            None => fetch::index_pack(core, name, wants, &[], options).await,
        }
    }

    /// Notes that packs which were pushed are here. Whoever makes a repository has all of it.
    pub(super) fn note(&self, packs: &[String]) {
        let Some(local) = self.local.as_ref().filter(|_| !packs.is_empty()) else { return };
        let mut held = match (&self.listing, Held::read(local.common_dir(), &self.remote)) {
            (_, Some(held)) => held,
            (None, None) => Held::begin(local.common_dir(), &self.remote),
            (Some(_), None) => return,
        };
        packs.iter().for_each(|key| held.add(key));
        held.write();
    }
}
