//! The second pass: the deltas whose bases were not at hand in the first.
//!
//! Deltas are taken depth-first from the objects that are known, so that a base is mostly at hand
//! when its deltas come; one that was dropped is made again from its own bases. What an id as base
//! names may become known only on the way: those deltas follow when all others are done.

use super::{
    IncomingError,
    admit::Gate,
    bases::Bases,
    record::{Form, NONE, Record, Records},
    scan::{Scanned, apply, check_size, damaged, deepen},
    spool::Spooled,
    window::Window,
};
use crate::{
    at_once::join_all,
    limits::Limits,
    object::{Object, ObjectId},
    odb::{Objects, ReadError},
    pack::entry::EntryHeader,
    sort,
    sorted::{BTreeMap, BTreeSet},
    store::Store,
    zlib::InflateExact,
};
use alloc::{string::ToString, vec::Vec};
use core::ops::Range;

/// How many bases are asked of the repository at once.
const BASES_AT_ONCE: usize = 32;

/// Resolves every delta.
///
/// Adds a record, without an offset, for each base that is in the repository and not in the pack.
///
/// # Errors
/// `MissingBase`: a base is in neither.
pub(super) async fn resolve<S: Store>(
    objects: &Objects<S>,
    store: &S,
    spooled: &Spooled,
    scanned: &mut Scanned,
    limits: &Limits,
) -> Result<(), IncomingError> {
    if scanned.unresolved == 0 {
        return Ok(());
    }
    let mut ref_deltas = core::mem::take(&mut scanned.ref_deltas);
    sort::unstable(&mut ref_deltas);
    let mut resolver = Resolver {
        objects,
        window: Window::new(store, spooled),
        limits,
        entries: scanned.records.len(),
        end: scanned.end,
        exact: InflateExact::new(),
        records: &mut scanned.records,
        bases: &mut scanned.bases,
        gate: &mut scanned.gate,
        ref_deltas,
        stack: Vec::new(),
        later: Vec::new(),
    };
    for number in 0..resolver.entries {
        resolver.follow(number);
    }
    resolver.drain().await?;
    resolver.take_from_repository().await
}

struct Resolver<'r, S> {
    objects: &'r Objects<S>,
    window: Window<'r, S>,
    limits: &'r Limits,
    /// How many records are those of entries; the others are of the repository's objects.
    entries: u32,
    /// Where the last entry ends.
    end: u64,
    exact: InflateExact,
    records: &'r mut Records,
    bases: &'r mut Bases,
    gate: &'r mut Gate,
    /// Sorted: the id of a base, and the record of a delta against it.
    ref_deltas: Vec<(ObjectId, u32)>,
    /// Deltas whose base is known, the next one last.
    stack: Vec<u32>,
    /// As `stack`, for when that is empty: entries that were not foreseen, and are not loaded.
    later: Vec<u32>,
}

