//! Copying stored entries into a pack.

use super::{
    Counts, Output, Sink, WriteOptions,
    plan::{Content, Plan, Run, corrupt_file},
};
use crate::{
    checksum::Crc32,
    odb::{Extent, Location, Objects, ReadError},
    pack::entry::{EntryHeader, EntryKind},
    store::Store,
};
use alloc::{vec, vec::Vec};
use futures_util::{StreamExt, stream::FuturesOrdered};

/// How many runs of stored bytes are read ahead.
const RUNS_IN_FLIGHT: usize = 4;
/// The sink is told of progress after so many objects.
const OBJECTS_A_PROGRESS: u32 = 256;

/// Writes the entries of a plan.
pub(super) struct Copier<'c, S, K> {
    objects: &'c Objects<S>,
    plan: Plan,
    options: WriteOptions,
    output: Output<'c, K>,
    counts: Counts,
    /// Where each item begins in what is written; 0: not written yet.
    written: Vec<u64>,
    /// The long entry that is being copied.
    long: Long,
}

/// What is done with the parts of a long entry.
enum Long {
    /// They are copied; the CRC-32 so far.
    Copied(Crc32),
    /// They are passed over: the object was written otherwise.
    Skipped,
}

impl<'c, S: Store, K: Sink> Copier<'c, S, K> {
    pub(super) fn new(
        objects: &'c Objects<S>,
        plan: Plan,
        options: WriteOptions,
        output: Output<'c, K>,
        counts: Counts,
    ) -> Self {
        let written = vec![0; plan.items.len()];
        Self { objects, plan, options, output, counts, written, long: Long::Skipped }
    }

    /// Copies all, reading ahead.
    pub(super) async fn run(mut self) -> Result<(Output<'c, K>, Counts), K::Error> {
        let objects = self.objects;
        let mut reads = FuturesOrdered::new();
        loop {
            while reads.len() < RUNS_IN_FLIGHT
                && let Some(run) = self.plan.next_run(objects).await?
            {
                reads.push_back(read(objects, run));
            }
            let Some(result) = reads.next().await else { break };
            let (run, bytes) = result?;
            self.copy_run(&run, &bytes).await?;
        }
        self.output.sink.progress(&self.counts).await?;
        Ok((self.output, self.counts))
    }

    async fn copy_run(&mut self, run: &Run, bytes: &[u8]) -> Result<(), K::Error> {
        match &run.content {
            Content::Loose { item } => self.write_anew(*item).await,
            Content::Part { item, extent } => self.copy_part(*item, run, extent, bytes).await,
            Content::Entries { first, extents } => {
                for (item, extent) in (*first..).zip(extents) {
                    let start = extent.range.start.saturating_sub(run.range.start) as usize;
                    let end = extent.range.end.saturating_sub(run.range.start) as usize;
                    let entry = bytes.get(start..end).unwrap_or_default();
                    if Crc32::of(entry) != extent.crc32 {
                        return Err(self.damaged(run.pack).await.into());
                    }
                    self.copy_entry(item, run.pack, extent, entry).await?;
                }
                Ok(())
            }
        }
    }

    async fn copy_entry(
        &mut self,
        item: usize,
        pack: u32,
        extent: &Extent,
        entry: &[u8],
    ) -> Result<(), K::Error> {
        match self.begin_copy(item, pack, extent, entry).await? {
            Some(data) => self.output.write(data).await,
            None => self.write_anew(item).await,
        }
    }

    /// Copies the next part of an entry that is too long to be held.
    async fn copy_part(
        &mut self,
        item: usize,
        run: &Run,
        extent: &Extent,
        bytes: &[u8],
    ) -> Result<(), K::Error> {
        let mut data = bytes;
        if run.range.start == extent.range.start {
            match self.begin_copy(item, run.pack, extent, bytes).await? {
                Some(behind_header) => {
                    self.long = Long::Copied(Crc32::new());
                    data = behind_header;
                }
                None => {
                    self.long = Long::Skipped;
                    self.write_anew(item).await?;
                }
            }
        }
        let Long::Copied(crc32) = &mut self.long else { return Ok(()) };
        crc32.update(bytes);
        if run.range.end == extent.range.end && crc32.finish() != extent.crc32 {
            return Err(self.damaged(run.pack).await.into());
        }
        self.output.write(data).await
    }

