//! Finding out whether a store does what the core builds on, by doing it.

use crate::cli::{CliError, Exit};
use futures_util::future::join_all;
use trunks_core::store::{Expected, Store, StoreError, Version};

/// How many try to write one key at once: a store that lets two win is found out.
const RIVALS: usize = 8;

/// Writes, reads, lists, compares and deletes below a key of its own, which it removes again.
///
/// # Errors
/// Says what the store did not do.
pub async fn probe<S: Store>(store: &S) -> Result<(), CliError> {
    let key = format!("trunks/.probe-{}", uuid::Uuid::new_v4());
    let probed = probe_at(store, &key).await;
    // What matters is how the probe went.
    let removed = store.delete(&key, Expected::Any).await;
    probed?;
    removed?;
    Ok(())
}

async fn probe_at<S: Store>(store: &S, key: &str) -> Result<(), CliError> {
    let first = store.put(key, b"first".to_vec(), Expected::Absent).await?;
    refuses(store.put(key, b"again".to_vec(), Expected::Absent).await, "create a value twice")?;
    let value = store.get(key, None).await?;
    if value.is_none_or(|value| value.bytes != b"first" || value.version != first) {
        return Err(unfit("does not give back what was written"));
    }
    let part = store.get(key, Some(1..3)).await?;
    if part.is_none_or(|part| part.bytes != b"ir") {
        return Err(unfit("does not give back a part of what was written"));
    }
    let page = store.list(key, None, 10).await?;
    if !page.entries.iter().any(|entry| entry.key == key) {
        return Err(unfit("does not list what was written"));
    }
    store.put(key, b"second".to_vec(), Expected::Is(first.clone())).await?;
    refuses(
        store.put(key, b"stale".to_vec(), Expected::Is(first)).await,
        "replace a value that has changed",
    )?;
    store.delete(key, Expected::Any).await?;
    if store.get(key, None).await?.is_some() {
        return Err(unfit("does not delete"));
    }
    let rivals = (0..RIVALS)
        .map(|number| store.put(key, format!("rival {number}").into_bytes(), Expected::Absent));
    let won = join_all(rivals).await.into_iter().filter(Result::is_ok).count();
    match won {
        1 => Ok(()),
        0 => Err(unfit("lets nobody create a value when several try at once")),
        _ => Err(unfit("lets several create one value at once: branches could lose commits")),
    }
}

fn refuses(outcome: Result<Version, StoreError>, what: &str) -> Result<(), CliError> {
    match outcome {
        Err(StoreError::Conflict { .. }) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err(unfit(&format!("lets a writer {what}: branches could lose commits"))),
    }
}

fn unfit(what: &str) -> CliError {
    CliError::new(Exit::Failed, format!("this storage {what}"))
        .advise("it cannot hold repositories safely: use another")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::Range;
    use trunks_core::store::{Memory, Page, PartId, UploadId, Value};

    #[tokio::test]
    async fn a_sound_store_passes_and_is_left_as_it_was() {
        let store = Memory::default();
        probe(&store).await.expect("sound");
        assert_eq!(store.list("", None, 10).await.expect("listed"), Page::default());
    }

    #[tokio::test]
    async fn a_store_that_ignores_conditions_is_refused() {
        let error = probe(&Careless(Memory::default())).await.expect_err("careless");
        assert!(error.message.contains("create a value twice"), "{error}");
    }

    /// Writes whatever it is given.
    struct Careless(Memory);

    impl Store for Careless {
        async fn get(
            &self,
            key: &str,
            range: Option<Range<u64>>,
        ) -> Result<Option<Value>, StoreError> {
            self.0.get(key, range).await
        }

        async fn put(&self, key: &str, bytes: Vec<u8>, _: Expected) -> Result<Version, StoreError> {
            self.0.put(key, bytes, Expected::Any).await
        }

        async fn delete(&self, key: &str, _: Expected) -> Result<(), StoreError> {
            self.0.delete(key, Expected::Any).await
        }

        async fn list(
            &self,
            prefix: &str,
            after: Option<&str>,
            limit: u32,
        ) -> Result<Page, StoreError> {
            self.0.list(prefix, after, limit).await
        }

        async fn upload_start(&self, key: &str) -> Result<UploadId, StoreError> {
            self.0.upload_start(key).await
        }

        async fn upload_part(
            &self,
            upload: &UploadId,
            number: u32,
            bytes: Vec<u8>,
        ) -> Result<PartId, StoreError> {
            self.0.upload_part(upload, number, bytes).await
        }

        async fn upload_finish(
            &self,
            upload: &UploadId,
            parts: Vec<PartId>,
            _: Expected,
        ) -> Result<Version, StoreError> {
            self.0.upload_finish(upload, parts, Expected::Any).await
        }

        async fn upload_abort(&self, upload: &UploadId) -> Result<(), StoreError> {
            self.0.upload_abort(upload).await
        }
    }
}
