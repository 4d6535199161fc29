//! The stored layout of a repository; creating, listing and deleting.

mod layout;
mod name;

pub use layout::Layout;
pub use name::{InvalidRepoName, RepoName};

use crate::{
    limits::Limits,
    odb::Objects,
    refs::{RefError, Refs},
    store::{Store, StoreError},
};
use alloc::{string::String, vec::Vec};

/// One repository in a store: a trunk.
#[derive(Debug)]
pub struct Repository<S> {
    /// Its objects.
    pub objects: Objects<S>,
    /// Its refs.
    pub refs: Refs<S>,
    layout: Layout,
    store: S,
}

/// How a repository is made.
#[derive(Clone, Debug)]
pub struct CreateOptions {
    /// The branch that `HEAD` follows, without `refs/heads/`.
    pub default_branch: String,
    /// Whether `info/refs` and `objects/info/packs` are kept, so that a static file server over the
    /// store can be cloned from. Costs two puts a push.
    pub is_static: bool,
    /// A random UUID that marks the repository across stores.
    pub id: String,
}

impl<S: Store + Clone> Repository<S> {
    /// The repository called `name`. Makes no request, so it may turn out not to exist.
    pub fn open(store: S, name: &RepoName, limits: Limits) -> Self {
        let layout = Layout::new(name);
        Self {
            objects: Objects::new(store.clone(), layout.clone(), limits),
            refs: Refs::new(store.clone(), layout.clone()),
            layout,
            store,
        }
    }

    /// Makes an empty repository.
    ///
    /// # Errors
    /// `Exists`: there is one of that name; it is left as it is.
    pub async fn create(
        _store: S,
        _name: &RepoName,
        _options: &CreateOptions,
    ) -> Result<(), RepositoryError> {
        todo!()
    }

    /// The names of the repositories in a store, sorted, from the one after `after`.
    pub async fn list(
        _store: S,
        _after: Option<&str>,
        _limit: u32,
    ) -> Result<Vec<RepoName>, RepositoryError> {
        todo!()
    }

    /// Deletes every key of the repository, `HEAD` first, so that no one finds half of it.
    pub async fn delete(_store: S, _name: &RepoName) -> Result<(), RepositoryError> {
        todo!()
    }

    /// Where it is stored.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The store that it is in.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Brings `info/refs` and `objects/info/packs` up to date, where the repository is static.
    pub async fn update_server_info(&self) -> Result<(), RepositoryError> {
        todo!()
    }
}

/// Why something could not be done to a repository.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RepositoryError {
    /// There is one already.
    #[error("repository {name} exists already")]
    Exists {
        /// Its name.
        name: String,
    },
    /// There is none.
    #[error("repository {name} does not exist")]
    Missing {
        /// Its name.
        name: String,
    },
    /// Not a name.
    #[error(transparent)]
    InvalidName(#[from] InvalidRepoName),
    /// A ref failed.
    #[error(transparent)]
    Ref(#[from] RefError),
    /// The objects failed.
    #[error(transparent)]
    Read(#[from] crate::odb::ReadError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
