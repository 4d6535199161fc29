//! The first pass: every entry is read as it arrives, and every object whose base is at hand is
//! named.

use super::{
    IncomingError, Source,
    admit::Gate,
    bases::Bases,
    input::Input,
    record::{Form, Record, Records},
    spool::Sink,
};
use crate::{
    hash::CheckedObjectHasher,
    limits::Limits,
    object::{Kind, ObjectId},
    pack::{
        delta::{self, DeltaError, Sizes},
        entry::{EntryError, EntryHeader, EntryKind},
    },
    zlib::{Inflate, InflateExact, ZlibError},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

/// A larger object is not kept for deltas that may follow: it would drive out too many others.
const LARGEST_SHARE: usize = 8;
/// An object that is not held is hashed in pieces of this many bytes.
const PIECE_BYTES: usize = 64 * 1024;

/// What the first pass found out.
#[derive(Debug)]
pub(super) struct Scanned {
    /// All entries.
    pub records: Records,
    /// The unresolved deltas that name their base by id: the base and the delta's record.
    pub ref_deltas: Vec<(ObjectId, u32)>,
    /// How many deltas are unresolved.
    pub unresolved: u32,
    /// Objects that were seen last.
    pub bases: Bases,
    /// What all objects passed.
    pub gate: Gate,
    /// The pack's trailer.
    pub checksum: ObjectId,
    /// Where the trailer begins.
    pub end: u64,
}

/// Reads a whole pack from `source`, writes it to `sink`, and lets its objects pass `gate`.
pub(super) async fn scan<P: Source, W: Sink>(
    source: &mut P,
    sink: &mut W,
    limits: &Limits,
    gate: Gate,
) -> Result<Scanned, IncomingError> {
    let mut scan = Scan {
        input: Input::new(source, sink, limits.pack_bytes),
        limits,
        inflate: Inflate::new(),
        exact: InflateExact::new(),
        records: Records::default(),
        ref_deltas: Vec::new(),
        unresolved: 0,
        bases: Bases::new(limits.cache_bytes),
        gate,
    };
    let objects = scan.header().await?;
    for _ in 0..objects {
        scan.entry().await?;
    }
    let end = scan.input.position();
    Ok(Scanned {
        checksum: scan.input.finish().await?,
        records: scan.records,
        ref_deltas: scan.ref_deltas,
        unresolved: scan.unresolved,
        bases: scan.bases,
        gate: scan.gate,
        end,
    })
}

struct Scan<'s, P, W> {
    input: Input<'s, P, W>,
    limits: &'s Limits,
    inflate: Inflate,
    exact: InflateExact,
    records: Records,
    ref_deltas: Vec<(ObjectId, u32)>,
    unresolved: u32,
    bases: Bases,
    gate: Gate,
}

