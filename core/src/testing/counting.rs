//! A store that counts the requests that it passes on.

use crate::store::{Expected, Page, PartId, Store, StoreError, UploadId, Value, Version};
use alloc::vec::Vec;
use core::{
    future::poll_fn,
    ops::Range,
    task::{Context, Poll, Waker},
};
use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

/// A store that counts the requests that it passes on, and lets other futures run before each.
#[derive(Debug, Default)]
pub(crate) struct Counting<S> {
    /// The store behind it.
    pub(crate) store: S,
    /// How many round trips [`Counting::run`] has seen; `None` outside of it.
    round: Mutex<Option<u64>>,
    waiting: Mutex<Vec<Waker>>,
    gets: AtomicU64,
    puts: AtomicU64,
    lists: AtomicU64,
    bytes: AtomicU64,
}

/// How often a [`Counting`] store was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Calls of `get`.
    pub(crate) gets: u64,
    /// Calls of `put`, and parts and ends of uploads.
    pub(crate) puts: u64,
    /// Calls of `list`.
    pub(crate) lists: u64,
    /// Bytes that `get` gave.
    pub(crate) bytes: u64,
}

impl<S> Counting<S> {
    pub(crate) fn new(store: S) -> Self {
        Self {
            store,
            round: Mutex::default(),
            waiting: Mutex::default(),
            gets: AtomicU64::new(0),
            puts: AtomicU64::new(0),
            lists: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    /// Runs a future over a store whose requests all take the same time, and tells how many of them
    /// followed each other: how deep it went.
    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> (T, u64) {
        let mut future = core::pin::pin!(future);
        *self.round.lock().unwrap() = Some(0);
        let mut context = Context::from_waker(Waker::noop());
        let output = loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                break output;
            }
            let waiting = core::mem::take(&mut *self.waiting.lock().unwrap());
            assert!(!waiting.is_empty(), "the future waits for nothing");
            if let Some(round) = &mut *self.round.lock().unwrap() {
                *round += 1;
            }
            waiting.into_iter().for_each(Waker::wake);
        };
        let rounds = self.round.lock().unwrap().take();
        (output, rounds.unwrap_or_default())
    }

    /// Waits for the next round, or outside of [`Counting::run`] until others had their turn.
    async fn pause(&self) {
        let start = *self.round.lock().unwrap();
        let mut is_first = true;
        poll_fn(|context| match start {
            Some(_) if *self.round.lock().unwrap() == start => {
                self.waiting.lock().unwrap().push(context.waker().clone());
                Poll::Pending
            }
            None if core::mem::take(&mut is_first) => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            _ => Poll::Ready(()),
        })
        .await;
    }

    /// The counts since the last call; begins again at zero.
    pub(crate) fn take(&self) -> Counts {
        let take = |counter: &AtomicU64| counter.swap(0, Ordering::Relaxed);
        Counts {
            gets: take(&self.gets),
            puts: take(&self.puts),
            lists: take(&self.lists),
            bytes: take(&self.bytes),
        }
    }
}

fn count(counter: &AtomicU64, number: u64) {
    counter.fetch_add(number, Ordering::Relaxed);
}

impl<S: Store> Store for Counting<S> {
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Value>, StoreError> {
        count(&self.gets, 1);
        self.pause().await;
        let value = self.store.get(key, range).await?;
        count(&self.bytes, value.as_ref().map_or(0, |value| value.bytes.len() as u64));
        Ok(value)
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        count(&self.puts, 1);
        self.pause().await;
        self.store.put(key, bytes, expected).await
    }

    async fn delete(&self, key: &str, expected: Expected) -> Result<(), StoreError> {
        self.pause().await;
        self.store.delete(key, expected).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        count(&self.lists, 1);
        self.pause().await;
        self.store.list(prefix, after, limit).await
    }

    async fn upload_start(&self, key: &str) -> Result<UploadId, StoreError> {
        self.pause().await;
        self.store.upload_start(key).await
    }

    async fn upload_part(
        &self,
        upload: &UploadId,
        number: u32,
        bytes: Vec<u8>,
    ) -> Result<PartId, StoreError> {
        count(&self.puts, 1);
        self.pause().await;
        self.store.upload_part(upload, number, bytes).await
    }

    async fn upload_finish(
        &self,
        upload: &UploadId,
        parts: Vec<PartId>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        count(&self.puts, 1);
        self.pause().await;
        self.store.upload_finish(upload, parts, expected).await
    }

    async fn upload_abort(&self, upload: &UploadId) -> Result<(), StoreError> {
        self.pause().await;
        self.store.upload_abort(upload).await
    }
}
