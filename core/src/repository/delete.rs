//! Deleting a repository.

use super::{Layout, RepoName, Repository, RepositoryError, owned};
use crate::{
    at_once::side_by_side,
    store::{Expected, Store, StoreError},
};
use alloc::vec::Vec;

/// Keys that one request for a listing asks for.
const PAGE: u32 = 1000;

/// What the mark says to who finds it.
const MARK: &[u8] = b"This repository is being deleted. Delete it again if that was cut short.\n";

impl<S: Store + Clone> Repository<S> {
    /// Deletes every key of the repository, `HEAD` first, so that no one finds half of it.
    ///
    /// What an earlier call that was cut short has left is deleted too. A mark, which is put first and
    /// goes last, tells such a repository from one whose `HEAD` was lost.
    ///
    /// # Errors
    /// `Missing`: there is nothing of that name.
    pub async fn delete(store: S, name: &RepoName) -> Result<(), RepositoryError> {
        let layout = Layout::new(name);
        if store.list(layout.root(), None, 1).await?.entries.is_empty() {
            return Err(RepositoryError::Missing { name: owned(name) });
        }
        let mark = layout.deleting();
        match store.put(&mark, MARK.to_vec(), Expected::Any).await {
            // Where there is no room for it, room is what a deletion makes.
            Ok(_) | Err(StoreError::Failed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        store.delete(&layout.head(), Expected::Any).await?;
        loop {
            // From the start each time: what others were still writing is deleted as well.
            let page = store.list(layout.root(), None, PAGE).await?;
            let keys = page.entries.iter().map(|entry| &entry.key).filter(|key| **key != mark);
            let deletes: Vec<_> = keys.map(|key| store.delete(key, Expected::Any)).collect();
            if deletes.is_empty() {
                break;
            }
            for deleted in side_by_side(deletes).await {
                deleted?;
            }
        }
        Ok(store.delete(&mark, Expected::Any).await?)
    }
}
