//! Reading objects of any size in bounded memory.

use super::{Objects, ReadError, error::Fault};
use crate::{
    hash::ObjectHasher,
    object::{Kind, ObjectId},
    store::Store,
    zlib::Inflate,
};
use alloc::{boxed::Box, string::String, vec::Vec};

/// Objects up to this size, in bytes, are read whole at once.
pub(super) const WHOLE_BYTES: u64 = 256 * 1024;
/// Most bytes in one piece.
const PIECE_BYTES: u64 = 256 * 1024;
/// Most bytes in one piece of an object that was read whole.
const WHOLE_PIECE_BYTES: usize = 1024 * 1024;
/// Most bytes of a file in one request.
const CHUNK_BYTES: u64 = 1024 * 1024;

/// An object being read piece by piece.
#[derive(Debug)]
pub struct ObjectStream<'o, S> {
    /// Its kind.
    pub kind: Kind,
    /// Its inflated length, in bytes.
    pub size_bytes: u64,
    objects: &'o Objects<S>,
    id: ObjectId,
    rest: Rest,
}

/// What is still to be given.
#[derive(Debug)]
enum Rest {
    Nothing,
    /// What was read whole, and how much of it was given.
    Whole(Vec<u8>, usize),
    Inflating(Box<Inflating>),
}

impl<'o, S: Store> ObjectStream<'o, S> {
    pub(super) fn whole(
        objects: &'o Objects<S>,
        id: ObjectId,
        object: crate::object::Object,
    ) -> Self {
        let size_bytes = object.data.len() as u64;
        Self { kind: object.kind, size_bytes, objects, id, rest: Rest::Whole(object.data, 0) }
    }

    pub(super) fn inflating(objects: &'o Objects<S>, inflating: Inflating) -> Self {
        let Inflating { kind, size_bytes, id, .. } = inflating;
        let rest = Rest::Inflating(Box::new(inflating));
        Self { kind, size_bytes, objects, id, rest }
    }

    /// The next bytes; `None` at the end, once all of them matched the object's id.
    ///
    /// # Errors
    /// `Corrupt` at the end when they do not match: discard what came before.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        match core::mem::replace(&mut self.rest, Rest::Nothing) {
            Rest::Nothing => Ok(None),
            Rest::Whole(data, 0) if data.len() <= WHOLE_PIECE_BYTES => {
                Ok(Some(data).filter(|data| !data.is_empty()))
            }
            Rest::Whole(data, at) => {
                let end = data.len().min(at.saturating_add(WHOLE_PIECE_BYTES));
                let piece = data.get(at..end).unwrap_or_default().to_vec();
                if end < data.len() {
                    self.rest = Rest::Whole(data, end);
                }
                Ok(Some(piece))
            }
            Rest::Inflating(mut inflating) => {
                let piece = inflating
                    .next(&self.objects.store)
                    .await
                    .map_err(|fault| fault.into_error(self.id, u64::MAX))?;
                if piece.is_some() {
                    self.rest = Rest::Inflating(inflating);
                }
                Ok(piece)
            }
        }
    }
}

/// An object being inflated from a file while it is hashed.
#[derive(Debug)]
pub(super) struct Inflating {
    pub(super) kind: Kind,
    pub(super) size_bytes: u64,
    id: ObjectId,
    source: Source,
    inflate: Inflate,
    hasher: ObjectHasher,
    /// What was inflated before the first piece.
    ahead: Vec<u8>,
    /// How much is still to be inflated, in bytes.
    left_bytes: u64,
    is_done: bool,
}

impl Inflating {
    /// Begins where `source` and `inflate` stand, just behind any header; `ahead` is content that
    /// was inflated with that.
    pub(super) fn new(
        (kind, size_bytes): (Kind, u64),
        id: ObjectId,
        source: Source,
        inflate: Inflate,
        ahead: Vec<u8>,
        is_done: bool,
    ) -> Result<Self, Fault> {
        let left_bytes = size_bytes
            .checked_sub(ahead.len() as u64)
            .ok_or_else(|| Fault::corrupt("it is longer than it declares"))?;
        let hasher = ObjectHasher::new(kind, size_bytes);
        Ok(Self { kind, size_bytes, id, source, inflate, hasher, ahead, left_bytes, is_done })
    }

    /// The next bytes; `None` at the end, once all of them matched the id.
    pub(super) async fn next(&mut self, store: &impl Store) -> Result<Option<Vec<u8>>, Fault> {
        let mut piece = core::mem::take(&mut self.ahead);
        while piece.is_empty() && !self.is_done {
            let room = self.left_bytes.min(PIECE_BYTES) as usize;
            let input = self.source.bytes(store, self.left_bytes).await?;
            let step = self.inflate.step(input, &mut piece, room).map_err(Fault::corrupt)?;
            if step.consumed == 0 && piece.is_empty() && !step.is_done {
                return Err(Fault::corrupt("it is longer than it declares"));
            }
            self.source.take(step.consumed);
            self.left_bytes = self.left_bytes.saturating_sub(piece.len() as u64);
            self.is_done = step.is_done;
        }
        if !piece.is_empty() {
            self.hasher.update(&piece);
            return Ok(Some(piece));
        }
        if self.left_bytes > 0 {
            return Err(Fault::corrupt("it is shorter than it declares"));
        }
        if self.hasher.finish() != self.id {
            return Err(Fault::corrupt("its content does not match its id"));
        }
        Ok(None)
    }

    /// All that is left, in one piece.
    pub(super) async fn whole(mut self, store: &impl Store) -> Result<Vec<u8>, Fault> {
        let mut data = Vec::new();
        while let Some(mut piece) = self.next(store).await? {
            if data.is_empty() {
                data = piece;
            } else {
                data.append(&mut piece);
            }
        }
        Ok(data)
    }
}

/// A stretch of a file, read from front to back.
#[derive(Debug)]
pub(super) struct Source {
    key: String,
    /// Where the next request begins.
    at: u64,
    end: u64,
    chunk: Vec<u8>,
    taken: usize,
}

impl Source {
    /// `chunk`: the bytes that were read already; the next ones are at `at`.
    pub(super) fn new(key: String, at: u64, end: u64, chunk: Vec<u8>) -> Self {
        Self { key, at, end, chunk, taken: 0 }
    }

    /// The bytes that come next; not empty.
    ///
    /// `left_bytes`: what they are to give when inflated, so that not much more is read.
    pub(super) async fn bytes(
        &mut self,
        store: &impl Store,
        left_bytes: u64,
    ) -> Result<&[u8], Fault> {
        const SLACK_BYTES: u64 = 4096;
        if self.taken >= self.chunk.len() {
            // Deflated bytes that do not compress are hardly more than the inflated ones.
            let wanted = left_bytes.saturating_add(left_bytes / 256).saturating_add(SLACK_BYTES);
            let end = self.at.saturating_add(wanted.min(CHUNK_BYTES)).min(self.end);
            if end <= self.at {
                return Err(Fault::corrupt("it is cut off"));
            }
            let value = store.get(&self.key, Some(self.at..end)).await?.ok_or(Fault::Gone)?;
            if value.bytes.is_empty() {
                return Err(Fault::corrupt("its file is shorter than it was"));
            }
            self.at = self.at.saturating_add(value.bytes.len() as u64);
            self.chunk = value.bytes;
            self.taken = 0;
        }
        Ok(self.chunk.get(self.taken..).unwrap_or_default())
    }

    pub(super) fn take(&mut self, count: usize) {
        self.taken = self.taken.saturating_add(count);
    }
}