    /// Writes the header of a copied entry and returns what follows it in `stored`; `None` when
    /// the entry is a delta that the reader could not apply.
    async fn begin_copy<'b>(
        &mut self,
        item: usize,
        pack: u32,
        extent: &Extent,
        stored: &'b [u8],
    ) -> Result<Option<&'b [u8]>, K::Error> {
        let Ok((header, length)) = EntryHeader::decode(stored) else {
            return Err(self.damaged(pack).await.into());
        };
        let Some(kind) = self.outgoing(pack, extent.range.start, header.kind).await? else {
            return Ok(None);
        };
        self.counts.reused += 1;
        if !matches!(kind, EntryKind::Whole(_)) {
            self.counts.deltas += 1;
        }
        self.begin(item).await?;
        self.output.write_header(kind, header.size_bytes).await?;
        Ok(stored.get(length..))
    }

    /// How a stored entry is written: a delta only if the reader gets or has its base, and no two
    /// objects can end up as deltas of each other.
    async fn outgoing(
        &self,
        pack: u32,
        offset: u64,
        stored: EntryKind,
    ) -> Result<Option<EntryKind>, ReadError> {
        let base = match stored {
            EntryKind::Whole(kind) => return Ok(Some(EntryKind::Whole(kind))),
            EntryKind::RefDelta(base) => base,
            EntryKind::OfsDelta(distance) => {
                let Some(base_offset) = offset.checked_sub(distance) else { return Ok(None) };
                if let Some(base) = self.plan.item_at(pack, base_offset) {
                    return self.delta_of(pack, base).await;
                }
                match self.objects.id_at(pack, base_offset).await? {
                    Some(base) => base,
                    None => return Ok(None),
                }
            }
        };
        if let Some(Location::Packed { pack: base_pack, offset }) =
            self.objects.locate(&base).await?
            && let Some(item) = self.plan.item_at(base_pack, offset)
        {
            return self.delta_of(pack, item).await;
        }
        let is_there = self.options.is_thin && self.plan.is_old(&base);
        Ok(is_there.then_some(EntryKind::RefDelta(base)))
    }

    /// A delta in this pack of an object that is written too.
    async fn delta_of(&self, pack: u32, base: usize) -> Result<Option<EntryKind>, ReadError> {
        let Some(&place) = self.plan.items.get(base) else { return Ok(None) };
        let written = self.written.get(base).copied().unwrap_or(0);
        if written > 0 && self.options.has_ofs_delta {
            return Ok(self.output.offset.checked_sub(written).map(EntryKind::OfsDelta));
        }
        // A base that follows: within one stored pack that cannot lead into a circle; over two
        // packs it could.
        if written == 0 && place.pack() != pack {
            return Ok(None);
        }
        Ok(Some(EntryKind::RefDelta(self.plan.id(self.objects, place).await?)))
    }

    async fn write_anew(&mut self, item: usize) -> Result<(), K::Error> {
        let Some(&place) = self.plan.items.get(item) else { return Ok(()) };
        self.begin(item).await?;
        let id = self.plan.id(self.objects, place).await?;
        self.output.write_deflated(self.objects, &id).await
    }

    /// Notes where an item begins.
    async fn begin(&mut self, item: usize) -> Result<(), K::Error> {
        if let Some(written) = self.written.get_mut(item) {
            *written = self.output.offset;
        }
        self.counts.written += 1;
        if self.counts.written.is_multiple_of(OBJECTS_A_PROGRESS) {
            self.output.sink.progress(&self.counts).await?;
        }
        Ok(())
    }

    async fn damaged(&self, pack: u32) -> ReadError {
        corrupt_file(self.objects, pack, "an entry does not have the checksum of its idx").await
    }
}

/// Reads the bytes of a run.
async fn read<S: Store>(objects: &Objects<S>, run: Run) -> Result<(Run, Vec<u8>), ReadError> {
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < super::plan::length(&run.range) {
        let start = run.range.start + bytes.len() as u64;
        let mut piece = objects.pack_bytes(run.pack, start..run.range.end).await?;
        if piece.is_empty() {
            return Err(corrupt_file(objects, run.pack, "it is shorter than its idx says").await);
        }
        if bytes.is_empty() { bytes = piece } else { bytes.append(&mut piece) }
    }
    Ok((run, bytes))
}
