//! Reading loose objects, which stock git writes beside our packs.

use super::{
    Objects,
    error::Fault,
    stream::{Inflating, Source},
};
use crate::{
    object::{Kind, Object, ObjectId},
    store::Store,
    zlib::Inflate,
};
use alloc::vec::Vec;

/// How much of a file is read first, in bytes: most are not longer.
const FIRST_BYTES: u64 = 16 * 1024;
/// No header is longer, in bytes.
const HEADER_BYTES: usize = 32;

impl<S: Store> Objects<S> {
    /// Reads a loose object whole; `None` when there is none.
    pub(super) async fn read_loose(&self, id: &ObjectId) -> Result<Option<Object>, Fault> {
        let Some(inflating) = self.open_loose(id).await? else { return Ok(None) };
        let Inflating { kind, size_bytes, .. } = inflating;
        if size_bytes > self.limits.held_object_bytes {
            return Err(Fault::TooLarge(size_bytes));
        }
        Ok(Some(Object { kind, data: inflating.whole(&self.store).await? }))
    }

    /// The kind and length of a loose object; `None` when there is none.
    pub(super) async fn loose_header(&self, id: &ObjectId) -> Result<Option<(Kind, u64)>, Fault> {
        let inflating = self.open_loose(id).await?;
        Ok(inflating.map(|inflating| (inflating.kind, inflating.size_bytes)))
    }

    /// Begins reading a loose object; `None` when there is none.
    ///
    /// # Source
    /// gitformat-loose(5)
    pub(super) async fn open_loose(&self, id: &ObjectId) -> Result<Option<Inflating>, Fault> {
        let key = self.layout.loose_object(id);
        let Some(value) = self.store.get(&key, Some(0..FIRST_BYTES)).await? else {
            return Ok(None);
        };
        let at = value.bytes.len() as u64;
        let mut source = Source::new(key, at, value.size_bytes, value.bytes);
        let mut inflate = Inflate::new();
        let mut start = Vec::with_capacity(HEADER_BYTES);
        let mut is_done = false;
        while start.len() < HEADER_BYTES && !is_done {
            let room = HEADER_BYTES - start.len();
            let input = source.bytes(&self.store, 0).await?;
            let step = inflate.step(input, &mut start, room).map_err(Fault::corrupt)?;
            source.take(step.consumed);
            is_done = step.is_done;
        }
        let (header, ahead) =
            parse_header(&start).ok_or_else(|| Fault::corrupt("its header is not understood"))?;
        Inflating::new(header, *id, source, inflate, ahead.to_vec(), is_done).map(Some)
    }
}

/// Parses `kind size\0`, and gives what follows.
fn parse_header(bytes: &[u8]) -> Option<((Kind, u64), &[u8])> {
    let end = bytes.iter().position(|&byte| byte == 0)?;
    let (header, rest) = bytes.split_at_checked(end)?;
    let space = header.iter().position(|&byte| byte == b' ')?;
    let kind = Kind::from_name(header.get(..space)?)?;
    let digits = core::str::from_utf8(header.get(space + 1..)?).ok()?;
    let is_plain = digits.bytes().all(|digit| digit.is_ascii_digit());
    let size_bytes = digits.parse().ok().filter(|_| is_plain)?;
    Some(((kind, size_bytes), rest.get(1..)?))
}
