//! Mirrors: places that hold what the primary store of a repository holds.
//!
//! The primary decides who wins: refs move there first, by compare-and-swap, and every mirror then
//! follows. `docs/adr/0012-mirrors-follow-the-primary.md` says why. A mirror is brought in line before
//! a push as well, so that one that cannot be reached stops the push before anything has moved, and one
//! that was away catches up with the next push, whether there is anything new to push or not.

mod error;
mod find;
mod follow;
mod git;
pub mod map;
mod objects;

pub use error::MirrorError;
pub use find::{find, open};
pub use git::GitRemote;

use crate::{
    component::Guest,
    store::{AnyStore, RemoteUrl},
};
use futures_util::future::join_all;
use trunks_core::{object::ObjectId, refs::RefName};

/// A repository in a store, with the core over it.
#[derive(Clone, Debug)]
pub struct Trunk {
    /// Where it is.
    pub remote: RemoteUrl,
    /// The store.
    pub store: AnyStore,
    /// The core over it.
    pub core: Guest,
}

/// A place that follows a primary.
#[derive(Clone, Debug)]
pub struct Mirror {
    /// What its users call it.
    pub name: String,
    /// Where it is.
    pub target: Target,
}

/// Where a mirror is.
#[derive(Clone, Debug)]
pub enum Target {
    /// A store like the primary's.
    Trunk(Trunk),
    /// Any repository that git can push to.
    Git(GitRemote),
}

/// What is known of the push that a mirror is to follow.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pushed<'p> {
    /// Refs that were deleted. A store holds nothing but what the primary holds, but another git
    /// server may have refs of its own.
    pub gone: &'p [RefName],
    /// What the primary's refs named before. A mirror that names the same is asked nothing.
    pub had: &'p [ObjectId],
}

impl Mirror {
    /// Brings it in line with the primary.
    ///
    /// # Errors
    /// It does not hold what the primary holds; the primary is as it was.
    pub async fn follow(&self, primary: &Trunk, pushed: Pushed<'_>) -> Result<(), MirrorError> {
        match &self.target {
            Target::Trunk(trunk) => follow::follow(primary, trunk, &self.name, pushed).await,
            Target::Git(remote) => remote.follow(primary, &self.name, pushed).await,
        }
    }
}

/// Brings all mirrors in line with the primary, side by side.
///
/// # Errors
/// The first of those that were missed; all others have been tried.
pub async fn follow_all(
    mirrors: &[Mirror],
    primary: &Trunk,
    pushed: Pushed<'_>,
) -> Result<(), MirrorError> {
    let outcomes = join_all(mirrors.iter().map(|mirror| mirror.follow(primary, pushed))).await;
    outcomes.into_iter().collect()
}
