//! The seam over any family of object stores.

use super::{
    call::{Call, Reply},
    dialect::{Dialect, Upload, new_mark},
    failure, text, write,
};
use http::{HeaderValue, Method, StatusCode, header::RANGE};
use std::{ops::Range, sync::Arc};
use trunks_core::store::{Expected, Page, PartId, Store, StoreError, UploadId, Value, Version};

/// A bucket, or the part of it below a prefix. Cheap to clone: clones share connections.
///
/// [`Expected::AbsentBeside`] is taken for [`Expected::Absent`].
#[derive(Debug)]
pub struct Objects<D> {
    dialect: Arc<D>,
}

impl<D> Clone for Objects<D> {
    fn clone(&self) -> Self {
        Self { dialect: self.dialect.clone() }
    }
}

#[expect(private_bounds, reason = "what families of stores there are is decided here")]
impl<D: Dialect> Objects<D> {
    pub(super) fn speaking(dialect: D) -> Self {
        Self { dialect: Arc::new(dialect) }
    }

    /// Removes what uploads of killed processes have left at keys that begin with `prefix`, if it is
    /// `grace_s` seconds old by the store's clock. Nothing is done where the store does so by itself.
    ///
    /// # Errors
    /// As those of a list and of a delete.
    pub async fn sweep(&self, prefix: &str, grace_s: u64) -> Result<(), StoreError> {
        let swept = self.dialect.sweep(&self.whole(prefix), grace_s).await;
        swept.map_err(|error| self.own_key(error))
    }

    fn whole(&self, key: &str) -> String {
        self.dialect.keys().whole(key)
    }

    /// The store's own keys are those that callers know.
    fn own_key(&self, mut error: StoreError) -> StoreError {
        if let StoreError::Conflict { key }
        | StoreError::Unavailable { key, .. }
        | StoreError::Denied { key, .. }
        | StoreError::Failed { key, .. } = &mut error
        {
            *key = self.dialect.keys().strip(key).to_owned();
        }
        error
    }

    async fn read(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<Option<Value>, StoreError> {
        let dialect = &*self.dialect;
        let mut call = Call::new(Method::GET, key);
        if let Some(range) = &range {
            // Servers count in signed numbers, and there is no way to ask for no bytes.
            let end = range.end.min(i64::MAX as u64);
            if range.start >= end {
                return self.read_nothing(key).await;
            }
            let range = format!("bytes={}-{}", range.start, end - 1);
            call.headers.insert(RANGE, HeaderValue::from_str(&range).expect("it is plain text"));
        }
        let reply = dialect.wire().send(&call).await?;
        match reply.status {
            StatusCode::RANGE_NOT_SATISFIABLE => self.read_nothing(key).await,
            _ if failure::is_absent(&reply) => Ok(None),
            status if !status.is_success() => Err(write::refused(dialect, key, &reply)),
            _ if dialect.is_gone(&reply.headers) => Ok(None),
            StatusCode::PARTIAL_CONTENT => {
                let said = text::header(&reply.headers, "content-range");
                let size_bytes = said.and_then(text::whole_length).ok_or_else(|| {
                    failure::failed(key, "the store does not tell the length of a value")
                })?;
                let version = write::version(dialect, key, &reply)?;
                Ok(Some(Value { bytes: reply.body, size_bytes, version }))
            }
            _ => self.cut(key, reply, range).map(Some),
        }
    }

    /// The value is there, but none of its bytes are wanted.
    async fn read_nothing(&self, key: &str) -> Result<Option<Value>, StoreError> {
        let head = write::head(&*self.dialect, key).await?.filter(|head| !head.is_gone);
        Ok(head.map(|head| Value {
            bytes: Vec::new(),
            size_bytes: head.size_bytes,
            version: head.version,
        }))
    }

    /// The value was sent whole, asked or not.
    fn cut(&self, key: &str, reply: Reply, range: Option<Range<u64>>) -> Result<Value, StoreError> {
        let version = write::version(&*self.dialect, key, &reply)?;
        let mut bytes = reply.body;
        let size_bytes = bytes.len() as u64;
        if let Some(range) = range {
            bytes.truncate(range.end.min(size_bytes) as usize);
            bytes.drain(..range.start.min(bytes.len() as u64) as usize);
        }
        Ok(Value { bytes, size_bytes, version })
    }

    fn parse<'u>(&self, upload: &'u UploadId) -> Result<Upload<'u>, StoreError> {
        Upload::parse(upload).ok_or_else(|| failure::failed(&upload.0, "there is no such upload"))
    }
}

impl<D: Dialect> Store for Objects<D> {
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Value>, StoreError> {
        self.read(&self.whole(key), range).await.map_err(|error| self.own_key(error))
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        let put = write::put(&*self.dialect, &self.whole(key), bytes.into(), &expected).await;
        put.map_err(|error| self.own_key(error))
    }

    async fn delete(&self, key: &str, expected: Expected) -> Result<(), StoreError> {
        let deleted = write::delete(&*self.dialect, &self.whole(key), &expected).await;
        deleted.map_err(|error| self.own_key(error))
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        let after = after.map(|after| self.whole(after));
        let page = self.dialect.list(&self.whole(prefix), after.as_deref(), limit).await;
        let mut page = page.map_err(|error| self.own_key(error))?;
        for entry in &mut page.entries {
            entry.key = self.dialect.keys().strip(&entry.key).to_owned();
        }
        Ok(page)
    }

    async fn upload_start(&self, key: &str) -> Result<UploadId, StoreError> {
        let (key, mark) = (self.whole(key), new_mark());
        let id = self.dialect.upload_start(&key, &mark).await;
        let id = id.map_err(|error| self.own_key(error))?;
        Ok(Upload { key: &key, id: &id, mark: &mark }.name())
    }

    async fn upload_part(
        &self,
        upload: &UploadId,
        number: u32,
        bytes: Vec<u8>,
    ) -> Result<PartId, StoreError> {
        let upload = self.parse(upload)?;
        let part = self.dialect.upload_part(&upload, number, bytes).await;
        part.map_err(|error| self.own_key(error))
    }

    async fn upload_finish(
        &self,
        upload: &UploadId,
        parts: Vec<PartId>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        let upload = self.parse(upload)?;
        let version = self.dialect.upload_finish(&upload, &parts, &expected).await;
        version.map_err(|error| self.own_key(error))
    }

    async fn upload_abort(&self, upload: &UploadId) -> Result<(), StoreError> {
        let upload = self.parse(upload)?;
        self.dialect.upload_abort(&upload).await.map_err(|error| self.own_key(error))
    }
}