impl<S: Store> Resolver<'_, S> {
    /// Resolves what is on the stack and all that follows from it.
    async fn drain(&mut self) -> Result<(), IncomingError> {
        loop {
            let Some(number) = self.stack.pop() else {
                if self.later.is_empty() {
                    return Ok(());
                }
                core::mem::swap(&mut self.stack, &mut self.later);
                continue;
            };
            if !self.window.sees(self.records.at(number).offset) {
                self.load_ahead(number).await?;
            }
            self.resolve_one(number).await?;
            self.follow(number);
        }
    }

    /// Resolves the deltas whose bases are in the repository alone.
    async fn take_from_repository(&mut self) -> Result<(), IncomingError> {
        let mut from = 0;
        loop {
            let mut wanted: Vec<ObjectId> = Vec::new();
            while let Some((base, delta)) = self.ref_deltas.get(from).copied()
                && wanted.len() < BASES_AT_ONCE
            {
                from += 1;
                if self.records.at(delta).base == NONE && wanted.last() != Some(&base) {
                    wanted.push(base);
                }
            }
            if wanted.is_empty() {
                break;
            }
            self.take_bases(&wanted).await?;
        }
        self.forget_known_bases();
        let is_left = |(_, delta): &&(ObjectId, u32)| self.records.at(*delta).base == NONE;
        match self.ref_deltas.iter().find(is_left) {
            Some((base, _)) => Err(IncomingError::MissingBase { base: *base }),
            None => Ok(()),
        }
    }

    /// Resolves what follows from those of these objects that are in the repository. The others
    /// may yet be made by deltas of the pack.
    async fn take_bases(&mut self, ids: &[ObjectId]) -> Result<(), IncomingError> {
        let objects = self.objects;
        let headers = ids.iter().map(|id| async move { (*id, objects.header(id).await) });
        let (mut small, mut large) = (Vec::new(), Vec::new());
        let mut room_bytes = self.limits.cache_bytes as u64 / 2;
        for (base, outcome) in join_all(headers).await {
            match outcome {
                Ok((_, size_bytes)) if size_bytes <= room_bytes => {
                    room_bytes -= size_bytes;
                    small.push(base);
                }
                Ok(_) => large.push(base),
                Err(ReadError::Missing { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let reads = small.iter().map(|id| async move { (*id, objects.read(id).await) });
        for (base, outcome) in join_all(reads).await {
            self.take_base(base, outcome?);
        }
        self.drain().await?;
        for base in large {
            self.take_base(base, objects.read(&base).await?);
            self.drain().await?;
        }
        Ok(())
    }

    /// Drops the records of those of the repository's objects that the pack turned out to hold.
    fn forget_known_bases(&mut self) {
        let added = self.records.split_off(self.entries);
        let mut bases: BTreeMap<ObjectId, Record> =
            added.into_iter().map(|record| (record.id, record)).collect();
        if bases.is_empty() {
            return;
        }
        for number in 0..self.entries {
            bases.remove(&self.records.at(number).id);
        }
        for record in bases.into_values() {
            self.records.push(record);
        }
    }

    fn take_base(&mut self, base: ObjectId, object: Object) {
        let mut record = Record::new(u64::MAX);
        record.form = Form::Resolved(object.kind);
        record.id = base;
        let number = self.records.push(record);
        self.bases.insert(number, base, object.data);
        self.follow(number);
    }

    /// Puts the deltas against an object that has become known on the stack.
    fn follow(&mut self, number: u32) {
        if self.records.at(number).kind().is_none() {
            return;
        }
        let mut child = core::mem::replace(&mut self.records.at_mut(number).child, NONE);
        while child != NONE {
            self.stack.push(child);
            child = self.records.at(child).sibling;
        }
        let id = self.records.at(number).id;
        let from = self.ref_deltas.partition_point(|(base, _)| *base < id);
        for (_, delta) in self.ref_deltas.iter().skip(from).take_while(|(base, _)| *base == id) {
            let record = self.records.at_mut(*delta);
            if record.base == NONE {
                record.base = number;
                let is_loaded = self.window.sees(record.offset);
                let stack = if is_loaded { &mut self.stack } else { &mut self.later };
                stack.push(*delta);
            }
        }
    }

    async fn resolve_one(&mut self, number: u32) -> Result<(), IncomingError> {
        let Record { offset, base, .. } = *self.records.at(number);
        self.make(base).await?;
        let instructions = self.inflate(number).await?;
        let base_record = self.records.at(base);
        let kind = base_record.kind().expect("deltas are taken after their bases");
        let depth = deepen(offset, base_record.depth, self.limits)?;
        let content = self.bases.find(base).expect("the base was just made");
        let data = apply(offset, content, &instructions, self.limits)?;
        let id = self.gate.admit(kind, &data)?;
        let record = self.records.at_mut(number);
        record.id = id;
        record.form = Form::Resolved(kind);
        record.depth = depth;
        self.bases.insert(number, id, data);
        Ok(())
    }

    /// Sees to it that a known object is the last used of the bases.
    async fn make(&mut self, number: u32) -> Result<(), IncomingError> {
        let mut chain = Vec::new();
        let mut next = number;
        while self.bases.find(next).is_none() {
            chain.push(next);
            match self.records.at(next).base {
                NONE => break,
                base => next = base,
            }
        }
        while let Some(next) = chain.pop() {
            let Record { offset, base, id, .. } = *self.records.at(next);
            let data = if next >= self.entries {
                self.objects.read(&id).await?.data
            } else if base == NONE {
                self.inflate(next).await?
            } else {
                let instructions = self.inflate(next).await?;
                let content = self.bases.find(base).expect("the base was just made");
                apply(offset, content, &instructions, self.limits)?
            };
            self.bases.insert(next, id, data);
        }
        Ok(())
    }

    /// The content of an entry: an object, or the instructions of a delta.
    async fn inflate(&mut self, number: u32) -> Result<Vec<u8>, IncomingError> {
        let mut place = self.place(number);
        let offset = place.start;
        let malformed = |reason| IncomingError::Malformed { offset, reason };
        place.end = place.end.min(offset.saturating_add(self.longest_entry()));
        let bytes = self.window.entry(place).await?;
        let (header, length) =
            EntryHeader::decode(bytes).map_err(|error| malformed(error.to_string()))?;
        let limit_bytes = self.limits.held_object_bytes;
        check_size(offset, header.size_bytes, limit_bytes, "bases of deltas")?;
        let mut filling = self.exact.begin(header.size_bytes as usize);
        let deflated = bytes.get(length..).unwrap_or_default();
        filling.feed(deflated).map_err(|error| damaged(offset, error))?;
        filling.finish().map_err(|error| damaged(offset, error))
    }

    /// Where an entry lies in the pack.
    fn place(&self, number: u32) -> Range<u64> {
        let next = number + 1;
        let end = if next < self.entries { self.records.at(next).offset } else { self.end };
        self.records.at(number).offset..end
    }

    /// Loads as many of the entries that will be wanted from `number` on as memory allows.
    async fn load_ahead(&mut self, number: u32) -> Result<(), IncomingError> {
        let left_bytes = self.limits.cache_bytes as u64;
        let mut plan = Plan { left_bytes, entries: BTreeSet::new() };
        let mut ahead = Vec::new();
        let mut below = self.stack.len();
        let mut next = Some(number);
        while let Some(number) = next {
            if !self.plan_with_bases(number, &mut plan) {
                break;
            }
            let mut child = self.records.at(number).child;
            while child != NONE {
                ahead.push(child);
                child = self.records.at(child).sibling;
            }
            next = ahead.pop().or_else(|| {
                below = below.checked_sub(1)?;
                self.stack.get(below).copied()
            });
        }
        let places: Vec<Range<u64>> =
            plan.entries.iter().map(|number| self.place(*number)).collect();
        self.window.load(&places).await
    }

    /// Adds an entry and those that its base is made from; false when that is too much.
    fn plan_with_bases(&mut self, number: u32, plan: &mut Plan) -> bool {
        let mut next = number;
        while next < self.entries && !plan.entries.contains(&next) {
            let place = self.place(next);
            let size_bytes = place.end - place.start;
            if size_bytes > self.longest_entry() {
                break;
            }
            if size_bytes > plan.left_bytes && !plan.entries.is_empty() {
                return false;
            }
            plan.left_bytes = plan.left_bytes.saturating_sub(size_bytes);
            plan.entries.insert(next);
            match self.records.at(next).base {
                NONE => break,
                base if self.bases.holds(base) => break,
                base => next = base,
            }
        }
        true
    }

    /// The stored length, in bytes, of the longest entry whose content is small enough to be held.
    fn longest_entry(&self) -> u64 {
        let held_bytes = self.limits.held_object_bytes;
        held_bytes.saturating_add(held_bytes / 64).saturating_add(1024)
    }
}

/// Which entries to load.
struct Plan {
    left_bytes: u64,
    entries: BTreeSet<u32>,
}