impl<P: Source, W: Sink> Scan<'_, P, W> {
    /// Reads the pack's header: how many entries follow.
    async fn header(&mut self) -> Result<u32, IncomingError> {
        while self.input.rest().len() < super::HEADER_BYTES {
            self.input.more().await?;
        }
        let malformed = |reason: String| IncomingError::Malformed { offset: 0, reason };
        let (signature, rest) = self.input.rest().split_at(4);
        let (version, rest) = rest.split_at(4);
        let (objects, _) = rest.split_at(4);
        if signature != b"PACK" {
            return Err(malformed("it does not begin with PACK".to_string()));
        }
        let version = number(version);
        if !matches!(version, 2 | 3) {
            return Err(malformed(format!("pack version {version} is not known")));
        }
        let objects = number(objects);
        if objects > self.limits.pack_objects {
            return Err(IncomingError::TooManyObjects { objects, limit: self.limits.pack_objects });
        }
        self.input.take(super::HEADER_BYTES);
        self.input.take_crc32();
        Ok(objects)
    }

    async fn entry(&mut self) -> Result<(), IncomingError> {
        let mut record = Record::new(self.input.position());
        let header = self.entry_header().await?;
        let kept = match header.kind {
            EntryKind::Whole(kind) => self.whole(&mut record, kind, header.size_bytes).await?,
            EntryKind::OfsDelta(distance) => {
                let base = record.offset.checked_sub(distance);
                let base = base.and_then(|offset| self.records.find_offset(offset));
                record.base = base.ok_or_else(|| IncomingError::Malformed {
                    offset: record.offset,
                    reason: format!("no entry begins {distance} bytes before this delta"),
                })?;
                self.delta(&mut record, header.size_bytes).await?
            }
            EntryKind::RefDelta(base) => {
                record.form = Form::RefDelta;
                record.id = base;
                if let Some(base) = self.bases.find_id(&base) {
                    record.base = base;
                }
                self.delta(&mut record, header.size_bytes).await?
            }
        };
        record.crc32 = self.input.take_crc32();
        self.add(record, kept);
        Ok(())
    }

    async fn entry_header(&mut self) -> Result<EntryHeader, IncomingError> {
        loop {
            match EntryHeader::decode(self.input.rest()) {
                Ok((header, length)) => {
                    self.input.take(length);
                    return Ok(header);
                }
                Err(EntryError::Truncated) => self.input.more().await?,
                Err(error) => {
                    let offset = self.input.position();
                    return Err(IncomingError::Malformed { offset, reason: error.to_string() });
                }
            }
        }
    }

    /// Reads an object that is stored whole. Gives its content if it is worth keeping.
    async fn whole(
        &mut self,
        record: &mut Record,
        kind: Kind,
        size_bytes: u64,
    ) -> Result<Option<Vec<u8>>, IncomingError> {
        record.form = Form::Resolved(kind);
        if kind == Kind::Blob && size_bytes > self.largest_kept() as u64 {
            let limit_bytes = self.limits.object_bytes;
            check_size(record.offset, size_bytes, limit_bytes, "objects")?;
            record.id = self.large_blob(record.offset, size_bytes).await?;
            return Ok(None);
        }
        let limit_bytes = self.limits.held_object_bytes;
        check_size(record.offset, size_bytes, limit_bytes, "commits, trees and tags")?;
        let data = self.data(record.offset, size_bytes).await?;
        record.id = self.gate.admit(kind, &data)?;
        Ok(Some(data))
    }

    async fn large_blob(
        &mut self,
        offset: u64,
        size_bytes: u64,
    ) -> Result<ObjectId, IncomingError> {
        let damaged = |error| damaged(offset, error);
        let mut hasher = CheckedObjectHasher::new(Kind::Blob, size_bytes);
        let mut left = size_bytes;
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        self.inflate.reset();
        loop {
            piece.clear();
            let room = left.min(PIECE_BYTES as u64) as usize;
            let rest = self.input.rest();
            let has_input = !rest.is_empty();
            let step = self.inflate.step(rest, &mut piece, room).map_err(damaged)?;
            self.input.take(step.consumed);
            hasher.update(&piece);
            left -= piece.len() as u64;
            if step.is_done {
                break;
            }
            if self.input.rest().is_empty() {
                self.input.more().await?;
            } else if has_input && step.consumed == 0 && piece.is_empty() {
                return Err(damaged(ZlibError::Size));
            }
        }
        if left > 0 {
            return Err(damaged(ZlibError::Size));
        }
        Ok(hasher.finish()?)
    }

    /// Reads a delta and applies it if its base is held. Gives the object's content if so.
    async fn delta(
        &mut self,
        record: &mut Record,
        size_bytes: u64,
    ) -> Result<Option<Vec<u8>>, IncomingError> {
        let limit_bytes = self.limits.held_object_bytes;
        check_size(record.offset, size_bytes, limit_bytes, "deltas")?;
        let instructions = self.data(record.offset, size_bytes).await?;
        let Some(base) = self.bases.find(record.base) else { return Ok(None) };
        let data = apply(record.offset, base, &instructions, self.limits)?;
        let base = self.records.at(record.base);
        let Some(kind) = base.kind() else { return Ok(None) };
        record.depth = deepen(record.offset, base.depth, self.limits)?;
        record.id = self.gate.admit(kind, &data)?;
        record.form = Form::Resolved(kind);
        Ok(Some(data))
    }

    async fn data(&mut self, offset: u64, size_bytes: u64) -> Result<Vec<u8>, IncomingError> {
        let mut filling = self.exact.begin(size_bytes as usize);
        loop {
            let step = filling.feed(self.input.rest()).map_err(|error| damaged(offset, error))?;
            self.input.take(step.consumed);
            if step.is_done {
                return filling.finish().map_err(|error| damaged(offset, error));
            }
            self.input.more().await?;
        }
    }

    fn add(&mut self, record: Record, content: Option<Vec<u8>>) {
        let (form, id, base) = (record.form, record.id, record.base);
        let number = self.records.push(record);
        match form {
            Form::Resolved(_) => {
                if let Some(data) = content.filter(|data| data.len() <= self.largest_kept()) {
                    self.bases.insert(number, id, data);
                }
                return;
            }
            Form::OfsDelta => self.records.link(base, number),
            Form::RefDelta => self.ref_deltas.push((id, number)),
        }
        self.unresolved += 1;
    }

    fn largest_kept(&self) -> usize {
        (self.limits.cache_bytes / LARGEST_SHARE)
            .min(usize::try_from(self.limits.held_object_bytes).unwrap_or(usize::MAX))
    }
}

/// Applies a delta, if its result is not too large.
pub(super) fn apply(
    offset: u64,
    base: &[u8],
    instructions: &[u8],
    limits: &Limits,
) -> Result<Vec<u8>, IncomingError> {
    let malformed =
        |error: DeltaError| IncomingError::Malformed { offset, reason: error.to_string() };
    let (sizes, _) = Sizes::decode(instructions).map_err(malformed)?;
    let limit_bytes = limits.held_object_bytes;
    check_size(offset, sizes.result_bytes, limit_bytes, "results of deltas")?;
    delta::apply(base, instructions, limit_bytes).map_err(malformed)
}

/// The depth of a delta against an object that has `base` deltas below it.
pub(super) fn deepen(offset: u64, base: u16, limits: &Limits) -> Result<u16, IncomingError> {
    let limit = limits.delta_depth.min(u16::MAX as u32);
    match base.checked_add(1).filter(|depth| *depth as u32 <= limit) {
        Some(depth) => Ok(depth),
        None => Err(IncomingError::TooDeep { offset, limit }),
    }
}

/// Refuses what is too large.
pub(super) fn check_size(
    offset: u64,
    size_bytes: u64,
    limit_bytes: u64,
    what: &'static str,
) -> Result<(), IncomingError> {
    if size_bytes > limit_bytes {
        return Err(IncomingError::ObjectTooLarge { offset, size_bytes, limit_bytes, what });
    }
    Ok(())
}

/// The error of an entry whose data does not inflate.
pub(super) fn damaged(offset: u64, error: ZlibError) -> IncomingError {
    IncomingError::Malformed { offset, reason: error.to_string() }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}
