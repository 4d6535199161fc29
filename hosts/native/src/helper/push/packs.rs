//! The objects of a push, packed by git and stored as they are.

use super::{Push, deltas::has_long_delta};
use crate::helper::{
    HelperError,
    git::{Meter, OldDeltas, Packing, pack_objects},
    progress::Progress,
    transfer::{Stored, upload},
};
use futures_util::future::try_join;
use std::{
    cell::Cell,
    collections::{BTreeSet, HashSet},
    fs,
    path::{Path, PathBuf},
};
use trunks_core::{
    limits::Limits,
    object::ObjectId,
    refs::RefUpdate,
    store::{PART_BYTES, Store},
};

impl<S: Store> Push<'_, S> {
    /// Stores what the updates name and the other side does not have. Returns the keys of the packs.
    pub(super) async fn store_objects(
        &self,
        updates: &[RefUpdate],
        haves: &[ObjectId],
    ) -> Result<Vec<String>, HelperError> {
        let there: HashSet<&ObjectId> = haves.iter().collect();
        let wants = updates.iter().filter_map(|update| update.new);
        let wants: BTreeSet<ObjectId> = wants.filter(|id| !there.contains(id)).collect();
        if wants.is_empty() {
            return Ok(Vec::new());
        }
        let wants: Vec<ObjectId> = wants.into_iter().collect();
        let mut keys = Vec::new();
        for checksum in self.make_packs(&wants, haves)? {
            keys.push(self.store_pack(&checksum).await?);
        }
        Ok(keys)
    }

    /// Has git make the packs. Old deltas of objects that are too long for the core come along with
    /// the quick way of doing so: then it is done again without them.
    fn make_packs(
        &self,
        wants: &[ObjectId],
        haves: &[ObjectId],
    ) -> Result<Vec<ObjectId>, HelperError> {
        let limit_bytes = Limits::default().held_object_bytes;
        let packing = Packing {
            dir: self.dir,
            objects: self.objects,
            wants,
            haves,
            delta_limit_bytes: self.big_file_bytes.min(limit_bytes),
            meter: self.meter(),
        };
        let packs = pack_objects(&packing, OldDeltas::Reused)?;
        for checksum in &packs {
            let [pack, idx] = self.files(checksum);
            if has_long_delta(&pack, &idx, limit_bytes)? {
                for path in packs.iter().flat_map(|checksum| self.files(checksum)) {
                    fs::remove_file(&path).map_err(HelperError::local(&path))?;
                }
                return Ok(pack_objects(&packing, OldDeltas::MadeAnew)?);
            }
        }
        Ok(packs)
    }

    /// The pack and the idx that git has made.
    fn files(&self, checksum: &ObjectId) -> [PathBuf; 2] {
        ["pack", "idx"].map(|end| self.dir.path().join(format!("pack-{checksum}.{end}")))
    }

    /// Stores a pack and its idx, unless they are stored already, by a push that came to nothing. If
    /// a clean may have found those to be rubbish, they are stored under another name. Returns the
    /// pack's key.
    async fn store_pack(&self, checksum: &ObjectId) -> Result<String, HelperError> {
        let keys = self.core.pack_keys(self.name, checksum).await?;
        let is_doomed = match self.upload(checksum, &keys).await? {
            Stored::Now => false,
            Stored::Before => self.core.is_doomed(self.name, &[&keys.0, &keys.1]).await?,
        };
        if !is_doomed {
            return Ok(keys.0);
        }
        let mut nonce = [0; ObjectId::BYTES];
        getrandom::fill(&mut nonce).map_err(|error| HelperError::Streams(error.into()))?;
        let keys = self.core.pack_keys(self.name, &nonce.into()).await?;
        self.upload(checksum, &keys).await?;
        Ok(keys.0)
    }

    /// A small pack and its idx are stored at once. An idx without its pack and a pack without its
    /// idx are both passed over by readers, so that neither does harm if it is all that arrives.
    /// A large pack is stored first: it may take a while.
    async fn upload(
        &self,
        checksum: &ObjectId,
        (pack_key, idx_key): &(String, String),
    ) -> Result<Stored, HelperError> {
        let [pack, idx] = self.files(checksum);
        let size = fs::metadata(&pack).map_err(HelperError::local(&pack))?.len();
        let (pack, idx) = if size <= PART_BYTES as u64 {
            let pack = upload(self.store, pack_key, &pack, drop);
            let idx = upload(self.store, idx_key, &idx, drop);
            try_join(pack, idx).await?
        } else {
            let pack = self.upload_large(pack_key, &pack, size).await?;
            (pack, upload(self.store, idx_key, &idx, drop).await?)
        };
        Ok(if (pack, idx) == (Stored::Now, Stored::Now) { Stored::Now } else { Stored::Before })
    }

    async fn upload_large(
        &self,
        key: &str,
        pack: &Path,
        size_bytes: u64,
    ) -> Result<Stored, HelperError> {
        let parts = size_bytes.div_ceil(PART_BYTES as u64);
        let mut progress = Progress::new("Storing parts", parts, self.meter() == Meter::Shown);
        let (sent, done) = (Cell::new(0), Cell::new(0));
        let stored = upload(self.store, key, pack, |bytes| {
            sent.set(sent.get() + bytes);
            done.set(done.get() + 1);
            progress.update(done.get(), sent.get());
        })
        .await?;
        if stored == Stored::Now {
            progress.finish(sent.get());
        }
        Ok(stored)
    }

    fn meter(&self) -> Meter {
        if self.options.progress && self.options.verbosity > 0 {
            Meter::Shown
        } else {
            Meter::Hidden
        }
    }
}
