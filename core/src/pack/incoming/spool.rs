//! Where the bytes of an incoming pack wait: in memory, or in the store when they are many.

use crate::store::{Expected, PART_BYTES, PartId, Store, StoreError, UploadId};
use alloc::{string::String, vec::Vec};
use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};
use futures_util::stream::{FuturesUnordered, Stream, StreamExt};

/// How many parts may be on their way to the store while the next is filled.
const PARTS_IN_FLIGHT: usize = 2;

/// Takes the bytes of a pack in order.
pub(super) trait Sink {
    /// Takes bytes, and waits when too many are on their way.
    fn write(&mut self, bytes: &[u8]) -> impl Future<Output = Result<(), StoreError>>;

    /// Lets what is on its way go on, while the caller waits for something else.
    fn poll_progress(&mut self, context: &mut Context<'_>);
}

/// A [`Sink`] that holds a little in memory and uploads what is more.
///
/// `M` sends a part: [`send_part`]; its future cannot be named in any other way.
pub(super) struct Spool<S, M, F> {
    store: S,
    key: String,
    memory_bytes: usize,
    send: M,
    buffer: Vec<u8>,
    upload: Option<UploadId>,
    parts: Vec<PartId>,
    in_flight: FuturesUnordered<F>,
    failure: Option<StoreError>,
}

/// The whole of a spooled pack.
#[derive(Debug)]
pub(super) enum Spooled {
    /// In memory, and nowhere else.
    Memory(Vec<u8>),
    /// Under the key that was given, and nothing names it yet.
    Stored {
        /// The pack's key.
        key: String,
    },
}

impl Spooled {
    /// The pack's key, if it is in the store.
    pub fn key(&self) -> Option<&str> {
        match self {
            Spooled::Memory(_) => None,
            Spooled::Stored { key, .. } => Some(key),
        }
    }
}

/// What sending a part came to: its number, and its receipt.
pub(super) type Sent = (u32, Result<PartId, StoreError>);

/// Sends one part.
pub(super) async fn send_part<S: Store>(
    store: S,
    upload: UploadId,
    number: u32,
    bytes: Vec<u8>,
) -> Sent {
    (number, store.upload_part(&upload, number, bytes).await)
}

impl<S, M, F> Spool<S, M, F>
where
    S: Store + Clone,
    M: Fn(S, UploadId, u32, Vec<u8>) -> F,
    F: Future<Output = Sent>,
{
    /// Holds up to `memory_bytes` in memory; what is more goes to `key`, by `send`.
    pub fn new(store: S, key: String, memory_bytes: usize, send: M) -> Self {
        Self {
            store,
            key,
            memory_bytes,
            send,
            buffer: Vec::new(),
            upload: None,
            parts: Vec::new(),
            in_flight: FuturesUnordered::new(),
            failure: None,
        }
    }

    /// Completes what was written.
    pub async fn finish(&mut self) -> Result<Spooled, StoreError> {
        if self.upload.is_none() {
            return Ok(Spooled::Memory(core::mem::take(&mut self.buffer)));
        }
        if !self.buffer.is_empty() || self.parts.is_empty() {
            let last = core::mem::take(&mut self.buffer);
            self.send(last).await?;
        }
        while let Some(sent) = self.in_flight.next().await {
            self.note(sent);
        }
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let Some(upload) = self.upload.take() else { return Ok(Spooled::Memory(Vec::new())) };
        let parts = core::mem::take(&mut self.parts);
        self.store.upload_finish(&upload, parts, Expected::Absent).await?;
        Ok(Spooled::Stored { key: self.key.clone() })
    }

    /// Throws away what was written and is not finished. What cannot be thrown away is invisible,
    /// and collected later.
    pub async fn discard(&mut self) {
        while self.in_flight.next().await.is_some() {}
        if let Some(upload) = self.upload.take() {
            let _ = self.store.upload_abort(&upload).await;
        }
    }

    /// Sends the whole parts that were gathered before the upload began.
    async fn send_gathered(&mut self) -> Result<(), StoreError> {
        while self.buffer.len() >= PART_BYTES {
            let mut next = Vec::with_capacity(PART_BYTES);
            next.extend_from_slice(self.buffer.get(PART_BYTES..).unwrap_or_default());
            let mut part = core::mem::replace(&mut self.buffer, next);
            part.truncate(PART_BYTES);
            self.send(part).await?;
        }
        Ok(())
    }

    async fn send(&mut self, part: Vec<u8>) -> Result<(), StoreError> {
        let Some(upload) = self.upload.clone() else { return Ok(()) };
        while self.in_flight.len() >= PARTS_IN_FLIGHT {
            if let Some(sent) = self.in_flight.next().await {
                self.note(sent);
            }
        }
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        self.parts.push(PartId(String::new()));
        let number = self.parts.len() as u32;
        self.in_flight.push((self.send)(self.store.clone(), upload, number, part));
        Ok(())
    }

    fn note(&mut self, (number, outcome): Sent) {
        match outcome {
            Ok(receipt) => {
                if let Some(part) = self.parts.get_mut(number as usize - 1) {
                    *part = receipt;
                }
            }
            Err(failure) => self.failure = Some(failure),
        }
    }
}

impl<S, M, F> Sink for Spool<S, M, F>
where
    S: Store + Clone,
    M: Fn(S, UploadId, u32, Vec<u8>) -> F,
    F: Future<Output = Sent>,
{
    async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        if self.upload.is_none() {
            if self.buffer.len().saturating_add(bytes.len()) <= self.memory_bytes {
                self.buffer.extend_from_slice(bytes);
                return Ok(());
            }
            self.upload = Some(self.store.upload_start(&self.key).await?);
            self.send_gathered().await?;
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = PART_BYTES.saturating_sub(self.buffer.len()).min(rest.len());
            let (now, later) = rest.split_at(room);
            self.buffer.extend_from_slice(now);
            rest = later;
            if self.buffer.len() == PART_BYTES {
                let next = Vec::with_capacity(PART_BYTES);
                let part = core::mem::replace(&mut self.buffer, next);
                self.send(part).await?;
            }
        }
        Ok(())
    }

    fn poll_progress(&mut self, context: &mut Context<'_>) {
        while let Poll::Ready(Some(sent)) = Pin::new(&mut self.in_flight).poll_next(context) {
            self.note(sent);
        }
    }
}
