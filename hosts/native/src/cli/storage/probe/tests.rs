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
async fn a_store_that_ignores_conditions_is_refused_and_left_as_it_was() {
    for (flaw, said) in [
        (Flaw::Creates, "create a value twice"),
        (Flaw::Replaces, "replace a value that has changed"),
        (Flaw::Deletes, "delete a value that has changed"),
        (Flaw::Uploads, "create a value in parts twice"),
        (Flaw::Races, "of 20 writers create one value"),
    ] {
        let store = Flawed { memory: Memory::default(), flaw };
        let error = probe(&store).await.expect_err(said);
        assert!(error.message.contains(said), "{error}");
        assert!(error.message.contains("could lose commits"), "{error}");
        assert!(error.advice.is_some());
        assert_eq!(store.memory.list("", None, 10).await.expect("listed"), Page::default());
    }
}

/// What a store does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    Creates,
    Replaces,
    Deletes,
    Uploads,
    /// Looks, then writes.
    Races,
}

struct Flawed {
    memory: Memory,
    flaw: Flaw,
}

impl Flawed {
    fn heeded(&self, expected: Expected) -> Expected {
        match (&expected, self.flaw) {
            (Expected::Absent, Flaw::Creates) | (Expected::Is(_), Flaw::Replaces) => Expected::Any,
            _ => expected,
        }
    }
}

impl Store for Flawed {
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Value>, StoreError> {
        self.memory.get(key, range).await
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        if self.flaw == Flaw::Races && expected == Expected::Absent {
            if self.memory.get(key, None).await?.is_some() {
                return Err(StoreError::Conflict { key: key.to_owned() });
            }
            tokio::task::yield_now().await;
            return self.memory.put(key, bytes, Expected::Any).await;
        }
        self.memory.put(key, bytes, self.heeded(expected)).await
    }

    async fn delete(&self, key: &str, expected: Expected) -> Result<(), StoreError> {
        let expected = if self.flaw == Flaw::Deletes { Expected::Any } else { expected };
        self.memory.delete(key, expected).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        self.memory.list(prefix, after, limit).await
    }

    async fn upload_start(&self, key: &str) -> Result<UploadId, StoreError> {
        self.memory.upload_start(key).await
    }

    async fn upload_part(
        &self,
        upload: &UploadId,
        number: u32,
        bytes: Vec<u8>,
    ) -> Result<PartId, StoreError> {
        self.memory.upload_part(upload, number, bytes).await
    }

    async fn upload_finish(
        &self,
        upload: &UploadId,
        parts: Vec<PartId>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        let expected = if self.flaw == Flaw::Uploads { Expected::Any } else { expected };
        self.memory.upload_finish(upload, parts, expected).await
    }

    async fn upload_abort(&self, upload: &UploadId) -> Result<(), StoreError> {
        self.memory.upload_abort(upload).await
    }
}
