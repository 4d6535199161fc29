//! Removing what nothing reaches.

use super::{
    CheckError, CheckOptions, Marks, graphs,
    inventory::{Inventory, PackFiles},
    lease::{From, Lease},
    marks::{Seen, Times},
    packs,
    reach::Reach,
    tips::{self, Tips},
};
use crate::{
    at_once::side_by_side,
    object::ObjectId,
    repository::Repository,
    sorted::BTreeSet,
    store::{Entry, Expected, Store, StoreError},
};
use alloc::{string::String, vec::Vec};

/// How often the refs are read again when they do not come to rest.
const MOST_LOOKS: u32 = 5;

/// How many pieces of rubbish are removed at once, after one look at the lease.
const DELETES_IN_FLIGHT: usize = 32;

/// What a check has found, for a clean to go on with.
#[derive(Debug)]
pub(super) struct Found {
    /// What there is.
    pub inventory: Inventory,
    /// What of it nothing reached.
    pub rubbish: Vec<Rubbish>,
    /// What it was reached from.
    pub tips: Tips,
}

/// Files that go together or not at all.
#[derive(Debug)]
pub(super) struct Rubbish {
    /// In the order in which they are to be removed.
    pub files: Vec<Entry>,
    objects: Objects,
}

/// What a piece of rubbish holds that might yet be wanted.
#[derive(Debug)]
enum Objects {
    /// What this idx lists.
    Listed(Entry),
    /// One object.
    One(ObjectId),
    /// Nothing that anyone could find.
    None,
}

/// What of the inventory was not reached.
pub(super) async fn find<S: Store>(
    store: &S,
    inventory: &Inventory,
    reach: &Reach<'_, S>,
) -> Result<Vec<Rubbish>, StoreError> {
    let mut rubbish = Vec::new();
    for files in inventory.packs.values().filter(|files| !files.is_kept()) {
        let PackFiles { pack, idx, .. } = files;
        let objects = match (pack, idx) {
            (Some(_), Some(_)) if inventory.has_multi_pack_index => continue,
            (Some(_), Some(idx)) => Objects::Listed(idx.clone()),
            _ => Objects::None,
        };
        rubbish.push(Rubbish { files: files.in_order().cloned().collect(), objects });
    }
    for (id, entry) in &inventory.loose {
        let files = Vec::from([entry.clone()]);
        rubbish.push(Rubbish { files, objects: Objects::One(*id) });
    }
    for entry in &inventory.leftovers {
        rubbish.push(Rubbish { files: Vec::from([entry.clone()]), objects: Objects::None });
    }
    unreached(store, rubbish, reach).await
}

/// Removes what has been rubbish for long enough. Returns the keys.
///
/// See [`super`] for why this is safe.
pub(super) async fn remove<S: Store + Clone>(
    repository: &Repository<S>,
    options: &CheckOptions,
    found: Found,
    lease: &Lease<'_, S>,
    reach: &mut Reach<'_, S>,
) -> Result<Vec<String>, CheckError> {
    let Found { inventory, rubbish, mut tips } = found;
    let (store, layout) = (repository.store(), repository.layout());
    let (now_s, grace_s) = (options.now_s, options.grace_s);
    let times = inventory.times();
    let mut present: BTreeSet<&str> = times.keys().copied().collect();
    let keys = rubbish.iter().flat_map(Rubbish::keys).map(String::from).collect::<Vec<_>>();
    let keys: BTreeSet<&str> = keys.iter().map(String::as_str).collect();
    let mut marks = Marks::read(store, layout).await?;
    let times = match lease.from {
        From::Nobody => Times::Kept,
        From::Another => Times::Anew,
    };
    let seen = Seen { rubbish: &keys, present: &present, times, now_s, grace_s };
    marks.replace(store, layout, seen).await?;
    let is_old = |since_s: u64| since_s.saturating_add(grace_s) <= now_s;
    let is_marked = |key: &str| marks.since_s(key).is_some_and(is_old);
    let (doomed, spared): (Vec<Rubbish>, Vec<Rubbish>) = rubbish.into_iter().partition(|rubbish| {
        rubbish.keys().all(is_marked) && rubbish.files.iter().all(|file| is_old(file.modified_s))
    });
    let mut removed = Vec::new();
    let doomed = still_unreached(repository, doomed, &mut tips, reach).await?;
    if doomed.iter().any(|rubbish| !matches!(rubbish.objects, Objects::None)) {
        lease.demand().await?;
        removed = graphs::remove(store, layout).await?;
    }
    for some in doomed.chunks(DELETES_IN_FLIGHT) {
        lease.demand().await?;
        let deletes = some.iter().map(|rubbish| rubbish.delete(store)).collect();
        for deleted in side_by_side(deletes).await {
            deleted?;
        }
        removed.extend(some.iter().flat_map(Rubbish::keys).map(String::from));
    }
    for key in &removed {
        present.remove(key.as_str());
    }
    let left: BTreeSet<&str> = spared.iter().flat_map(Rubbish::keys).collect();
    let seen = Seen { rubbish: &left, present: &present, times: Times::Kept, now_s, grace_s };
    marks.replace(store, layout, seen).await?;
    Ok(removed)
}

