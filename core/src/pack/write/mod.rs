//! Writing packs for others: objects copied as they are stored wherever that is right.

mod copy;
mod plan;
#[cfg(test)]
mod tests;

use crate::{
    hash::Hasher,
    object::ObjectId,
    odb::{Objects, ReadError},
    pack::entry::{EntryHeader, EntryKind},
    store::Store,
    walk::Found,
    zlib::{Deflate, Effort, deflate},
};
use alloc::vec::Vec;
use copy::Copier;
use core::future::Future;
use plan::Plan;

/// Where a pack goes.
pub(crate) trait Sink {
    /// What it fails with.
    type Error: From<ReadError>;

    /// Writes the next bytes of the pack.
    fn write(&mut self, bytes: &[u8]) -> impl Future<Output = Result<(), Self::Error>>;

    /// Is told now and then how far the writing is.
    fn progress(&mut self, counts: &Counts) -> impl Future<Output = Result<(), Self::Error>>;
}

/// What the reader of a pack understands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WriteOptions {
    /// It follows deltas whose base is named by its distance.
    pub(crate) has_ofs_delta: bool,
    /// It completes deltas whose bases it has itself.
    pub(crate) is_thin: bool,
}

/// What has been written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// All objects that are to be written.
    pub(crate) total: u32,
    /// Objects written so far.
    pub(crate) written: u32,
    /// Those of them that are deltas.
    pub(crate) deltas: u32,
    /// Those of them that were copied as they are stored.
    pub(crate) reused: u32,
}

/// Writes the objects that a walk found as a pack.
///
/// What was copied was checked against its CRC-32, what was inflated against its id.
///
/// # Errors
/// Whatever the sink or reading an object fails with; what was written is then no pack, and does
/// not end as one.
///
/// # Source
/// gitformat-pack(5)
pub(crate) async fn write<S: Store, K: Sink>(
    objects: &Objects<S>,
    found: Found,
    options: WriteOptions,
    sink: &mut K,
) -> Result<Counts, K::Error> {
    let plan = Plan::new(objects, found, options.is_thin).await?;
    let total = plan.items.len() as u32;
    let mut output = Output::new(sink);
    output.write(b"PACK\x00\x00\x00\x02").await?;
    output.write(&total.to_be_bytes()).await?;
    let counts = Counts { total, ..Counts::default() };
    let copier = Copier::new(objects, plan, options, output, counts);
    let (mut output, counts) = copier.run().await?;
    output.finish().await?;
    Ok(counts)
}

/// Bytes are gathered to pieces of about this many.
const PIECE_BYTES: usize = 64 * 1024;

/// So much of a large object tells how well all of it compresses.
const SAMPLE_BYTES: usize = 32 * 1024;

/// A pack on its way to the sink.
struct Output<'k, K> {
    sink: &'k mut K,
    pending: Vec<u8>,
    hasher: Hasher,
    /// How many bytes the pack has so far, those pending included.
    offset: u64,
}

impl<'k, K: Sink> Output<'k, K> {
    fn new(sink: &'k mut K) -> Self {
        let pending = Vec::with_capacity(2 * PIECE_BYTES);
        Self { sink, pending, hasher: Hasher::new(), offset: 0 }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), K::Error> {
        self.offset += bytes.len() as u64;
        if bytes.len() > PIECE_BYTES {
            self.flush().await?;
            self.hasher.update(bytes);
            return self.sink.write(bytes).await;
        }
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= PIECE_BYTES { self.flush().await } else { Ok(()) }
    }

    async fn write_header(&mut self, kind: EntryKind, size_bytes: u64) -> Result<(), K::Error> {
        let mut header = Vec::with_capacity(EntryHeader::MAX_BYTES);
        EntryHeader { kind, size_bytes }.encode(&mut header);
        self.write(&header).await
    }

    /// Writes an object whole, deflated anew.
    async fn write_deflated<S: Store>(
        &mut self,
        objects: &Objects<S>,
        id: &ObjectId,
    ) -> Result<(), K::Error> {
        let mut stream = objects.stream(id).await?;
        self.write_header(EntryKind::Whole(stream.kind), stream.size_bytes).await?;
        let mut next = stream.next().await?;
        // The first piece may be short.
        while let Some(start) = &mut next
            && start.len() < SAMPLE_BYTES
            && let Some(more) = stream.next().await?
        {
            start.extend_from_slice(&more);
        }
        let effort =
            next.as_deref().map_or(Effort::Normal, |start| effort(start, stream.size_bytes));
        let mut engine = Deflate::new(effort);
        let mut deflated = Vec::new();
        while let Some(bytes) = next {
            next = stream.next().await?;
            engine.push(&bytes, &mut deflated);
            self.write(&deflated).await?;
            deflated.clear();
        }
        engine.finish(&mut deflated);
        self.write(&deflated).await
    }

    async fn flush(&mut self) -> Result<(), K::Error> {
        if !self.pending.is_empty() {
            self.hasher.update(&self.pending);
            self.sink.write(&self.pending).await?;
            self.pending.clear();
        }
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), K::Error> {
        self.flush().await?;
        self.sink.write(self.hasher.finish().as_bytes()).await
    }
}

/// How hard to try on an object of `size_bytes` that begins with `start`: trying takes most of the
/// time, and what is large is often compressed already.
fn effort(start: &[u8], size_bytes: u64) -> Effort {
    const WORTH_TRYING_BYTES: u64 = 1024 * 1024;
    let sample = start.get(..SAMPLE_BYTES).unwrap_or(start);
    let is_dense = size_bytes > WORTH_TRYING_BYTES
        && deflate(sample).len() >= sample.len() - sample.len() / 50;
    if is_dense { Effort::Store } else { Effort::Normal }
}
