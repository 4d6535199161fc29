//! Finding the first of several refs that exists, with as few requests after one another as can be.

use super::{
    Ref, RefError, RefName, Refs,
    packed::PackedRefs,
    read::{PackedFile, found},
};
use crate::at_once::{self, side_by_side};
use crate::store::{Store, Value};

/// A `packed-refs` up to this size, in bytes, is read before it is known to be needed.
const SMALL_BYTES: u64 = 64 * 1024;

/// What [`Refs::guess_first`] found.
#[derive(Clone, Debug)]
pub(crate) struct Guess {
    /// The ref.
    pub(crate) found: Option<Ref>,
    /// What `packed-refs` showed when it was read side by side with the loose refs, if the answer
    /// stands on that: a ref may have been moved and packed in between.
    unconfirmed: Option<PackedFile>,
}

impl Guess {
    /// Whether nothing is left to be confirmed.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.unconfirmed.is_none()
    }
}

impl<S: Store> Refs<S> {
    /// Finds the first of `names` that exists, by reading the loose refs and a small `packed-refs`
    /// side by side.
    pub(crate) async fn guess_first(&self, names: &[RefName]) -> Result<Guess, RefError> {
        let reads = names.iter().map(|name| self.follow(name)).collect();
        let (reads, small) = at_once::join(side_by_side(reads), self.read_small_packed()).await;
        let is_first_loose = matches!(reads.first(), Some(Ok((_, Some(_)))));
        let (packed, is_small) = match small? {
            Some(small) => (small, true),
            None if is_first_loose => {
                (PackedFile { refs: PackedRefs::empty(), version: None }, false)
            }
            None => (self.read_packed().await?, false),
        };
        for (name, read) in names.iter().zip(reads) {
            let (target, loose) = read?;
            let is_loose = loose.is_some();
            if let Some(found) = found(name, target, loose, &packed.refs) {
                let unconfirmed = (is_small && !is_loose).then_some(packed);
                return Ok(Guess { found: Some(found), unconfirmed });
            }
        }
        Ok(Guess { found: None, unconfirmed: is_small.then_some(packed) })
    }

    /// The first of `names` that exists, now that the guess has had its time.
    pub(crate) async fn confirm_first(
        &self,
        names: &[RefName],
        guess: Guess,
    ) -> Result<Option<Ref>, RefError> {
        let is_right = match &guess.unconfirmed {
            Some(seen) => self.read_packed_if_changed(seen).await?.is_none(),
            None => true,
        };
        if is_right {
            return Ok(guess.found);
        }
        Ok(self.find_all(names).await?.into_iter().flatten().next())
    }

    /// `packed-refs`; `None` when it is not small.
    async fn read_small_packed(&self) -> Result<Option<PackedFile>, RefError> {
        let key = self.layout.packed_refs();
        match self.store.get(&key, Some(0..SMALL_BYTES)).await? {
            None => Ok(Some(PackedFile { refs: PackedRefs::empty(), version: None })),
            Some(value) if value.size_bytes > SMALL_BYTES => Ok(None),
            Some(Value { bytes, version, .. }) => {
                let refs = PackedRefs::parse(&key, bytes)?;
                Ok(Some(PackedFile { refs, version: Some(version) }))
            }
        }
    }
}
