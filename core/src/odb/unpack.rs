//! Reading packed objects: inflating entries and applying chains of deltas.

use super::{
    Objects,
    catalog::{Listing, PackFile},
    error::Fault,
    pages::end_of_entries,
};
use crate::{
    hash::object_id,
    object::{Kind, Object, ObjectId},
    pack::{
        EntryKind,
        delta::{self, DeltaError},
    },
    sorted::BTreeSet,
    store::Store,
    zlib::InflateExact,
};
use alloc::{sync::Arc, vec::Vec};

/// An unpacked object that may be the base of others.
#[derive(Clone, Debug)]
pub(super) struct Base {
    kind: Kind,
    data: Arc<Vec<u8>>,
    /// The id that the data was found to have.
    verified: Option<ObjectId>,
}

/// One delta of a chain.
struct Link {
    file: Arc<PackFile>,
    offset: u64,
    data: u64,
    size_bytes: u64,
}

/// What a chain of deltas ends in.
enum Root {
    /// An entry with a whole object.
    Whole(Kind, Link),
    /// A base in memory.
    Cached(Base),
    /// A base outside the packs.
    Loose(ObjectId),
}

impl<S: Store> Objects<S> {
    /// Reads the object at `offset` whole and checks it against `id`.
    pub(super) async fn read_packed(
        &self,
        listing: &Listing,
        file: Arc<PackFile>,
        offset: u64,
        id: &ObjectId,
    ) -> Result<Object, Fault> {
        let number = file.number;
        let (chain, root) = self.resolve(listing, file, offset).await?;
        let mut base = match root {
            Root::Cached(base) if chain.is_empty() && base.verified == Some(*id) => {
                return Ok(Object { kind: base.kind, data: base.data.to_vec() });
            }
            Root::Cached(base) => base,
            Root::Whole(kind, link) => {
                let data = Arc::new(self.inflate(&link).await?);
                let base = Base { kind, data, verified: None };
                if !chain.is_empty() {
                    self.keep(link.file.number, link.offset, &base);
                }
                base
            }
            Root::Loose(id) => {
                let Object { kind, data } = self.read_loose(&id).await?.ok_or(Fault::NoBase(id))?;
                Base { kind, data: Arc::new(data), verified: Some(id) }
            }
        };
        let is_delta = !chain.is_empty();
        let mut links = chain.into_iter().rev().peekable();
        while let Some(link) = links.next() {
            let delta = self.inflate(&link).await?;
            let limit = self.limits.held_object_bytes;
            let data = delta::apply(&base.data, &delta, limit).map_err(|error| match error {
                DeltaError::TooLarge { size_bytes } => Fault::TooLarge(size_bytes),
                error => Fault::corrupt(error),
            })?;
            base = Base { kind: base.kind, data: Arc::new(data), verified: None };
            if links.peek().is_some() {
                self.keep(link.file.number, link.offset, &base);
            }
        }
        if object_id(base.kind, &base.data) != *id {
            return Err(Fault::corrupt("its content does not match its id"));
        }
        base.verified = Some(*id);
        // Trees are read again and are the bases of other trees; files rarely.
        if base.kind == Kind::Tree || is_delta && base.kind != Kind::Blob {
            self.keep(number, offset, &base);
        }
        let data = Arc::try_unwrap(base.data).unwrap_or_else(|shared| shared.to_vec());
        Ok(Object { kind: base.kind, data })
    }

    /// The kind and length of the object at `offset`.
    pub(super) async fn packed_header(
        &self,
        listing: &Listing,
        file: Arc<PackFile>,
        offset: u64,
    ) -> Result<(Kind, u64), Fault> {
        let (chain, root) = self.resolve(listing, file, offset).await?;
        let (kind, size_bytes) = match root {
            Root::Whole(kind, link) => (kind, link.size_bytes),
            Root::Cached(base) => (base.kind, base.data.len() as u64),
            Root::Loose(id) => self.loose_header(&id).await?.ok_or(Fault::NoBase(id))?,
        };
        match chain.first() {
            Some(delta) => Ok((kind, self.delta_sizes(delta).await?.result_bytes)),
            None => Ok((kind, size_bytes)),
        }
    }

