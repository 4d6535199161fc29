//! The short way of a fetch into a repository that has fetched before: the stored packs that it does
//! not hold become its own.
//!
//! Nothing is negotiated and nothing is walked through: what was pushed since is in packs that are not
//! held yet, few and small. Where they are many or large, the core makes a pack of what is missing.

use super::{
    HelperError,
    fetch::{Fetched, MOST_PACKS, copy_packs, index_pack},
    git::{find_objects, is_connected, recent_commits},
    held::Held,
    local::LocalRepository,
    options::Options,
};
use crate::component::{Guest, StoredPack};
use std::collections::{BTreeSet, HashSet};
use trunks_core::{
    object::ObjectId,
    refs::{Peeled, Ref},
    repository::{RefListing, RepoName},
    store::Store,
};

/// Packs that are longer in all, in bytes, are not copied: who has merged packs in the store would have
/// everybody fetch all of them again.
const MOST_BYTES: u64 = 8 << 20;
/// So many of the newest commits are told to the core as what is here.
const MOST_HAVES: usize = 256;

/// Brings what git wants, and notes what is held then.
pub async fn update<S: Store>(
    (core, store, name): (&Guest, &S, &RepoName),
    (listing, wants): (&RefListing, &HashSet<ObjectId>),
    local: &LocalRepository,
    held: &mut Held,
    options: &Options,
) -> Result<Fetched, HelperError> {
    // Refs were listed before: what they name is in packs that are listed now.
    let packs = core.packs(name).await?;
    let fresh = held.fresh(&packs);
    if is_cheap(&fresh) {
        let copied = copy_packs(store, &fresh, local, options).await?;
        if is_connected(wants)? {
            held.replace(&packs);
            held.write();
            return Ok(Fetched { is_connected: false, ..copied });
        }
    }
    let haves = recent_commits(MOST_HAVES)?;
    let fetched = index_pack(core, name, wants, &haves, options).await?;
    if missing(listing)?.is_subset(wants) {
        held.replace(&packs);
        held.write();
    }
    Ok(fetched)
}

fn is_cheap(fresh: &[StoredPack]) -> bool {
    let bytes: u64 = fresh.iter().map(|pack| pack.pack_bytes.saturating_add(pack.idx_bytes)).sum();
    fresh.len() <= MOST_PACKS && bytes <= MOST_BYTES
}

/// What refs name and is not here.
fn missing(listing: &RefListing) -> Result<HashSet<ObjectId>, HelperError> {
    let ids: BTreeSet<ObjectId> = listing.refs.iter().map(|found| found.id).collect();
    let names: Vec<String> = ids.iter().map(ObjectId::to_string).collect();
    let found = find_objects(&names)?;
    let missing = ids.into_iter().zip(found).filter(|(_, found)| found.is_none());
    Ok(missing.map(|(id, _)| id).collect())
}

/// Says of tags what they lead to, as far as they are here. Returns whether that is all of them.
pub fn peel_here(refs: &mut [Ref]) -> Result<bool, HelperError> {
    let unknown: Vec<&mut Ref> =
        refs.iter_mut().filter(|found| found.peeled == Peeled::Unknown).collect();
    if unknown.is_empty() {
        return Ok(true);
    }
    let names: Vec<String> = unknown.iter().map(|found| format!("{}^{{}}", found.id)).collect();
    let mut is_all = true;
    for (found, peeled) in unknown.into_iter().zip(find_objects(&names)?) {
        match peeled {
            Some(peeled) if peeled.id == found.id => found.peeled = Peeled::NoTag,
            Some(peeled) => found.peeled = Peeled::To(peeled.id),
            None => is_all = false,
        }
    }
    Ok(is_all)
}
