//! Thin packs: the bases that the pack lacks are appended to it.

use super::{
    HEADER_BYTES, IncomingError,
    record::Records,
    spool::{Sink, Spooled},
    window,
};
use crate::{
    hash::Hasher,
    object::ObjectId,
    odb::Objects,
    pack::{
        entry::{EntryHeader, EntryKind},
        index::Crc32,
    },
    store::{PART_BYTES, Store},
    zlib::deflate,
};
use alloc::vec::Vec;

/// Writes the pack in `spooled` to `sink` once more, with the objects of the records from number
/// `entries` on behind its own and a header and trailer to match. Returns the new trailer.
///
/// `end`: where the old trailer begins.
pub(super) async fn complete<S: Store, W: Sink>(
    objects: &Objects<S>,
    store: &S,
    spooled: &Spooled,
    records: &mut Records,
    entries: u32,
    end: u64,
    sink: &mut W,
) -> Result<ObjectId, IncomingError> {
    let mut output = Output { sink, hasher: Hasher::new(), position: 0 };
    output.write(&header(records.len())).await?;
    match spooled {
        Spooled::Memory(pack) => {
            let body = pack.get(HEADER_BYTES..end as usize).unwrap_or_default();
            output.write(body).await?;
        }
        Spooled::Stored { key, .. } => {
            while output.position < end {
                let next = end.min(output.position + PART_BYTES as u64);
                let piece = window::read(store, key, output.position..next).await?;
                output.write(&piece).await?;
            }
        }
    }
    for number in entries..records.len() {
        let object = objects.read(&records.at(number).id).await?;
        let mut stored = Vec::new();
        let size_bytes = object.data.len() as u64;
        EntryHeader { kind: EntryKind::Whole(object.kind), size_bytes }.encode(&mut stored);
        stored.append(&mut deflate(&object.data));
        let record = records.at_mut(number);
        record.offset = output.position;
        let mut crc32 = Crc32::new();
        crc32.update(&stored);
        record.crc32 = crc32.finish();
        output.write(&stored).await?;
    }
    let checksum = output.hasher.finish();
    output.sink.write(checksum.as_bytes()).await?;
    Ok(checksum)
}

fn header(entries: u32) -> [u8; HEADER_BYTES] {
    let mut header = *b"PACK\0\0\0\x02\0\0\0\0";
    for (to, from) in header.iter_mut().skip(8).zip(entries.to_be_bytes()) {
        *to = from;
    }
    header
}

struct Output<'o, W> {
    sink: &'o mut W,
    hasher: Hasher,
    position: u64,
}

impl<W: Sink> Output<'_, W> {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), IncomingError> {
        self.hasher.update(bytes);
        self.position += bytes.len() as u64;
        Ok(self.sink.write(bytes).await?)
    }
}
