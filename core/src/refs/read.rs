//! Reading single refs and `HEAD`, and setting `HEAD`.

use super::{
    Head, InvalidRefName, Peeled, Ref, RefError, RefName, Refs, loose::Loose, packed::PackedRefs,
};
use crate::{
    at_once::side_by_side,
    object::ObjectId,
    store::{Expected, Store, StoreError, Value, Version},
};
use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

/// The most refs in a chain of symbolic refs, the last included: git's own bound.
pub(super) const SYMBOLIC_DEPTH: usize = 5;

/// A loose ref is no longer than this, in bytes, unless it is no ref at all.
const LOOSE_BYTES: u64 = 4096;

/// How often a compare-and-swap is tried again before another writer is said to have won.
pub(super) const ATTEMPTS: usize = 16;

/// The ref at the end of a chain of symbolic refs, and what its loose file holds, if there is one.
pub(super) type Followed = (RefName, Option<(ObjectId, Version)>);

/// `packed-refs` as it was at one moment.
#[derive(Clone, Debug)]
pub(super) struct PackedFile {
    pub(super) refs: PackedRefs,
    /// `None`: there is no such file.
    pub(super) version: Option<Version>,
}

impl PackedFile {
    /// What a write must demand to replace just this.
    pub(super) fn expected(&self) -> Expected {
        self.version.clone().map_or(Expected::Absent, Expected::Is)
    }
}

impl<S: Store> Refs<S> {
    /// Reads `HEAD`; `None` when there is no repository.
    pub async fn head(&self) -> Result<Option<Head>, RefError> {
        Ok(self.read_loose(&RefName::head()).await?.map(|(loose, _)| match loose {
            Loose::Id(id) => Head::Detached(id),
            Loose::Symbolic(target) => Head::Symbolic(target),
        }))
    }

