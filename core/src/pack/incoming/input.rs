//! The bytes of an incoming pack: counted, hashed and spooled as they pass.

use super::{IncomingError, Source, spool::Sink};
use crate::{hash::Hasher, object::ObjectId, pack::index::Crc32};
use alloc::{format, vec::Vec};
use core::{future::poll_fn, pin::pin};

/// A pack being read from `source` and written to `sink`.
pub(super) struct Input<'i, P, W> {
    source: &'i mut P,
    sink: &'i mut W,
    limit_bytes: u64,
    piece: Vec<u8>,
    /// How much of `piece` was taken.
    taken: usize,
    position: u64,
    hasher: Hasher,
    crc32: Crc32,
}

impl<'i, P: Source, W: Sink> Input<'i, P, W> {
    /// Begins a pack of at most `limit_bytes`.
    pub fn new(source: &'i mut P, sink: &'i mut W, limit_bytes: u64) -> Self {
        Self {
            source,
            sink,
            limit_bytes,
            piece: Vec::new(),
            taken: 0,
            position: 0,
            hasher: Hasher::new(),
            crc32: Crc32::new(),
        }
    }

    /// How many bytes of the pack were taken.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// What has arrived and was not taken.
    pub fn rest(&self) -> &[u8] {
        self.piece.get(self.taken..).unwrap_or_default()
    }

    /// Waits for bytes to follow the rest.
    ///
    /// # Errors
    /// `Truncated`: nothing follows.
    pub async fn more(&mut self) -> Result<(), IncomingError> {
        let mut piece = self.read().await?;
        if piece.is_empty() {
            return Err(IncomingError::Truncated { offset: self.position });
        }
        self.sink.write(&piece).await?;
        if self.rest().is_empty() {
            self.piece = piece;
        } else {
            self.piece.drain(..self.taken);
            self.piece.append(&mut piece);
        }
        self.taken = 0;
        let arrived_bytes = self.position.saturating_add(self.rest().len() as u64);
        if arrived_bytes > self.limit_bytes {
            return Err(IncomingError::PackTooLarge { limit_bytes: self.limit_bytes });
        }
        Ok(())
    }

    /// Takes the first `count` bytes of the rest.
    pub fn take(&mut self, count: usize) {
        let end = self.taken.saturating_add(count).min(self.piece.len());
        let bytes = self.piece.get(self.taken..end).unwrap_or_default();
        self.hasher.update(bytes);
        self.crc32.update(bytes);
        self.position += bytes.len() as u64;
        self.taken = end;
    }

    /// The CRC-32 of all that was taken since the last call.
    pub fn take_crc32(&mut self) -> u32 {
        core::mem::take(&mut self.crc32).finish()
    }

    /// Takes the trailer, which must be the hash of all that was taken before, and last.
    pub async fn finish(mut self) -> Result<ObjectId, IncomingError> {
        while self.rest().len() < ObjectId::BYTES {
            self.more().await?;
        }
        let (trailer, garbage) = self.rest().split_at(ObjectId::BYTES);
        if !garbage.is_empty() {
            let reason = format!("{} bytes follow the pack's checksum", garbage.len());
            return Err(IncomingError::Malformed { offset: self.position, reason });
        }
        let checksum = self.hasher.finish();
        if trailer != checksum.as_bytes() {
            return Err(IncomingError::Checksum { computed: checksum });
        }
        Ok(checksum)
    }

    /// Reads the next piece while the sink goes on with what it has.
    async fn read(&mut self) -> Result<Vec<u8>, IncomingError> {
        let sink = &mut *self.sink;
        let mut read = pin!(self.source.piece());
        poll_fn(|context| {
            sink.poll_progress(context);
            read.as_mut().poll(context)
        })
        .await
    }
}
