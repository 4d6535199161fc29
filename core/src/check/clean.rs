//! Removing what nothing reaches.

use super::{
    CheckError, CheckOptions, Marks, graphs,
    inventory::{Inventory, PackFiles},
    packs,
    reach::Reach,
    tips::{self, Tips},
};
use crate::{
    object::ObjectId,
    repository::Repository,
    store::{Entry, Expected, Store, StoreError},
};
use alloc::{string::String, vec::Vec};

/// How often the refs are read again when they do not come to rest.
const MOST_LOOKS: u32 = 5;

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
    rubbish: Vec<Rubbish>,
    mut tips: Tips,
    reach: &mut Reach<'_, S>,
) -> Result<Vec<String>, CheckError> {
    let (store, layout) = (repository.store(), repository.layout());
    let mut marks = Marks::read(store, layout).await?;
    let keys = rubbish.iter().flat_map(Rubbish::keys);
    marks.replace(store, layout, keys, options.now_s).await?;
    let is_old = |since_s: u64| since_s.saturating_add(options.grace_s) <= options.now_s;
    let is_marked = |key: &str| marks.since_s(key).is_some_and(is_old);
    let (doomed, spared): (Vec<Rubbish>, Vec<Rubbish>) = rubbish.into_iter().partition(|rubbish| {
        rubbish.keys().all(is_marked) && rubbish.files.iter().all(|file| is_old(file.modified_s))
    });
    let mut removed = Vec::new();
    let doomed = still_unreached(repository, doomed, &mut tips, reach).await?;
    if doomed.iter().any(|rubbish| !matches!(rubbish.objects, Objects::None)) {
        removed = graphs::remove(store, layout).await?;
    }
    for doomed in doomed {
        for key in doomed.keys() {
            store.delete(key, Expected::Any).await?;
            removed.push(String::from(key));
        }
    }
    let left = spared.iter().flat_map(Rubbish::keys);
    marks.replace(store, layout, left, options.now_s).await?;
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

    /// Whether the same files are there, and no one wrote them again or another beside them.
    fn is_as_before(&self, inventory: &Inventory, times: &super::inventory::Times<'_>) -> bool {
        let is_same = |file: &Entry| times.get(file.key.as_str()) == Some(&file.modified_s);
        let stem = self.files.first().and_then(|file| file.key.rsplit_once('.'));
        let beside = stem.and_then(|(stem, _)| inventory.packs.get(stem));
        let count = beside.map_or(self.files.len(), |files| files.in_order().count());
        self.files.iter().all(is_same) && count == self.files.len()
    }
}