/// Looks once more at what is to be removed: not reached by refs that moved meanwhile, and not
/// written again. Nothing is left when that cannot be told.
async fn still_unreached<S: Store + Clone>(
    repository: &Repository<S>,
    mut doomed: Vec<Rubbish>,
    tips: &mut Tips,
    reach: &mut Reach<'_, S>,
) -> Result<Vec<Rubbish>, CheckError> {
    for _ in 0..MOST_LOOKS {
        if doomed.is_empty() {
            return Ok(doomed);
        }
        let inventory = Inventory::list(repository.store(), repository.layout()).await?;
        let times = inventory.times();
        doomed.retain(|rubbish| rubbish.is_as_before(&inventory, &times));
        let found = tips::find(repository).await?;
        if !found.problems.is_empty() || found.index.is_some() {
            return Ok(Vec::new());
        }
        if found == *tips {
            return Ok(doomed);
        }
        *tips = found;
        repository.objects.refresh().await?;
        for (name, id) in &tips.found {
            reach.follow(name, id).await?;
        }
        if !reach.problems.is_empty() {
            return Ok(Vec::new());
        }
        doomed = unreached(repository.store(), doomed, reach).await?;
    }
    Ok(Vec::new())
}

async fn unreached<S: Store>(
    store: &S,
    rubbish: Vec<Rubbish>,
    reach: &Reach<'_, S>,
) -> Result<Vec<Rubbish>, StoreError> {
    let mut left = Vec::new();
    for rubbish in rubbish {
        let is_reached = match &rubbish.objects {
            Objects::Listed(idx) => packs::has_any(store, idx, |id| reach.has(id)).await?,
            Objects::One(id) => reach.has(id),
            Objects::None => false,
        };
        if !is_reached {
            left.push(rubbish);
        }
    }
    Ok(left)
}

impl Rubbish {
    /// The keys, in the order in which they are to be removed.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.key.as_str())
    }

    /// Removes the files, one after the other.
    async fn delete<S: Store>(&self, store: &S) -> Result<(), StoreError> {
        for key in self.keys() {
            store.delete(key, Expected::Any).await?;
        }
        Ok(())
    }

    /// Whether the same files are there, and no one wrote them again or another beside them.
    fn is_as_before(&self, inventory: &Inventory, times: &super::inventory::Times<'_>) -> bool {
        let is_same = |file: &Entry| times.get(file.key.as_str()) == Some(&file.modified_s);
        let stem = self.files.first().and_then(|file| file.key.rsplit_once('.'));
        let beside = stem.and_then(|(stem, _)| inventory.packs.get(stem));
        let count = beside.map_or(self.files.len(), |files| files.in_order().count());
        self.files.iter().all(is_same) && count == self.files.len()
    }
}
