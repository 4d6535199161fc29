//! A store in a PostgreSQL database.
//!
//! # How it stays right
//!
//! - Every call is one statement, or statements that each leave things whole; each is a transaction
//!   of its own, takes one round trip and is unnamed, so nothing is left on the server when a client
//!   dies, and a pooler in transaction mode may stand in between.
//! - Statements run under READ COMMITTED. Conditions are in the statement that writes: an update is
//!   of the row with the version that was seen, a creation is an insert that yields to a row that is
//!   there. Both see what was committed last, whatever the statement's snapshot says.
//! - Creations take an advisory lock on their key. [`Expected::AbsentBeside`] takes those of both keys,
//!   in the order of their numbers, and looks and writes under them: also a key that is not there
//!   can be kept from coming to be.
//! - A version is a random UUID that the writer makes up, so that after a lost answer the row itself
//!   says who wrote it; it also says which version it replaced, in case someone came right after.
//! - The value of more than 1 MiB is written in chunks, and then its row is pointed at them: see
//!   [`form`].
//!
//! What the server has acknowledged it has on its disk, unless `synchronous_commit` was turned off
//! for the role or the server.

mod attempt;
mod config;
mod connect;
mod environment;
mod failure;
mod form;
mod link;
mod password_file;
mod pool;
mod read;
mod statements;
mod task;
mod tls;
mod told;
mod upload;
mod write;

pub use config::{PostgresConfig, SslMode};

use failure::Failure;
use form::CHUNK_BYTES;
use pool::Pool;
use statements::Statements;
use std::{
    fmt,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use trunks_core::store::{Expected, Page, PartId, Store, StoreError, UploadId, Value, Version};
use write::Content;

/// A store in a PostgreSQL database. Cheap to clone: clones share connections.
#[derive(Clone)]
pub struct Postgres {
    inner: Arc<Inner>,
}

struct Inner {
    pool: Arc<Pool>,
    statements: Statements,
    /// Quoted.
    schema: String,
    prefix: String,
    deadline: Duration,
    grace: Duration,
    is_swept: AtomicBool,
    shown: String,
}

impl Postgres {
    /// The store that `config` names. Makes no request; what is in it is found out on first use, and
    /// tables are made by the first write. Its calls want a tokio runtime around them.
    ///
    /// # Errors
    /// `Failed`: a certificate cannot be read.
    pub fn new(config: PostgresConfig) -> Result<Self, StoreError> {
        let schema = form::identifier(config.schema());
        let inner = Inner {
            statements: Statements::new(&schema),
            schema,
            prefix: config.prefix.clone(),
            deadline: config.deadline(),
            grace: config.grace(),
            is_swept: AtomicBool::new(false),
            shown: format!("{config:?}"),
            pool: Arc::new(Pool::new(config)?),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Removes what uploads of killed processes have left, if it is older than the grace period. The
    /// first upload of a process does so by itself.
    ///
    /// # Errors
    /// As those of a read.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        self.inner.is_swept.store(true, Ordering::Relaxed);
        let inner = self.inner.clone();
        task::run("", async move { inner.sweep().await }).await
    }

    /// Sweeps beside the first large write.
    fn sweep_once(&self) {
        if !self.inner.is_swept.swap(true, Ordering::Relaxed) {
            let inner = self.inner.clone();
            tokio::spawn(async move { inner.sweep().await });
        }
    }
}

impl Inner {
    /// A key as it stands in the tables.
    fn key(&self, key: &str) -> Vec<u8> {
        [self.prefix.as_bytes(), key.as_bytes()].concat()
    }

    /// A key as the caller knows it.
    fn plain_key(&self, key: &[u8]) -> Result<String, Failure> {
        let key = key.strip_prefix(self.prefix.as_bytes()).unwrap_or(key);
        String::from_utf8(key.to_vec())
            .map_err(|_| Failure::Failed("a key in the tables is not UTF-8".to_owned()))
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Postgres").field(&self.inner.shown).finish()
    }
}

/// Each call is driven by a task of its own: the statements of many calls share a connection, and one
/// that its caller does not look after for a while would hold up the others.
impl Store for Postgres {
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Value>, StoreError> {
        let (inner, own) = (self.inner.clone(), key.to_owned());
        task::run(key, async move { inner.get(&own, range).await }).await
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        let (inner, own) = (self.inner.clone(), key.to_owned());
        if bytes.len() <= CHUNK_BYTES {
            let put = async move { inner.put(&own, &Content::Bytes(&bytes), &expected).await };
            return task::run(key, put).await;
        }
        self.sweep_once();
        task::run(key, async move { inner.put_large(&own, &bytes, &expected).await }).await
    }

    async fn delete(&self, key: &str, expected: Expected) -> Result<(), StoreError> {
        let (inner, own) = (self.inner.clone(), key.to_owned());
        task::run(key, async move { inner.delete(&own, &expected).await }).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        let (inner, own) = (self.inner.clone(), prefix.to_owned());
        let after = after.map(str::to_owned);
        task::run(prefix, async move { inner.list(&own, after.as_deref(), limit).await }).await
    }

    async fn upload_start(&self, key: &str) -> Result<UploadId, StoreError> {
        let (inner, own) = (self.inner.clone(), key.to_owned());
        self.sweep_once();
        task::run(key, async move { inner.upload_start(&own).await }).await
    }

    async fn upload_part(
        &self,
        upload: &UploadId,
        number: u32,
        bytes: Vec<u8>,
    ) -> Result<PartId, StoreError> {
        let (inner, own) = (self.inner.clone(), upload.clone());
        let part = async move { inner.upload_part(&own, number, &bytes).await };
        task::run(&upload.0, part).await
    }

    async fn upload_finish(
        &self,
        upload: &UploadId,
        parts: Vec<PartId>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        let (inner, own) = (self.inner.clone(), upload.clone());
        let finish = async move { inner.upload_finish(&own, &parts, &expected).await };
        task::run(&upload.0, finish).await
    }

    async fn upload_abort(&self, upload: &UploadId) -> Result<(), StoreError> {
        let (inner, own) = (self.inner.clone(), upload.clone());
        task::run(&upload.0, async move { inner.upload_abort(&own).await }).await
    }
}
