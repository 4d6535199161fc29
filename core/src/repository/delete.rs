//! Deleting a repository.

use super::{Layout, RepoName, Repository, RepositoryError, owned};
use crate::{
    refs::side_by_side,
    store::{Expected, Store},
};

/// Keys that one request for a listing asks for.
const PAGE: u32 = 1000;

impl<S: Store + Clone> Repository<S> {
    /// Deletes every key of the repository, `HEAD` first, so that no one finds half of it.
    ///
    /// What an earlier call that was cut short has left is deleted too.
    ///
    /// # Errors
    /// `Missing`: there is nothing of that name.
    pub async fn delete(store: S, name: &RepoName) -> Result<(), RepositoryError> {
        let layout = Layout::new(name);
        let mut page = store.list(layout.root(), None, PAGE).await?;
        if page.entries.is_empty() {
            return Err(RepositoryError::Missing { name: owned(name) });
        }
        store.delete(&layout.head(), Expected::Any).await?;
        while !page.entries.is_empty() {
            let deletes =
                page.entries.iter().map(|entry| store.delete(&entry.key, Expected::Any)).collect();
            for deleted in side_by_side(deletes).await {
                deleted?;
            }
            // From the start: what others were still writing is deleted as well.
            page = store.list(layout.root(), None, PAGE).await?;
        }
        Ok(())
    }
}
