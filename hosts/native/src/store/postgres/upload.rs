//! Large values: chunks first, then the row that points at them.

use super::{
    Inner,
    attempt::Attempts,
    failure::Failure,
    form::{self, CHUNK_BYTES},
    link::Parameter,
    statements::Statements,
    write::{Content, conflict},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio_postgres::types::Type;
use trunks_core::store::{Expected, PART_BYTES, PartId, StoreError, UploadId, Version};
use uuid::Uuid;

/// So many chunks of one value or part are under way at once: no more than a part holds.
const CHUNKS: usize = PART_BYTES / CHUNK_BYTES;

const CHUNKS_A_PART: u32 = CHUNKS as u32;
const _: () = assert!(PART_BYTES.is_multiple_of(CHUNK_BYTES), "a part begins with a chunk");

impl Inner {
    /// Writes a value that does not stand in its row.
    pub(super) async fn put_large(
        &self,
        key: &str,
        bytes: &[u8],
        expected: &Expected,
    ) -> Result<Version, StoreError> {
        if bytes.len() > PART_BYTES && *expected != Expected::Any {
            self.foresee(key, expected).await?;
        }
        let id = Uuid::new_v4();
        let key_bytes = self.key(key);
        let mut puts = Vec::new();
        for (number, bytes) in (0..).zip(bytes.chunks(CHUNK_BYTES)) {
            puts.push(self.put_first_chunk(key, &key_bytes, id, number, bytes));
        }
        let content = Content::Blob { id, size_bytes: bytes.len() as u64 };
        let put = match stream::iter(puts).buffer_unordered(CHUNKS).try_collect().await {
            Ok(()) => self.put(key, &content, expected).await,
            Err(error) => Err(error),
        };
        if let Err(StoreError::Conflict { .. } | StoreError::Failed { .. }) = &put {
            let _ = self.drop_blob(key, id).await;
        }
        put
    }

    /// Begins an upload.
    pub(super) async fn upload_start(&self, key: &str) -> Result<UploadId, StoreError> {
        let id = Uuid::new_v4();
        let key_bytes = self.key(key);
        let parameters: [Parameter<'_>; 2] = [(&id, Type::UUID), (&key_bytes, Type::BYTEA)];
        self.writing(key, &self.statements.blob_start, &parameters).await?;
        Ok(UploadId(format!("{}:{key}", id.simple())))
    }

    /// Writes a part. Its receipt says number and length.
    pub(super) async fn upload_part(
        &self,
        upload: &UploadId,
        number: u32,
        bytes: &[u8],
    ) -> Result<PartId, StoreError> {
        let (id, key) = read(upload)?;
        let first = number.checked_sub(1).and_then(|before| before.checked_mul(CHUNKS_A_PART));
        let first = first.and_then(|first| i32::try_from(first).ok());
        let Some(first) = first.filter(|_| bytes.len() <= PART_BYTES) else {
            return Err(Failure::Failed(format!(
                "part {number} of {} bytes: parts are counted from 1 and hold {PART_BYTES} bytes",
                bytes.len()
            ))
            .into_error(key));
        };
        self.put_chunks(key, id, first, bytes).await?;
        Ok(PartId(format!("{number}:{}", bytes.len())))
    }

    /// Makes the parts the value.
    pub(super) async fn upload_finish(
        &self,
        upload: &UploadId,
        parts: &[PartId],
        expected: &Expected,
    ) -> Result<Version, StoreError> {
        let (id, key) = read(upload)?;
        let size_bytes = size_bytes(key, parts)?;
        let content = Content::Blob { id, size_bytes };
        let put = self.put(key, &content, expected).await;
        if put == Err(conflict(key)) {
            // If this fails too, it is swept later.
            let _ = self.drop_blob(key, id).await;
        }
        put
    }

    /// Throws an upload away.
    pub(super) async fn upload_abort(&self, upload: &UploadId) -> Result<(), StoreError> {
        let (id, key) = read(upload)?;
        self.drop_blob(key, id).await
    }

    /// Removes what uploads that nobody finished have left, if it is older than the grace period.
    pub(super) async fn sweep(&self) -> Result<(), StoreError> {
        let sql = &Statements::sweep(&self.schema, self.grace);
        loop {
            let swept = self.reading("", |link| async move { link.batch(sql).await }).await?;
            if swept.flatten().is_none_or(|count| count == "0") {
                return Ok(());
            }
        }
    }

    async fn put_chunks(
        &self,
        key: &str,
        id: Uuid,
        first: i32,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let mut puts = Vec::new();
        for (number, bytes) in (first..).zip(bytes.chunks(CHUNK_BYTES)) {
            puts.push(self.put_chunk(key, id, number, bytes));
        }
        stream::iter(puts).buffer_unordered(CHUNKS).try_collect().await
    }

    /// Writes a chunk of a blob that it makes, unless another chunk has made it: none of them has to
    /// wait for the others.
    async fn put_first_chunk(
        &self,
        key: &str,
        key_bytes: &[u8],
        id: Uuid,
        number: i32,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let parameters: [Parameter<'_>; 4] = [
            (&id, Type::UUID),
            (&number, Type::INT4),
            (&bytes, Type::BYTEA),
            (&key_bytes, Type::BYTEA),
        ];
        self.writing(key, &self.statements.blob_with_chunk, &parameters).await
    }

    async fn put_chunk(
        &self,
        key: &str,
        id: Uuid,
        number: i32,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let parameters: [Parameter<'_>; 3] =
            [(&id, Type::UUID), (&number, Type::INT4), (&bytes, Type::BYTEA)];
        self.writing(key, &self.statements.chunk, &parameters).await
    }

    async fn drop_blob(&self, key: &str, id: Uuid) -> Result<(), StoreError> {
        let sql = &Statements::drop_blob(&self.schema, id);
        let dropped = self.reading(key, |link| async move {
            match link.batch(sql).await {
                // It was finished, and a value holds it.
                Err(Failure::Reference) => Ok(()),
                dropped => dropped.map(drop),
            }
        });
        dropped.await.map(drop)
    }

    /// Runs a write that may be repeated, and makes the tables if there are none.
    async fn writing(
        &self,
        key: &str,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<(), StoreError> {
        let written = self.write_until(sql, parameters).await;
        written.map_err(|failure| failure.into_error(key))
    }

    async fn write_until(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<(), Failure> {
        let mut attempts = Attempts::new(&self.pool, self.deadline);
        loop {
            let link = attempts.lease().await?;
            let failure = match link.query_row(sql, parameters).await {
                Ok(_) => return Ok(()),
                Err(Failure::NoTables) => match form::make(&link, &self.schema).await {
                    Ok(()) => continue,
                    Err(failure) => failure,
                },
                Err(failure) => failure,
            };
            drop(link);
            attempts.after(failure).await?;
        }
    }
}

/// The blob and the key of an upload.
fn read(upload: &UploadId) -> Result<(Uuid, &str), StoreError> {
    let parsed =
        upload.0.split_once(':').and_then(|(id, key)| Some((Uuid::try_parse(id).ok()?, key)));
    parsed
        .ok_or_else(|| Failure::Failed("this is no upload of this store".to_owned()).into_error(""))
}

/// The length of all parts together, if they are 1, 2, 3… and only the last one is short.
fn size_bytes(key: &str, parts: &[PartId]) -> Result<u64, StoreError> {
    let wrong = || {
        let reason = "the parts are not whole or not in order".to_owned();
        Failure::Failed(reason).into_error(key)
    };
    let mut size_bytes = 0;
    for (before, part) in (0u64..).zip(parts) {
        let (number, length) = part.0.split_once(':').ok_or_else(wrong)?;
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let length: u64 = length.parse().map_err(|_| wrong())?;
        if number != before + 1 || size_bytes != before * PART_BYTES as u64 {
            return Err(wrong());
        }
        size_bytes += length;
    }
    Ok(size_bytes)
}
