//! Moving refs to objects that are stored already.

use super::{Repository, RepositoryError, UpdateError};
use crate::{
    at_once::{self, side_by_side},
    object::Kind,
    odb::ReadError,
    refs::{Head, RefUpdate},
    store::Store,
};
use alloc::{borrow::ToOwned, vec::Vec};
use futures_util::future;

impl<S: Store + Clone> Repository<S> {
    /// Moves refs, each by compare-and-swap, once the objects that they are to name are known to be
    /// stored, and brings `info/refs` and `objects/info/packs` up to date.
    ///
    /// For whoever has stored a pack and its idx: what the objects reach is not looked at. The
    /// outcomes are in the order of the updates. When only the last step fails, the refs have moved,
    /// and the next one mends it.
    ///
    /// # Errors
    /// `Missing`: there is no repository. `Unsupported`: it is stored in a format that is not known.
    pub async fn update_refs(
        &self,
        updates: &[RefUpdate],
    ) -> Result<Vec<Result<(), UpdateError>>, RepositoryError> {
        let checks = updates.iter().map(|update| self.check_object(update)).collect();
        self.apply(updates, side_by_side(checks)).await
    }

    /// As [`Repository::update_refs`], for a caller who knows that the objects are stored: they were
    /// stored by the caller, or refs that were just listed lead to them. No object is looked up, so
    /// that the cost is the same in a repository of any size.
    ///
    /// # Errors
    /// As [`Repository::update_refs`].
    pub async fn move_refs(
        &self,
        updates: &[RefUpdate],
    ) -> Result<Vec<Result<(), UpdateError>>, RepositoryError> {
        self.apply(updates, future::ready(updates.iter().map(|_| Ok(())).collect())).await
    }

    /// `checks`: whether each update may go ahead.
    async fn apply(
        &self,
        updates: &[RefUpdate],
        checks: impl Future<Output = Vec<Result<(), UpdateError>>>,
    ) -> Result<Vec<Result<(), UpdateError>>, RepositoryError> {
        // Whether it is static is asked for along with the rest; the answer is kept.
        let asked = at_once::join4(self.exists(), self.format(), self.is_static(), checks);
        let (exists, format, _, checks) = asked.await;
        if !exists? {
            return Err(self.absence().await);
        }
        format?;
        let allowed: Vec<RefUpdate> = updates
            .iter()
            .zip(&checks)
            .filter(|(_, check)| check.is_ok())
            .map(|(update, _)| update.clone())
            .collect();
        let mut moves = self.refs.update(&allowed).await.into_iter();
        let outcomes: Vec<Result<(), UpdateError>> = checks
            .into_iter()
            .map(|check| check.and_then(|()| Ok(moves.next().unwrap_or(Ok(()))?)))
            .collect();
        if outcomes.iter().any(Result::is_ok) {
            let _ = self.update_server_info_for(&allowed).await;
        }
        Ok(outcomes)
    }

    /// Writes all loose refs into `packed-refs`: [`Refs::pack`](crate::refs::Refs::pack), once the
    /// repository is known to be in a format that has one.
    ///
    /// # Errors
    /// `Unsupported`; those of `Refs::pack`.
    pub async fn pack_refs(&self) -> Result<usize, RepositoryError> {
        self.format().await?;
        Ok(self.refs.pack(&self.objects).await?)
    }

    /// Makes `HEAD` follow a branch or name a commit: [`Refs::set_head`](crate::refs::Refs::set_head),
    /// once the repository is known to be in a format in which it may.
    ///
    /// # Errors
    /// `Missing`, `Unsupported`; those of `Refs::set_head`.
    pub async fn set_head(&self, head: &Head) -> Result<(), RepositoryError> {
        let (exists, format) = at_once::join(self.exists(), self.format()).await;
        if !exists? {
            return Err(self.absence().await);
        }
        format?;
        Ok(self.refs.set_head(head).await?)
    }

    async fn check_object(&self, update: &RefUpdate) -> Result<(), UpdateError> {
        let Some(id) = update.new else { return Ok(()) };
        let name = || update.name.as_str().to_owned();
        match self.objects.header(&id).await {
            Ok((kind, _)) if kind != Kind::Commit && update.name.is_branch() => {
                Err(UpdateError::NotACommit { name: name(), id })
            }
            Ok(_) => Ok(()),
            Err(ReadError::Missing { .. }) => Err(UpdateError::MissingObject { name: name(), id }),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests;
