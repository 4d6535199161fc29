//! What lies beside refs and objects: `trunk.json`, `packed-refs`, alternates.

use crate::{
    repository::{Manifest, Repository},
    store::{Store, StoreError},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use futures_util::future;

/// What is wrong with it.
///
/// # Errors
/// The store failed.
pub(super) async fn problems<S: Store + Clone>(
    repository: &Repository<S>,
) -> Result<Vec<String>, StoreError> {
    let (store, layout) = (repository.store(), repository.layout());
    let (manifest, below) = (layout.manifest(), format!("{}/", layout.packed_refs()));
    let (manifest, below, alternates) = future::try_join3(
        store.get(&manifest, None),
        store.list(&below, None, 1),
        repository.objects.alternates(),
    )
    .await?;
    let mut problems = Vec::new();
    if let Some(manifest) = manifest {
        let storages = Manifest::parse(layout, &manifest.bytes)
            .and_then(|manifest| manifest.storages(layout).map(drop));
        problems.extend(storages.err().map(|error| error.to_string()));
    }
    if !below.entries.is_empty() {
        let key = layout.packed_refs();
        problems.push(format!("{key} is corrupt: it is a directory, and no file"));
    }
    if let Some(key) = alternates {
        problems.push(format!(
            "{key}: it names other places for objects, which trunks does not follow: bring all \
             objects here with `git repack -ad` and remove that file"
        ));
    }
    Ok(problems)
}
