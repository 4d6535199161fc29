//! The stored layout of a repository; creating, listing and deleting.

mod absence;
mod config;
mod create;
mod delete;
mod error;
mod format;
mod layout;
mod list;
mod listing;
mod manifest;
mod name;
mod public;
mod server_info;
mod sharing;
mod show;
mod update;

pub use create::CreateOptions;
pub use error::{RepositoryError, UpdateError};
pub use layout::Layout;
pub use listing::{Peel, RefListing};
pub use manifest::{Manifest, MappedStorage, Role};
pub use name::{InvalidRepoName, RepoName};
pub use sharing::{InvalidSharing, Sharing};
pub use show::RepositoryInfo;

use crate::{limits::Limits, odb::Objects, refs::Refs, store::Store};
use alloc::{borrow::ToOwned, string::String};
use spin::Mutex;

/// One repository in a store: a trunk.
#[derive(Debug)]
pub struct Repository<S> {
    /// Its objects.
    pub objects: Objects<S>,
    /// Its refs.
    pub refs: Refs<S>,
    name: RepoName,
    layout: Layout,
    store: S,
    /// Whether it is static, once that was asked for.
    is_static: Mutex<Option<bool>>,
}

impl<S: Store + Clone> Repository<S> {
    /// The repository called `name`. Makes no request, so it may turn out not to exist.
    pub fn open(store: S, name: &RepoName, limits: Limits) -> Self {
        let layout = Layout::new(name);
        Self {
            objects: Objects::new(store.clone(), layout.clone(), limits),
            refs: Refs::new(store.clone(), layout.clone()),
            name: name.clone(),
            layout,
            store,
            is_static: Mutex::new(None),
        }
    }

    /// Its name.
    pub fn name(&self) -> &RepoName {
        &self.name
    }

    /// Where it is stored.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The store that it is in.
    pub fn store(&self) -> &S {
        &self.store
    }
}

/// A name in an error's message.
fn owned(name: &RepoName) -> String {
    name.as_str().to_owned()
}

#[cfg(test)]
mod tests;
