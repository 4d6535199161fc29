//! The objects of a push, packed by git and stored as they are.

use super::Push;
use crate::helper::{
    HelperError,
    git::{Meter, pack_objects},
    progress::Progress,
    transfer::upload,
};
use futures_util::future::try_join;
use std::{
    cell::Cell,
    collections::{BTreeSet, HashSet},
    fs,
    path::Path,
};
use trunks_core::{
    object::ObjectId,
    refs::RefUpdate,
    store::{PART_BYTES, Store},
};

impl<S: Store> Push<'_, S> {
    /// Stores what the updates name and the other side does not have.
    pub(super) async fn store_objects(
        &self,
        updates: &[RefUpdate],
        haves: &[ObjectId],
    ) -> Result<(), HelperError> {
        let there: HashSet<&ObjectId> = haves.iter().collect();
        let wants = updates.iter().filter_map(|update| update.new);
        let wants: BTreeSet<ObjectId> = wants.filter(|id| !there.contains(id)).collect();
        if wants.is_empty() {
            return Ok(());
        }
        let wants: Vec<ObjectId> = wants.into_iter().collect();
        let dir = self.dir.path();
        for checksum in pack_objects(self.dir, self.objects, &wants, haves, self.meter())? {
            let (pack_key, idx_key) = self.core.pack_keys(self.name, &checksum).await?;
            let pack = dir.join(format!("pack-{checksum}.pack"));
            let idx = dir.join(format!("pack-{checksum}.idx"));
            self.store_pack((&pack_key, &pack), (&idx_key, &idx)).await?;
        }
        Ok(())
    }

    /// A small pack and its idx are stored at once. An idx without its pack and a pack without its
    /// idx are both passed over by readers, so that neither does harm if it is all that arrives.
    /// A large pack is stored first: it may take a while.
    async fn store_pack(
        &self,
        (pack_key, pack): (&str, &Path),
        (idx_key, idx): (&str, &Path),
    ) -> Result<(), HelperError> {
        let size = fs::metadata(pack).map_err(HelperError::local(pack))?.len();
        if size <= PART_BYTES as u64 {
            let pack = upload(self.store, pack_key, pack, drop);
            let idx = upload(self.store, idx_key, idx, drop);
            try_join(pack, idx).await?;
            return Ok(());
        }
        let parts = size.div_ceil(PART_BYTES as u64);
        let mut progress = Progress::new("Storing parts", parts, self.meter() == Meter::Shown);
        let (stored, done) = (Cell::new(0), Cell::new(0));
        upload(self.store, pack_key, pack, |bytes| {
            stored.set(stored.get() + bytes);
            done.set(done.get() + 1);
            progress.update(done.get(), stored.get());
        })
        .await?;
        progress.finish(stored.get());
        Ok(upload(self.store, idx_key, idx, drop).await?)
    }

    fn meter(&self) -> Meter {
        if self.options.progress && self.options.verbosity > 0 {
            Meter::Shown
        } else {
            Meter::Hidden
        }
    }
}
