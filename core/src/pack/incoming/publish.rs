//! Making a pack visible: it and its idx, under names that agree.

use super::spool::Spooled;
use crate::{
    at_once::join,
    check,
    object::ObjectId,
    pack::index::{self, IndexEntry},
    repository::Layout,
    store::{Expected, Store, StoreError, Version},
};
use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
    vec::Vec,
};

/// Writes the idx, and the pack if it is in memory, and returns the name of both.
///
/// `entries`: of the pack, sorted by id. `nonce`: a name that no one else has.
///
/// # Errors
/// A pack that was stored before is left to the caller. Of one that was not, it or its idx may be left, which
/// readers pass over and a clean removes.
pub(super) async fn publish<S: Store>(
    store: &S,
    layout: &Layout,
    spooled: Spooled,
    mut entries: Vec<IndexEntry>,
    checksum: ObjectId,
    nonce: &str,
) -> Result<String, StoreError> {
    match spooled {
        Spooled::Memory(pack) => publish_whole(store, layout, pack, entries, checksum, nonce).await,
        Spooled::Stored { .. } => {
            let idx = index::write(&mut entries, checksum);
            drop(entries);
            let key = layout.idx(nonce);
            let size_bytes = idx.len() as u64;
            let outcome = store.put(&key, idx, Expected::Absent).await;
            settle(store, &key, size_bytes, outcome).await?;
            Ok(nonce.to_owned())
        }
    }
}

/// Stores a pack that is in memory and its idx at once, and returns the name of both.
///
/// `entries`: of the pack. `nonce`: a name that no one else has.
///
/// # Errors
/// One of the two may be left, which readers pass over and a clean removes.
pub(crate) async fn publish_whole<S: Store>(
    store: &S,
    layout: &Layout,
    pack: Vec<u8>,
    mut entries: Vec<IndexEntry>,
    checksum: ObjectId,
    nonce: &str,
) -> Result<String, StoreError> {
    let idx = index::write(&mut entries, checksum);
    drop(entries);
    let name = checksum.to_string();
    let pair = Pair { store, layout, name: &name };
    match pair.put(pack, idx).await? {
        Put::Done => Ok(name),
        Put::Doomed => pair.copy_as(nonce).await,
    }
}

/// A pack and its idx.
struct Pair<'p, S> {
    store: &'p S,
    layout: &'p Layout,
    name: &'p str,
}

/// What came of putting a pack and its idx.
enum Put {
    /// They are stored, by us or by an earlier writer of the same pack.
    Done,
    /// An earlier writer stored the same pack, and a clean may be about to remove that, or has.
    Doomed,
}

impl<S: Store> Pair<'_, S> {
    /// Writes both at once.
    ///
    /// The name is the pack's hash, so what is there already is the same; it may be used unless a
    /// clean has named it as rubbish: see [`crate::check`].
    async fn put(&self, pack: Vec<u8>, idx: Vec<u8>) -> Result<Put, StoreError> {
        let (pack_key, idx_key) = (self.layout.pack(self.name), self.layout.idx(self.name));
        let sizes_bytes = (pack.len() as u64, idx.len() as u64);
        let (pack, idx) = join(
            self.store.put(&pack_key, pack, Expected::Absent),
            self.store.put(&idx_key, idx, Expected::Absent),
        )
        .await;
        let pack = settle(self.store, &pack_key, sizes_bytes.0, pack).await;
        let idx = settle(self.store, &idx_key, sizes_bytes.1, idx).await;
        match (pack, idx) {
            (Ok(Written::New), Ok(Written::New)) => Ok(Put::Done),
            (Ok(_), Ok(_)) => {
                let keys = [pack_key.as_str(), idx_key.as_str()];
                let is_doomed = check::is_doomed(self.store, self.layout, &keys).await?;
                Ok(if is_doomed { Put::Doomed } else { Put::Done })
            }
            // What was written stays for a clean: another writer of the same pack may have found it, and
            // rely on it.
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }

    /// Writes both once more, under a name that no clean knows.
    ///
    /// # Errors
    /// `Conflict`: the clean was quicker.
    async fn copy_as(&self, name: &str) -> Result<String, StoreError> {
        let copies = [
            (self.layout.pack(self.name), self.layout.pack(name)),
            (self.layout.idx(self.name), self.layout.idx(name)),
        ];
        for (from, to) in copies {
            let Some(value) = self.store.get(&from, None).await? else {
                return Err(StoreError::Conflict { key: from });
            };
            let outcome = self.store.put(&to, value.bytes, Expected::Absent).await;
            settle(self.store, &to, value.size_bytes, outcome).await?;
        }
        Ok(name.to_owned())
    }
}

/// Whether a write found what it was to write.
enum Written {
    /// It did not.
    New,
    /// It did, and left it.
    Before,
}

/// Finds out what became of a write of `size_bytes` to a key that is only ever given one value.
async fn settle<S: Store>(
    store: &S,
    key: &str,
    size_bytes: u64,
    outcome: Result<Version, StoreError>,
) -> Result<Written, StoreError> {
    match outcome {
        Ok(_) => Ok(Written::New),
        Err(StoreError::Conflict { .. }) => Ok(Written::Before),
        Err(error @ StoreError::Unavailable { .. }) => match store.get(key, Some(0..0)).await? {
            Some(value) if value.size_bytes == size_bytes => Ok(Written::Before),
            _ => Err(error),
        },
        Err(error) => Err(error),
    }
}
