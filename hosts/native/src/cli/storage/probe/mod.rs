//! Finding out whether a store does what the core builds on, by doing it.
//!
//! One at a time is not enough: some stores look, then write, and let several win that come at once.

mod race;
#[cfg(test)]
mod tests;

use crate::cli::{CliError, Exit};
use trunks_core::store::{Expected, Store, StoreError, Version};

/// Writes, reads, lists, compares and deletes below a key of its own, which it removes again.
///
/// # Errors
/// Says what the store did not do.
pub async fn probe<S: Store>(store: &S) -> Result<(), CliError> {
    let key = format!("trunks/.probe-{}", uuid::Uuid::new_v4());
    let keys = [key.clone(), format!("{key}-upload"), format!("{key}-race")];
    let probed = async {
        probe_value(store, &keys[0]).await?;
        probe_upload(store, &keys[1]).await?;
        race::probe(store, &keys[2]).await
    }
    .await;
    // What matters is how the probe went.
    for key in &keys {
        let removed = store.delete(key, Expected::Any).await;
        if probed.is_ok() {
            removed?;
        }
    }
    // Nobody knows these keys: what is said of them is said of the storage.
    probed.map_err(|mut error| {
        let said = keys.iter().find_map(|key| error.message.strip_prefix(key)?.strip_prefix(": "));
        if let Some(said) = said {
            error.message = said.to_owned();
        }
        error
    })
}

async fn probe_value<S: Store>(store: &S, key: &str) -> Result<(), CliError> {
    let first = store.put(key, b"first".to_vec(), Expected::Absent).await?;
    reads(store, key, b"first", &first).await?;
    refuses(store.put(key, b"again".to_vec(), Expected::Absent).await, "create a value twice")?;
    reads(store, key, b"first", &first).await?;
    let part = store.get(key, Some(1..3)).await?;
    if part.is_none_or(|part| part.bytes != b"ir" || part.size_bytes != 5) {
        return Err(broken("does not give back a part of what was written"));
    }
    let page = store.list(key, None, 10).await?;
    if !page.entries.iter().any(|entry| entry.key == key && entry.size_bytes == 5) {
        return Err(broken("does not list what was written"));
    }
    let second = store.put(key, b"second".to_vec(), Expected::Is(first.clone())).await?;
    let stale = store.put(key, b"stale".to_vec(), Expected::Is(first.clone())).await;
    refuses(stale, "replace a value that has changed")?;
    reads(store, key, b"second", &second).await?;
    refuses(store.delete(key, Expected::Is(first)).await, "delete a value that has changed")?;
    reads(store, key, b"second", &second).await?;
    store.delete(key, Expected::Is(second.clone())).await?;
    if store.get(key, None).await?.is_some() {
        return Err(broken("does not delete"));
    }
    let gone = store.put(key, b"gone".to_vec(), Expected::Is(second)).await;
    refuses(gone, "replace a value that was deleted")
}

/// What is written in parts is seen whole or not at all, and only where nothing is.
async fn probe_upload<S: Store>(store: &S, key: &str) -> Result<(), CliError> {
    let upload = store.upload_start(key).await?;
    let part = store.upload_part(&upload, 1, b"in parts".to_vec()).await?;
    if store.get(key, None).await?.is_some() {
        return Err(broken("shows a value before all its parts are there"));
    }
    let version = store.upload_finish(&upload, vec![part], Expected::Absent).await?;
    reads(store, key, b"in parts", &version).await?;
    let upload = store.upload_start(key).await?;
    let part = store.upload_part(&upload, 1, b"again".to_vec()).await?;
    let again = store.upload_finish(&upload, vec![part], Expected::Absent).await;
    refuses(again, "create a value in parts twice")?;
    reads(store, key, b"in parts", &version).await
}

async fn reads<S: Store>(
    store: &S,
    key: &str,
    bytes: &[u8],
    version: &Version,
) -> Result<(), CliError> {
    let value = store.get(key, None).await?;
    match value {
        Some(value) if value.bytes == bytes && value.version == *version => Ok(()),
        _ => Err(broken("does not give back what was written")),
    }
}

fn refuses<T>(outcome: Result<T, StoreError>, what: &str) -> Result<(), CliError> {
    match outcome {
        Err(StoreError::Conflict { .. }) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err(unsafe_for_refs(&format!("lets a writer {what}"))),
    }
}

/// It heeds no conditions: two pushes at once would both succeed, and one be lost.
fn unsafe_for_refs(what: &str) -> CliError {
    CliError::new(Exit::Unfit, format!("this storage {what}: branches could lose commits")).advise(
        "keep repositories where conditional writes are heeded: S3, R2, GCS, Azure, a current MinIO or \
         Ceph, Postgres, SFTP, a disk",
    )
}

fn broken(what: &str) -> CliError {
    CliError::new(Exit::Unfit, format!("this storage {what}"))
        .advise("it cannot hold repositories: use another, or ask who runs it")
}
