//! Packing refs: collecting loose refs into `packed-refs`.

use super::{
    LooseFile, Peeled, RefError, RefName, Refs,
    loose::Loose,
    packed::{Changes, Packing},
    peel::peel,
    read::{ATTEMPTS, PackedFile},
};
use crate::{
    at_once::side_by_side,
    odb::{Objects, ReadError},
    sort,
    store::{Store, StoreError, Version},
};
use alloc::{borrow::ToOwned, vec::Vec};

/// Refs that belong to one working tree, which git never packs.
const NEVER: [&str; 3] = ["refs/bisect/", "refs/rewritten/", "refs/worktree/"];

/// So many cold refs stay loose, for which a listing is still one of few requests.
const HANDFUL: usize = 8;

/// A loose ref as it was written into `packed-refs`.
type Packed = (RefName, Version);

impl<S: Store> Refs<S> {
    /// Writes all loose refs into `packed-refs` and removes those that nobody moved meanwhile.
    /// Returns how many were removed.
    ///
    /// Symbolic and broken refs stay loose. Safe beside other writers, stock git among them.
    ///
    /// # Errors
    /// `Store(Conflict)`: others kept on changing `packed-refs`; everything is as it was.
    pub async fn pack<O: Store>(&self, objects: &Objects<O>) -> Result<usize, RefError> {
        self.pack_until(objects, u64::MAX, 0).await
    }

    /// As [`Refs::pack`], of the loose refs that were last written at `until_s` or before it, in
    /// seconds since 1970 by the store's clock. A handful of them is left: each costs a reader one
    /// request beside the others, and whoever moves it next no look into a long file.
    ///
    /// # Errors
    /// As [`Refs::pack`].
    pub async fn pack_cold<O: Store>(
        &self,
        objects: &Objects<O>,
        until_s: u64,
    ) -> Result<usize, RefError> {
        self.pack_until(objects, until_s, HANDFUL).await
    }

    /// `few`: so many are not worth it.
    async fn pack_until<O: Store>(
        &self,
        objects: &Objects<O>,
        until_s: u64,
        few: usize,
    ) -> Result<usize, RefError> {
        let mut last = StoreError::Conflict { key: self.layout.packed_refs() };
        for _ in 0..ATTEMPTS {
            if self.names_to_pack(until_s).await?.len() <= few {
                return Ok(0);
            }
            match self.pack_once(objects, until_s).await {
                Ok(loose) => return self.prune(loose).await,
                Err(RefError::Store(
                    error @ (StoreError::Conflict { .. } | StoreError::Unavailable { .. }),
                )) => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last.into())
    }

    /// Writes the loose refs into `packed-refs`, and says which.
    async fn pack_once<O: Store>(
        &self,
        objects: &Objects<O>,
        until_s: u64,
    ) -> Result<Vec<Packed>, RefError> {
        let packed = self.read_packed().await?;
        // Whoever deletes a ref from here on sees the mark, or else is seen by the listing.
        let packed = self.put_packed(&packed, &Changes::new(), Packing::UnderWay).await?;
        let (changes, loose) = self.collect(objects, &packed, until_s).await?;
        self.put_packed(&packed, &changes, Packing::Idle).await?;
        Ok(loose)
    }

    async fn names_to_pack(&self, until_s: u64) -> Result<Vec<RefName>, RefError> {
        let files = self.loose_files(&["refs/"]).await?;
        let is_cold = |file: &LooseFile| {
            let never = NEVER.iter().any(|prefix| file.name.as_str().starts_with(prefix));
            !never && file.modified_s <= until_s
        };
        Ok(files.into_iter().filter(is_cold).map(|file| file.name).collect())
    }

    /// What `packed-refs` is to say of the loose refs, and of those in it whose tags are not known
    /// yet.
    async fn collect<O: Store>(
        &self,
        objects: &Objects<O>,
        packed: &PackedFile,
        until_s: u64,
    ) -> Result<(Changes, Vec<Packed>), RefError> {
        let names = self.names_to_pack(until_s).await?;
        let reads = names.iter().map(|name| self.read_loose(name)).collect();
        let reads = side_by_side(reads).await;
        let mut wanted = Vec::new();
        for (name, read) in names.into_iter().zip(reads) {
            match read {
                Ok(Some((Loose::Id(id), version))) => wanted.push((name, id, Some(version))),
                Ok(_) | Err(RefError::Corrupt { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        for entry in packed.refs.iter().filter(|entry| entry.peeled == Peeled::Unknown) {
            let name = core::str::from_utf8(entry.name).ok().map(RefName::new);
            if let Some(Ok(name)) = name {
                wanted.push((name, entry.id, None));
            }
        }
        // The loose ones come first, and are the newer.
        sort::stable_by(&mut wanted, |(a, ..), (b, ..)| a.cmp(b));
        wanted.dedup_by(|next, kept| next.0 == kept.0);
        let peels = wanted
            .iter()
            .map(|(name, id, _)| async {
                match Peeled::of_loose(name) {
                    Peeled::Unknown => peel(objects, id).await,
                    known => Ok(known),
                }
            })
            .collect();
        let peels = side_by_side(peels).await;
        let mut changes = Changes::new();
        let mut loose = Vec::new();
        for ((name, id, version), peeled) in wanted.into_iter().zip(peels) {
            let peeled = match peeled {
                Ok(peeled) => peeled,
                Err(ReadError::Missing { .. } | ReadError::Corrupt { .. }) => continue,
                Err(error) => return Err(error.into()),
            };
            changes.insert(name.as_str().to_owned(), Some((id, peeled)));
            loose.extend(version.map(|version| (name, version)));
        }
        Ok((changes, loose))
    }

    async fn prune(&self, loose: Vec<Packed>) -> Result<usize, RefError> {
        let mut pruned = 0;
        for deleted in self.delete_loose(loose.iter().map(|(name, version)| (name, version))).await
        {
            match deleted {
                Ok(()) => pruned += 1,
                // Moved or removed by another writer, or perhaps removed here: either way packed.
                Err(StoreError::Conflict { .. } | StoreError::Unavailable { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(pruned)
    }
}

#[cfg(test)]
mod tests;
