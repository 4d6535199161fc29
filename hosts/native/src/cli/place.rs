//! The store, and the repository in it, that a command is about.

use super::{CliError, Exit, arguments::Backend, workspace::Workspace};
use crate::{
    component::{Core, CoreError, Guest},
    settings::Storage,
    store::{AnyStore, RemoteUrl, StoreOptions, StoreSpec, StoreUrl},
};
use std::{
    io,
    path::{Component, Path, PathBuf},
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
                Self::open(&spec_at(store, StoreOptions::new())?, name)
            }
            None => {
                let settings = Workspace::find()?.settings()?;
                Self::open(&settings.primary()?.spec()?, settings.name()?)
            }
        }
    }

    /// The repository called `name` in a store.
    pub fn open(spec: &StoreSpec, name: RepoName) -> Result<Self, CliError> {
        let store = spec.open()?;
        let core = guest(&store)?;
        Ok(Self { remote: spec.url.join(&name), store, core })
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

/// The store at `url`, with what is saved of it in this directory's repository, if it is one of its
/// storages, and else what the environment says of a primary one. What is `said` goes first.
pub fn spec_at(url: StoreUrl, said: StoreOptions) -> Result<StoreSpec, CliError> {
    let spec = StoreSpec::new(url, said);
    let settings = match Workspace::find() {
        Ok(workspace) => workspace.settings_if_any()?,
        Err(_) => None,
    };
    Ok(match settings.as_ref().and_then(|settings| settings.storage_at(&spec.url)) {
        Some(storage) => spec.or(&storage.options).or_environment(&[&storage.name]),
        None => spec.or_environment(&[Storage::PRIMARY]),
    })
}

/// The store that options name, or else the primary storage of this directory.
pub fn store_of(backend: &Backend) -> Result<StoreSpec, CliError> {
    match &backend.backend {
        Some(kind) => spec_at(store_named(kind, backend.path.as_deref())?, StoreOptions::new()),
        None if backend.path.is_some() => {
            Err(CliError::new(Exit::Usage, "--path needs --backend local"))
        }
        None => Ok(Workspace::find()?.settings()?.primary()?.spec()?),
    }
}

/// The store of a kind or at a URL.
pub fn store_named(backend: &str, path: Option<&Path>) -> Result<StoreUrl, CliError> {
    match (backend, path) {
        ("local", Some(path)) => directory(path),
        ("local", None) => Err(CliError::new(Exit::Usage, "the local backend needs a directory")
            .advise("name it with: --path DIR")),
        (url, None) if url.contains("://") => Ok(StoreUrl::parse(url)?),
        (url, Some(_)) if url.contains("://") => {
            Err(CliError::new(Exit::Usage, "--path goes with --backend local, not with a URL"))
        }
        (kind, _) => {
            Err(CliError::new(Exit::Usage, format!("backend {kind} needs a URL: {kind}://…")))
        }
    }
}

fn directory(path: &Path) -> Result<StoreUrl, CliError> {
    let plain =
        plain(path).map_err(|error| CliError::failed(format!("{}: {error}", path.display())))?;
    let text = plain.to_str().ok_or_else(|| {
        let message = format!("{} is not UTF-8, which a URL must be", plain.display());
        CliError::new(Exit::Usage, message)
    })?;
    Ok(StoreUrl::parse(&format!("local://{text}"))?)
}

/// The path as the system names it, free of `..` and links as far as it exists already.
fn plain(path: &Path) -> io::Result<PathBuf> {
    let mut plain = PathBuf::new();
    for component in std::path::absolute(path)?.components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
        if let Ok(real) = plain.canonicalize() {
            plain = real;
        }
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_made_plain_whether_it_exists_or_not() {
        let dir = tempfile::tempdir().expect("a directory");
        let root = dir.path().canonicalize().expect("there");
        assert_eq!(plain(&root.join("no/../such/./dir")).expect("plain"), root.join("such/dir"));
        #[cfg(unix)]
        {
            std::fs::create_dir(root.join("real")).expect("made");
            std::os::unix::fs::symlink("real", root.join("link")).expect("made");
            assert_eq!(plain(&root.join("link/../new")).expect("plain"), root.join("new"));
            assert_eq!(plain(&root.join("link/new")).expect("plain"), root.join("real/new"));
        }
    }

    #[test]
    fn a_backend_is_a_kind_with_a_directory_or_a_url() {
        let url = |backend, path: Option<&str>| {
            store_named(backend, path.map(Path::new)).map(|store| store.to_string())
        };
        assert_eq!(url("local", Some("/no-such-dir")), Ok("local:///no-such-dir".into()));
        assert_eq!(url("local:///no-such-dir", None), Ok("local:///no-such-dir".into()));
        for (backend, path, said) in [
            ("local", None, "needs a directory"),
            ("local:///dir", Some("/dir"), "not with a URL"),
            ("s3", None, "needs a URL"),
            ("floppy:///dir", None, "not known"),
        ] {
            let error = url(backend, path).expect_err(backend);
            assert!(error.message.contains(said), "{backend}: {error}");
            assert_eq!(error.exit, Exit::Usage);
        }
    }
}
