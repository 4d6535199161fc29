//! The commit-graphs of stock git, which name commits whether or not anything reaches them.

use crate::{
    repository::Layout,
    store::{Expected, Store, StoreError},
};
use alloc::{string::String, vec::Vec};

/// Keys that one request for a listing asks for.
const PAGE: u32 = 1000;

/// Removes every commit-graph, and the list of a chain of them before those that it names. Returns
/// the keys.
///
/// To be done before objects are removed: git takes a commit that its graph names for stored. The
/// graphs are derived, git does without, and `git commit-graph write` makes them again.
///
/// # Source
/// gitformat-commit-graph(5); the chain: git's `Documentation/technical/commit-graph.txt`
pub(super) async fn remove<S: Store>(
    store: &S,
    layout: &Layout,
) -> Result<Vec<String>, StoreError> {
    let single = layout.commit_graph();
    let mut removed = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = store.list(&single, after.as_deref(), PAGE).await?;
        after = page.entries.last().map(|entry| entry.key.clone());
        for entry in page.entries {
            if is_graph(&single, &entry.key) {
                store.delete(&entry.key, Expected::Any).await?;
                removed.push(entry.key);
            }
        }
        if !page.more || after.is_none() {
            return Ok(removed);
        }
    }
}

/// Whether the key is a graph or the list of a chain, and not the lock or the half of one that git
/// is writing.
fn is_graph(single: &str, key: &str) -> bool {
    match key.strip_prefix(single) {
        Some("" | "s/commit-graph-chain") => true,
        Some(rest) => rest.starts_with("s/graph-") && rest.ends_with(".graph"),
        None => false,
    }
}