    /// Follows a chain of deltas to its end, from the object to the one that needs no base.
    async fn resolve(
        &self,
        listing: &Listing,
        file: Arc<PackFile>,
        offset: u64,
    ) -> Result<(Vec<Link>, Root), Fault> {
        let mut chain: Vec<Link> = Vec::new();
        let mut seen: BTreeSet<(u32, u64)> = BTreeSet::new();
        let (mut file, mut offset) = (file, offset);
        loop {
            if let Some(base) = self.bases.lock().find(&(file.number, offset)) {
                return Ok((chain, Root::Cached(base)));
            }
            let (header, data) = self.entry_at(&file, offset).await?;
            let link = Link { file: file.clone(), offset, data, size_bytes: header.size_bytes };
            let base = match header.kind {
                EntryKind::Whole(kind) => return Ok((chain, Root::Whole(kind, link))),
                EntryKind::OfsDelta(distance) => offset
                    .checked_sub(distance)
                    .filter(|base| *base < offset)
                    .ok_or_else(|| Fault::corrupt("the base of a delta lies outside its pack"))?,
                EntryKind::RefDelta(id) => {
                    // Only these can lead round in a circle: the others lead downwards.
                    if !seen.insert((file.number, offset)) {
                        return Err(Fault::corrupt("deltas need each other"));
                    }
                    match self.find_base(listing, &file, &id).await? {
                        Some((found, base)) => {
                            file = found;
                            base
                        }
                        None => {
                            chain.push(link);
                            return Ok((chain, Root::Loose(id)));
                        }
                    }
                }
            };
            chain.push(link);
            if chain.len() > self.limits.delta_depth as usize {
                return Err(Fault::corrupt("its chain of deltas is too long"));
            }
            offset = base;
        }
    }

    /// Where the base of a delta lies: in the same pack before any other.
    async fn find_base(
        &self,
        listing: &Listing,
        file: &Arc<PackFile>,
        id: &ObjectId,
    ) -> Result<Option<(Arc<PackFile>, u64)>, Fault> {
        let others: Vec<u32> = listing
            .packs
            .iter()
            .map(|other| other.number)
            .filter(|number| *number != file.number)
            .collect();
        if let Some(found) = self.find_packed(listing, id, &others).await? {
            return Ok(Some(found));
        }
        Ok(self.find_packed(listing, id, &[file.number]).await?)
    }

    /// Inflates an entry's own data whole.
    async fn inflate(&self, link: &Link) -> Result<Vec<u8>, Fault> {
        let limit = self.limits.held_object_bytes;
        let size = usize::try_from(link.size_bytes).ok().filter(|size| *size as u64 <= limit);
        let size = size.ok_or(Fault::TooLarge(link.size_bytes))?;
        let end = end_of_entries(&link.file);
        let mut engine = self.engines.lock().pop().unwrap_or_default();
        let mut filling = engine.begin(size);
        let mut at = link.data;
        loop {
            let slice = self.page_at(&link.file, at).await?;
            let bytes = slice.bytes();
            let room = end.saturating_sub(at).min(bytes.len() as u64) as usize;
            let step = filling.feed(bytes.get(..room).unwrap_or_default());
            let step = step.map_err(Fault::corrupt)?;
            if step.is_done {
                break;
            }
            at += room as u64;
        }
        let data = filling.finish().map_err(Fault::corrupt)?;
        self.give_back(engine);
        Ok(data)
    }

    /// The lengths that a delta begins with.
    async fn delta_sizes(&self, link: &Link) -> Result<delta::Sizes, Fault> {
        let size = (delta::Sizes::MAX_BYTES as u64).min(link.size_bytes) as usize;
        let mut engine = self.engines.lock().pop().unwrap_or_default();
        let mut filling = engine.begin(size);
        let mut at = link.data;
        while !filling.is_full() {
            let slice = self.page_at(&link.file, at).await?;
            filling.feed_start(slice.bytes()).map_err(Fault::corrupt)?;
            at += slice.bytes().len() as u64;
        }
        let sizes = delta::Sizes::decode(filling.so_far()).map_err(Fault::corrupt)?.0;
        self.give_back(engine);
        Ok(sizes)
    }

    fn give_back(&self, engine: InflateExact) {
        const MOST_KEPT: usize = 8;
        let mut engines = self.engines.lock();
        if engines.len() < MOST_KEPT {
            engines.push(engine);
        }
    }

    fn keep(&self, number: u32, offset: u64, base: &Base) {
        const OVERHEAD_BYTES: usize = 128;
        let bytes = base.data.len().saturating_add(OVERHEAD_BYTES);
        self.bases.lock().insert((number, offset), base.clone(), bytes);
    }
}
