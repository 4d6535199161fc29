//! Listing refs.

use super::{
    Peeled, Ref, RefError, RefName, Refs,
    loose::Loose,
    packed::PackedRefs,
    read::{PackedFile, SYMBOLIC_DEPTH},
};
use crate::{
    at_once::{self, side_by_side},
    object::ObjectId,
    sort,
    sorted::BTreeMap,
    store::{Entry, Store, StoreError},
};
use alloc::{format, string::String, vec::Vec};

/// The refs of a repository, and what is stored among them that is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Sorted by name.
    pub refs: Vec<Ref>,
    /// Loose refs that cannot be read, or do not come to an end; git passes over them too, and says so.
    pub broken: Vec<RefError>,
}

/// The file of a loose ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LooseFile {
    pub name: RefName,
    pub size_bytes: u64,
    /// In seconds since 1970, by the store's clock.
    pub modified_s: u64,
}

/// Entries that one request for a listing asks for.
pub(super) const PAGE: u32 = 1000;

/// What all refs that are listed begin with.
const ALL: &str = "refs/";

/// More prefixes than this are not listed one by one.
const PREFIXES: usize = 16;

/// What was read of each loose ref; `None`: it cannot be read, and hides a packed one all the same.
type LooseRefs = BTreeMap<RefName, Option<Loose>>;

impl<S: Store> Refs<S> {
    /// All refs below `refs/` whose names start with one of `prefixes` (all, if there are none),
    /// sorted by name.
    ///
    /// Files below `refs/` that are no refs are passed over, and symbolic refs whose targets do not
    /// exist.
    pub async fn list(&self, prefixes: &[&str]) -> Result<Vec<Ref>, RefError> {
        Ok(self.list_with_broken(prefixes).await?.refs)
    }

    /// As [`Refs::list`], and says which loose refs were passed over because they cannot be read.
    pub async fn list_with_broken(&self, prefixes: &[&str]) -> Result<Listing, RefError> {
        let Some(prefixes) = outermost(prefixes) else { return Ok(Listing::default()) };
        let mut names = match prefixes.len() {
            ..=PREFIXES => self.loose_names(&prefixes).await?,
            _ => self.loose_names(&[ALL]).await?,
        };
        names.retain(|name| starts_with_one_of(&prefixes, name.as_str()));
        self.read_listed(&prefixes, names).await
    }

    /// As [`Refs::list`], for who is to be told of all refs or of none.
    ///
    /// # Errors
    /// `Corrupt`: one of them cannot be read.
    pub async fn list_whole(&self, prefixes: &[&str]) -> Result<Vec<Ref>, RefError> {
        let Listing { refs, broken } = self.list_with_broken(prefixes).await?;
        broken.into_iter().next().map_or(Ok(refs), Err)
    }

    /// Of the loose refs only these, read, and all packed ones that none of these hides; sorted by
    /// name.
    pub(crate) async fn list_among(&self, names: Vec<RefName>) -> Result<Vec<Ref>, RefError> {
        Ok(self.read_listed(&[ALL], names).await?.refs)
    }

    /// `names`: of the loose refs.
    async fn read_listed(
        &self,
        prefixes: &[&str],
        names: Vec<RefName>,
    ) -> Result<Listing, RefError> {
        let reads = names.iter().map(|name| self.read_loose(name)).collect();
        let (reads, mut packed) = at_once::join(side_by_side(reads), self.read_packed()).await;
        let mut loose = LooseRefs::new();
        let mut broken = Vec::new();
        let mut has_vanished = false;
        for (name, read) in names.into_iter().zip(reads) {
            match read {
                Ok(Some((value, _))) => drop(loose.insert(name, Some(value))),
                Ok(None) => has_vanished = true,
                Err(error @ RefError::Corrupt { .. }) => {
                    loose.insert(name, None);
                    broken.push(error);
                }
                Err(error) => return Err(error),
            }
        }
        if has_vanished {
            packed = self.read_packed().await;
        }
        let refs = self.merge(prefixes, loose, &packed?, &mut broken).await?;
        Ok(Listing { refs, broken })
    }

    /// The names of the loose refs that start with one of `prefixes`, sorted.
    pub(super) async fn loose_names(&self, prefixes: &[&str]) -> Result<Vec<RefName>, RefError> {
        let files = self.loose_files(prefixes).await?;
        Ok(files.into_iter().map(|file| file.name).collect())
    }