    /// Makes `HEAD` follow a branch or name a commit.
    ///
    /// # Errors
    /// `Missing`: there is no repository. `InvalidName`: a target outside of `refs/`.
    pub async fn set_head(&self, head: &Head) -> Result<(), RefError> {
        if let Head::Symbolic(target) = head
            && target.is_head()
        {
            let name = target.as_str().to_owned();
            return Err(InvalidRefName { name, reason: "HEAD cannot follow itself" }.into());
        }
        let key = self.layout.head();
        let bytes = head.write();
        let mut last = None;
        for _ in 0..ATTEMPTS {
            let Some(value) = self.store.get(&key, None).await? else {
                return Err(RefError::Missing { name: self.layout.root().to_owned() });
            };
            if value.bytes == bytes {
                return Ok(());
            }
            match self.store.put(&key, bytes.clone(), Expected::Is(value.version)).await {
                Ok(_) => return Ok(()),
                Err(error @ (StoreError::Conflict { .. } | StoreError::Unavailable { .. })) => {
                    last = Some(error);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.map_or(RefError::Stale { name: "HEAD".to_owned() }, RefError::Store))
    }

    /// Reads several refs: as [`Refs::find`], with one request for each and one for `packed-refs`.
    pub async fn find_all(&self, names: &[RefName]) -> Result<Vec<Option<Ref>>, RefError> {
        let reads = side_by_side(names.iter().map(|name| self.follow(name)).collect()).await;
        let packed = match reads.iter().any(|read| matches!(read, Ok((_, None)))) {
            true => self.read_packed().await?.refs,
            false => PackedRefs::empty(),
        };
        names
            .iter()
            .zip(reads)
            .map(|(name, read)| read.map(|(target, loose)| found(name, target, loose, &packed)))
            .collect()
    }

    /// Reads one ref, loose or packed, following symbolic refs; `HEAD` too.
    ///
    /// `None` when there is none, or when it is symbolic and its target does not exist.
    pub async fn find(&self, name: &RefName) -> Result<Option<Ref>, RefError> {
        let (target, loose) = self.follow(name).await?;
        let packed = match loose {
            None if !target.is_head() => self.read_packed().await?.refs,
            _ => PackedRefs::empty(),
        };
        Ok(found(name, target, loose, &packed))
    }

    /// Follows the chain of symbolic refs that begins at `name`.
    pub(super) async fn follow(&self, name: &RefName) -> Result<Followed, RefError> {
        let mut at = name.clone();
        for _ in 0..SYMBOLIC_DEPTH {
            match self.read_loose(&at).await? {
                None => return Ok((at, None)),
                Some((Loose::Id(id), version)) => return Ok((at, Some((id, version)))),
                Some((Loose::Symbolic(target), _)) => at = target,
            }
        }
        Err(self.endless(name))
    }

    /// What is said of a symbolic ref that leads nowhere.
    pub(super) fn endless(&self, name: &RefName) -> RefError {
        let reason = format!("more than {SYMBOLIC_DEPTH} symbolic refs lead to one another");
        RefError::Corrupt { key: self.layout.loose_ref(name), reason }
    }

    pub(super) async fn read_loose(
        &self,
        name: &RefName,
    ) -> Result<Option<(Loose, Version)>, RefError> {
        let key = self.layout.loose_ref(name);
        match self.store.get(&key, Some(0..LOOSE_BYTES)).await? {
            None => Ok(None),
            Some(value) if value.size_bytes > LOOSE_BYTES => {
                let reason = format!("it has {} bytes, more than any ref", value.size_bytes);
                Err(RefError::Corrupt { key, reason })
            }
            Some(value) => Ok(Some((Loose::parse(&key, &value.bytes)?, value.version))),
        }
    }

    pub(super) async fn read_packed(&self) -> Result<PackedFile, RefError> {
        let key = self.layout.packed_refs();
        Ok(match self.store.get(&key, None).await? {
            None => PackedFile { refs: PackedRefs::empty(), version: None },
            Some(Value { bytes, version, .. }) => {
                PackedFile { refs: PackedRefs::parse(&key, bytes)?, version: Some(version) }
            }
        })
    }

    /// Names in `packed-refs` that no ref can have: git stops at some of them.
    ///
    /// # Errors
    /// As for any reading of refs.
    pub(crate) async fn odd_packed_names(&self) -> Result<Vec<String>, RefError> {
        let packed = self.read_packed().await?;
        let names = packed.refs.iter().filter_map(|entry| str::from_utf8(entry.name).ok());
        Ok(names.filter(|name| RefName::new(name).is_err()).map(str::to_owned).collect())
    }

    /// `packed-refs` as it is now, read only if it is no longer what `seen` shows.
    pub(super) async fn read_packed_if_changed(
        &self,
        seen: &PackedFile,
    ) -> Result<Option<PackedFile>, RefError> {
        let first_byte = self.store.get(&self.layout.packed_refs(), Some(0..1)).await?;
        if first_byte.map(|value| value.version) == seen.version {
            return Ok(None);
        }
        Ok(Some(self.read_packed().await?))
    }
}

/// The ref `name`, which leads to `target`, whose loose file is `loose`.
pub(super) fn found(
    name: &RefName,
    target: RefName,
    loose: Option<(ObjectId, Version)>,
    packed: &PackedRefs,
) -> Option<Ref> {
    let (id, peeled) = match loose {
        Some((id, _)) => (id, Peeled::of_loose(&target)),
        None => packed.find(target.as_str()).map(|entry| (entry.id, entry.peeled))?,
    };
    let symbolic = (target != *name).then_some(target);
    Some(Ref { name: name.clone(), id, peeled, symbolic })
}

impl Head {
    /// The bytes of the file `HEAD`.
    pub(crate) fn write(&self) -> Vec<u8> {
        match self {
            Self::Symbolic(target) => Loose::Symbolic(target.clone()),
            Self::Detached(id) => Loose::Id(*id),
        }
        .write()
    }
}

impl Peeled {
    /// What is known without reading the object: a branch names a commit, which every writer sees
    /// to.
    pub(super) fn of_loose(name: &RefName) -> Self {
        if name.is_branch() { Self::NoTag } else { Self::Unknown }
    }
}
