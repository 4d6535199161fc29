//! Refusing refs whose names are directories of others': `a` and `a/b` cannot both be.
//!
//! A filesystem sees to that by itself; elsewhere it must be asked for, so that every repository can
//! be copied to a disk. Two writers who create the two at the same moment are not kept apart.

use super::{
    super::{RefError, Refs, list::PAGE, read::PackedFile},
    Plan,
};
use crate::store::{Entry, Store, StoreError};
use crate::{
    at_once::{self, side_by_side},
    sorted::BTreeSet,
};
use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

/// Up to so many creations are checked one by one; for more, a listing is tried first.
const ONE_BY_ONE: usize = 4;

/// Files below a name that are looked at to find a ref among them.
const CHILDREN: u32 = 16;

/// Directories of every repository.
const DIRECTORIES: [&str; 4] = ["refs/heads", "refs/notes", "refs/remotes", "refs/tags"];

impl<S: Store> Refs<S> {
    /// Takes the creations out of `plans` that another ref is in the way of, be it stored or an
    /// earlier one of `plans`.
    pub(super) async fn refuse_conflicts(
        &self,
        plans: &mut Vec<Plan<'_, '_>>,
        packed: &PackedFile,
    ) -> Result<(), RefError> {
        let mut created: BTreeSet<&str> = BTreeSet::new();
        let creations = plans.iter().filter(|plan| plan.is_creation());
        created.extend(creations.map(|plan| plan.target.as_str()));
        if created.is_empty() {
            return Ok(());
        }
        let mut taken = self.loose_around(&created.into_iter().collect::<Vec<_>>()).await?;
        plans.retain_mut(|plan| {
            let name = plan.target.as_str().to_owned();
            if !plan.is_creation() {
                return true;
            }
            match in_the_way(&name, &taken, packed) {
                None => {
                    taken.insert(name);
                    true
                }
                Some(other) => {
                    plan.task.finish(Err(RefError::NameConflict { name, other }));
                    false
                }
            }
        });
        Ok(())
    }

    /// The loose refs, as far as they could be in the way of `names`.
    async fn loose_around(&self, names: &[&str]) -> Result<BTreeSet<String>, StoreError> {
        if names.len() > ONE_BY_ONE {
            let page = self.store.list(&self.layout.refs_prefix(), None, PAGE).await?;
            if !page.more {
                let mut found = BTreeSet::new();
                found.extend(page.entries.iter().filter_map(|entry| self.name_of(entry)));
                return Ok(found);
            }
        }
        let mut parents: BTreeSet<&str> = BTreeSet::new();
        parents.extend(names.iter().copied().flat_map(parents_of));
        let parents = parents.into_iter().map(|parent| self.loose_named(parent)).collect();
        let children = names.iter().map(|name| self.loose_below(name)).collect();
        let (parents, children) =
            at_once::join(side_by_side(parents), side_by_side(children)).await;
        let mut found = BTreeSet::new();
        for name in parents.into_iter().chain(children) {
            found.extend(name?);
        }
        Ok(found)
    }

    async fn loose_named(&self, name: &str) -> Result<Option<String>, StoreError> {
        let key = format!("{}{name}", self.layout.root());
        let found = self.store.get(&key, Some(0..1)).await?;
        Ok(found.map(|_| name.to_owned()))
    }

    async fn loose_below(&self, name: &str) -> Result<Option<String>, StoreError> {
        let prefix = format!("{}{name}/", self.layout.root());
        let page = self.store.list(&prefix, None, CHILDREN).await?;
        Ok(page.entries.iter().find_map(|entry| self.name_of(entry)))
    }

    fn name_of(&self, entry: &Entry) -> Option<String> {
        self.loose_name(entry).map(|name| name.as_str().to_owned())
    }
}

/// The ref that keeps `name` from being created. `taken`: loose refs, and those that are about to be.
fn in_the_way(name: &str, taken: &BTreeSet<String>, packed: &PackedFile) -> Option<String> {
    let below = format!("{name}/");
    if DIRECTORIES.contains(&name) {
        return Some(below);
    }
    let parent = parents_of(name)
        .find(|&parent| taken.contains(parent) || packed.refs.find(parent).is_some());
    if let Some(parent) = parent {
        return Some(parent.to_owned());
    }
    let child = taken.range(below.clone()..).next().filter(|child| child.starts_with(&below));
    child.cloned().or_else(|| {
        let child = packed.refs.below(below.as_bytes()).next()?;
        Some(String::from_utf8_lossy(child.name).into_owned())
    })
}

/// The names above `name` that a ref could have, longest first.
fn parents_of(name: &str) -> impl Iterator<Item = &str> {
    let mut rest = name;
    core::iter::from_fn(move || {
        rest = rest.rsplit_once('/')?.0;
        (rest.contains('/') && !DIRECTORIES.contains(&rest)).then_some(rest)
    })
}
