//! One connection, with many statements under way.

use super::{connect::Connected, failure::Failure};
use futures_util::TryStreamExt;
use std::{
    pin::pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{task::AbortHandle, time::timeout};
use tokio_postgres::{
    Client, Row, SimpleQueryMessage,
    types::{ToSql, Type},
};

/// A parameter and its type: said, so that a statement takes one round trip.
pub(super) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// A connection. It is closed when it is dropped.
pub(super) struct Link {
    client: Client,
    driver: AbortHandle,
    /// What the server said when it closed the connection.
    last_words: Arc<OnceLock<Failure>>,
    load: AtomicUsize,
    /// How long the server may be silent while something is under way.
    patience: Duration,
}

impl Link {
    /// Drives the connection from now on.
    pub fn start((client, connection): Connected, patience: Duration) -> Self {
        let last_words = Arc::new(OnceLock::new());
        let heard = last_words.clone();
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                let _ = heard.set(error.into());
            }
        });
        Self {
            client,
            driver: driver.abort_handle(),
            last_words,
            load: AtomicUsize::new(0),
            patience,
        }
    }

    pub fn is_open(&self) -> bool {
        !self.client.is_closed() && !self.driver.is_finished()
    }

    /// How many calls use it.
    pub fn load(&self) -> usize {
        self.load.load(Ordering::Relaxed)
    }

    /// Runs one statement and hands its rows to `take`.
    ///
    /// The statement has no name: nothing is left on the server, so that a pooler may give each
    /// statement to another connection of its own.
    ///
    /// # Errors
    /// `Lost`: the answer did not come whole; what was handed over is void.
    pub async fn query(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
        mut take: impl FnMut(Row) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let typed = parameters.iter().map(|(value, kind)| (*value, kind.clone()));
        let rows = self.answer(self.client.query_typed_raw(sql, typed)).await?;
        let mut rows = pin!(rows);
        while let Some(row) = self.answer(rows.try_next()).await? {
            take(row)?;
        }
        Ok(())
    }

    /// Runs one statement that gives at most one row.
    pub async fn query_row(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Option<Row>, Failure> {
        let mut found = None;
        self.query(sql, parameters, |row| {
            found = Some(row);
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Runs several statements in one transaction and one round trip; gives the first field of the
    /// last row.
    pub async fn batch(&self, sql: &str) -> Result<Option<String>, Failure> {
        let messages = self.answer(self.client.simple_query(sql)).await?;
        Ok(messages.iter().rev().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        }))
    }

    async fn answer<T>(
        &self,
        coming: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Failure> {
        match timeout(self.patience, coming).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => match error.into() {
                Failure::Lost(text) => Err(match self.last_words.get() {
                    Some(Failure::Lost(said) | Failure::Failed(said)) => {
                        Failure::Lost(format!("the connection was lost: {said}"))
                    }
                    _ => Failure::Lost(text),
                }),
                failure => Err(failure),
            },
            Err(_) => {
                // Whatever else waits on it waits in vain too.
                self.driver.abort();
                let seconds = self.patience.as_secs_f32();
                Err(Failure::Lost(format!("the server did not answer within {seconds} s")))
            }
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // With nothing under way the driver says goodbye by itself.
        if self.load() > 0 {
            self.driver.abort();
        }
    }
}

/// A link in use by a call.
pub(super) struct Lease(Arc<Link>);

impl Lease {
    pub fn new(link: &Arc<Link>) -> Self {
        link.load.fetch_add(1, Ordering::Relaxed);
        Self(link.clone())
    }
}

impl std::ops::Deref for Lease {
    type Target = Link;

    fn deref(&self) -> &Link {
        &self.0
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.load.fetch_sub(1, Ordering::Relaxed);
    }
}