    /// The files of the loose refs that start with one of `prefixes`, sorted by name.
    pub(crate) async fn loose_files(&self, prefixes: &[&str]) -> Result<Vec<LooseFile>, RefError> {
        let lists = prefixes.iter().map(|prefix| self.loose_files_below(prefix)).collect();
        let mut files = Vec::new();
        for list in side_by_side(lists).await {
            files.append(&mut list?);
        }
        sort::unstable_by(&mut files, |one, other| one.name.cmp(&other.name));
        Ok(files)
    }

    async fn loose_files_below(&self, prefix: &str) -> Result<Vec<LooseFile>, StoreError> {
        let prefix = format!("{}{prefix}", self.layout.root());
        let mut files = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = self.store.list(&prefix, after.as_deref(), PAGE).await?;
            files.extend(page.entries.iter().filter_map(|entry| {
                let name = self.loose_name(entry)?;
                let (size_bytes, modified_s) = (entry.size_bytes, entry.modified_s);
                Some(LooseFile { name, size_bytes, modified_s })
            }));
            match page.entries.into_iter().next_back() {
                Some(last) if page.more => after = Some(last.key),
                _ => return Ok(files),
            }
        }
    }

    /// The ref that a listed key holds, if it is one.
    pub(super) fn loose_name(&self, entry: &Entry) -> Option<RefName> {
        RefName::new(entry.key.strip_prefix(self.layout.root())?).ok()
    }

    async fn merge(
        &self,
        prefixes: &[&str],
        loose: LooseRefs,
        packed: &PackedFile,
        broken: &mut Vec<RefError>,
    ) -> Result<Vec<Ref>, RefError> {
        let mut refs = BTreeMap::new();
        for entry in prefixes.iter().flat_map(|prefix| packed.refs.below(prefix.as_bytes())) {
            let name = core::str::from_utf8(entry.name).ok().map(RefName::new);
            let Some(Ok(name)) = name else { continue };
            let (id, peeled) = (entry.id, entry.peeled);
            refs.insert(name.clone(), Ref { name, id, peeled, symbolic: None });
        }
        for (name, value) in &loose {
            let found = match value {
                None => None,
                Some(Loose::Id(id)) => Some((name.clone(), *id)),
                Some(Loose::Symbolic(_)) => {
                    match self.follow_listed(name, &loose, &packed.refs).await {
                        Ok(found) => found,
                        Err(error @ RefError::Corrupt { .. }) => {
                            broken.push(error);
                            None
                        }
                        Err(error) => return Err(error),
                    }
                }
            };
            let Some((target, id)) = found else {
                refs.remove(name);
                continue;
            };
            let peeled = Peeled::of_loose(&target);
            let symbolic = (target != *name).then_some(target);
            refs.insert(name.clone(), Ref { name: name.clone(), id, peeled, symbolic });
        }
        Ok(refs.into_values().collect())
    }

    /// Follows a symbolic ref through what was listed, and through the store where it leads out of
    /// that. `None` where the target does not exist, or is told of as broken itself.
    async fn follow_listed(
        &self,
        name: &RefName,
        loose: &LooseRefs,
        packed: &PackedRefs,
    ) -> Result<Option<(RefName, ObjectId)>, RefError> {
        let mut at = name.clone();
        for _ in 0..SYMBOLIC_DEPTH {
            let value = match loose.get(&at) {
                Some(Some(value)) => Some(value.clone()),
                Some(None) => return Ok(None),
                None => self.read_loose(&at).await?.map(|(value, _)| value),
            };
            match value {
                Some(Loose::Id(id)) => return Ok(Some((at, id))),
                Some(Loose::Symbolic(target)) => at = target,
                None => return Ok(packed.find(at.as_str()).map(|entry| (at, entry.id))),
            }
        }
        Err(self.endless(name))
    }
}

/// The prefixes that are below `refs/` and not below one another; `None` when nothing can match.
fn outermost<'p>(prefixes: &[&'p str]) -> Option<Vec<&'p str>> {
    let mut sorted: Vec<&str> = prefixes
        .iter()
        .filter_map(|prefix| match prefix {
            _ if ALL.starts_with(prefix) => Some(ALL),
            _ if prefix.starts_with(ALL) => Some(*prefix),
            _ => None,
        })
        .collect();
    if prefixes.is_empty() {
        sorted.push(ALL);
    }
    sort::unstable(&mut sorted);
    sorted.dedup_by(|next, kept| next.starts_with(*kept));
    (!sorted.is_empty()).then_some(sorted)
}

/// `prefixes`: sorted, none below another, so that only the last one before `name` can match.
fn starts_with_one_of(prefixes: &[&str], name: &str) -> bool {
    let after = prefixes.partition_point(|prefix| *prefix <= name);
    after
        .checked_sub(1)
        .and_then(|last| prefixes.get(last))
        .is_some_and(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests;
