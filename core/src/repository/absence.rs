//! Why a repository has no `HEAD`: there is none, it is being deleted, or `HEAD` was lost.

use super::{Repository, RepositoryError, owned};
use crate::store::{Page, Store, StoreError};
use alloc::{borrow::ToOwned, string::String};
use futures_util::future;

impl<S: Store + Clone> Repository<S> {
    /// Whether it exists: one request.
    pub async fn exists(&self) -> Result<bool, StoreError> {
        Ok(self.store.get(&self.layout.head(), Some(0..1)).await?.is_some())
    }

    /// Demands that it exists: one request.
    pub(crate) async fn demand(&self) -> Result<(), RepositoryError> {
        if self.exists().await? { Ok(()) } else { Err(self.absence().await) }
    }

    /// What is said of a repository whose `HEAD` was not found. Looks at what else there is of it.
    ///
    /// A deletion marks that it has begun before it removes anything, and a creation writes nothing but
    /// its own few files before `HEAD`. So where there are refs or packs, and no mark, `HEAD` was lost.
    pub(crate) async fn absence(&self) -> RepositoryError {
        let (layout, store) = (&self.layout, &self.store);
        let (mark, refs, packed) = (layout.deleting(), layout.refs_prefix(), layout.packed_refs());
        let packs = layout.packs_prefix();
        let looks = future::try_join4(
            store.get(&mark, Some(0..0)),
            first(store, &refs),
            first(store, &packed),
            first(store, &packs),
        );
        let (mark, loose, packed, pack) = match looks.await {
            Ok(found) => found,
            Err(error) => return error.into(),
        };
        let name = owned(&self.name);
        if mark.is_some() {
            return RepositoryError::Deleting { name };
        }
        let branch = loose.as_deref().and_then(|key| key.strip_prefix(layout.root()));
        let branch = branch.filter(|branch| branch.starts_with("refs/heads/"));
        let branch = branch.unwrap_or("refs/heads/main").to_owned();
        match loose.or(packed).or(pack) {
            Some(found) => RepositoryError::Headless { key: layout.head(), found, branch },
            None => RepositoryError::Missing { name },
        }
    }
}

/// The first key that begins so.
async fn first<S: Store>(store: &S, prefix: &str) -> Result<Option<String>, StoreError> {
    let Page { entries, .. } = store.list(prefix, None, 1).await?;
    Ok(entries.into_iter().next().map(|entry| entry.key))
}
