//! Making an empty repository.

use super::{Layout, RepoName, Repository, RepositoryError, manifest::Manifest, owned};
use crate::{
    at_once::side_by_side,
    at_once::{self},
    limits::Limits,
    refs::{Head, RefError, RefName},
    store::{Expected, Store, StoreError},
};
use alloc::{format, string::String, vec, vec::Vec};

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

/// What git writes for a bare repository.
const CONFIG: &str = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n";

/// Stock git that pushes into the directory then keeps the two files as well.
const STATIC_CONFIG: &str = "[receive]\n\tupdateServerInfo = true\n";

/// Keys that are looked at to tell an empty place from one where something is left.
const REMAINS: u32 = 16;

impl<S: Store + Clone> Repository<S> {
    /// Makes an empty repository.
    ///
    /// It exists once its `HEAD` does, which is written last. Of several who make it at once, one
    /// succeeds.
    ///
    /// # Errors
    /// `Exists`: there is one of that name; it is left as it is. `Deleting`, `Headless`, `Remains`:
    /// there is something left of one.
    pub async fn create(
        store: S,
        name: &RepoName,
        options: &CreateOptions,
    ) -> Result<(), RepositoryError> {
        let layout = Layout::new(name);
        let branch = RefName::new(&format!("refs/heads/{}", options.default_branch))
            .map_err(RefError::InvalidName)?;
        let head = layout.head();
        let files = files(&layout, options);
        let exists = || Err(RepositoryError::Exists { name: owned(name) });
        let (present, page) =
            at_once::join(store.get(&head, Some(0..1)), store.list(layout.root(), None, REMAINS))
                .await;
        if present?.is_some() {
            return exists();
        }
        let is_left = |key: &String| *key != head && !files.iter().any(|(own, _)| own == key);
        if let Some(key) = page?.entries.into_iter().map(|entry| entry.key).find(is_left) {
            // Someone else may have been quicker, and have pushed to it already.
            return match store.get(&head, Some(0..1)).await? {
                Some(_) => exists(),
                None => match Self::open(store, name, Limits::default()).absence().await {
                    RepositoryError::Missing { name } => {
                        Err(RepositoryError::Remains { name, key })
                    }
                    absence => Err(absence),
                },
            };
        }
        let puts = files
            .into_iter()
            .map(|(key, bytes)| {
                let store = &store;
                async move { store.put(&key, bytes, Expected::Absent).await }
            })
            .collect();
        for put in side_by_side(puts).await {
            match put {
                // Whoever else is making it, or gave up doing so, has written the same.
                Ok(_) | Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        match store.put(&head, Head::Symbolic(branch).write(), Expected::Absent).await {
            Ok(_) => Ok(()),
            Err(StoreError::Conflict { .. }) => exists(),
            Err(error) => Err(error.into()),
        }
    }
}

/// All that a new repository holds but its `HEAD`.
fn files(layout: &Layout, options: &CreateOptions) -> Vec<(String, Vec<u8>)> {
    let manifest = Manifest::new(options).write();
    let mut config = String::from(CONFIG);
    let mut files = vec![(layout.manifest(), manifest)];
    if options.is_static {
        config.push_str(STATIC_CONFIG);
        files.push((layout.info_refs(), Vec::new()));
        files.push((layout.info_packs(), b"\n".to_vec()));
    }
    files.push((layout.config(), config.into_bytes()));
    files
}
