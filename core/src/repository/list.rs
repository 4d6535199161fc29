//! Listing the repositories of a store.

use super::{Layout, RepoName, Repository, RepositoryError};
use crate::store::Store;
use alloc::{format, string::String, vec::Vec};

/// Keys that one request for a listing asks for.
const PAGE: u32 = 1000;

impl<S: Store + Clone> Repository<S> {
    /// The names of the repositories in a store, in the order of their keys, from the one after
    /// `after`.
    ///
    /// What a repository holds is skipped, so that this takes one request for each at most.
    pub async fn list(
        store: S,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<RepoName>, RepositoryError> {
        let mut after = after
            .map(|name| Ok::<_, RepositoryError>(past(Layout::new(&RepoName::new(name)?).root())))
            .transpose()?;
        let mut names = Vec::new();
        while names.len() < limit as usize {
            let page = store.list(Layout::TRUNKS, after.as_deref(), PAGE).await?;
            for entry in &page.entries {
                let is_new = |name: &RepoName| names.last() != Some(name);
                names.extend(repository_with_head(&entry.key).filter(is_new));
            }
            match page.entries.last() {
                Some(last) if page.more => after = Some(next_cursor(&last.key)),
                _ => break,
            }
        }
        names.truncate(limit as usize);
        Ok(names)
    }
}

/// The repository whose `HEAD` the key is.
fn repository_with_head(key: &str) -> Option<RepoName> {
    let name = key.strip_prefix(Layout::TRUNKS)?.strip_suffix("HEAD")?.strip_suffix('/')?;
    // No part of a name ends like that, so what lies in a repository does not pass.
    RepoName::new(name.strip_suffix(Layout::SUFFIX)?).ok()
}

/// Where to go on listing when `key` was the last one: behind its repository, unless its `HEAD` is
/// still to come.
fn next_cursor(key: &str) -> String {
    let end = format!("{}/", Layout::SUFFIX);
    match key.split_once(&end) {
        Some((root, inside)) if inside >= "HEAD" => past(&format!("{root}{end}")),
        _ => key.into(),
    }
}

/// A key behind all that git and trunks put below `root`.
fn past(root: &str) -> String {
    format!("{root}~")
}
