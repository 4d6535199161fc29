//! The store, and the repository in it, that a command is about.

use super::{
    CliError, Exit,
    arguments::Backend,
    backend::{self, Named},
    workspace::Workspace,
};
use crate::{
    component::{Core, CoreError, Guest},
    mirror::Trunk,
    settings::Storage,
    store::{AnyStore, RemoteUrl, StoreOptions, StoreSpec},
};
use trunks_core::repository::RepoName;

/// A repository in a store, and the core over that store.
#[derive(Debug)]
pub struct Place {
    /// Where it is.
    pub remote: RemoteUrl,
    /// Its store.
    pub store: AnyStore,
    /// The core over its store.
    pub core: Guest,
}

impl Place {
    /// The repository at `url`, or else the one of this directory in its primary storage.
    pub fn find(url: Option<&str>) -> Result<Self, CliError> {
        match url {
            Some(url) => {
                let RemoteUrl { store, name } = RemoteUrl::parse(url)?;
                Self::open(&completed(StoreSpec::new(store, StoreOptions::new()))?, name)
            }
            None => {
                let settings = Workspace::find()?.settings()?;
                Self::open(&settings.primary()?.connected()?, settings.name()?)
            }
        }
    }

    /// The repository called `name` in a store.
    pub fn open(spec: &StoreSpec, name: RepoName) -> Result<Self, CliError> {
        let store = spec.open()?;
        let core = guest(&store)?;
        Ok(Self { remote: spec.url.join(&name), store, core })
    }

    /// The same, as a mirror follows it.
    pub fn trunk(&self) -> Trunk {
        let Self { remote, store, core } = self;
        Trunk { remote: remote.clone(), store: store.clone(), core: core.clone() }
    }

    /// The repository's name.
    pub fn name(&self) -> &RepoName {
        &self.remote.name
    }

    /// An error about this repository, saying where it was looked for.
    pub fn explain(&self, error: CoreError) -> CliError {
        let error = CliError::from(error);
        match error.exit {
            Exit::NotFound => {
                let message = format!("{}: {}", self.remote, error.message);
                CliError { message, ..error }
            }
            _ => error,
        }
    }
}

/// The core over a store.
pub fn guest(store: &AnyStore) -> Result<Guest, CliError> {
    Ok(Guest::new(Core::shared()?, store.as_shared()))
}

/// The store that options name, or else the primary storage of this directory.
pub fn store_of(backend: &Backend) -> Result<StoreSpec, CliError> {
    match backend::named(backend)? {
        Some(Named::Store(spec)) => completed(spec),
        Some(Named::Git { .. }) => Err(CliError::new(
            Exit::Usage,
            "a repository of git's can only be a mirror, and mirrors hold what the primary holds",
        )),
        None => Ok(Workspace::find()?.settings()?.primary()?.connected()?),
    }
}

/// A store, with what is saved of it in this directory's repository, if it is one of its storages, and
/// else what the environment says of a primary one. What is said already goes first.
pub fn completed(spec: StoreSpec) -> Result<StoreSpec, CliError> {
    let settings = match Workspace::find() {
        Ok(workspace) => workspace.settings_if_any()?,
        Err(_) => None,
    };
    Ok(match settings.as_ref().and_then(|settings| settings.storage_at(&spec.url)) {
        Some(storage) => {
            spec.require_directory()?;
            spec.or(&storage.options).or_environment(&[&storage.name])
        }
        None => spec.or_environment(&[Storage::PRIMARY]),
    })
}
