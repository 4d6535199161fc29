//! Writing idx files, version 2.

use super::{
    IndexEntry,
    shape::{IS_LONG, MAGIC},
};
use crate::{hash::Hasher, object::ObjectId, sort};
use alloc::vec::Vec;

/// Writes the idx of a pack with these objects whole.
///
/// `entries`: in any order; sorted by id when the call returns. `pack_checksum`: what the pack ends
/// with.
///
/// # Source
/// gitformat-pack(5), "Version 2 pack-*.idx files"
pub fn write(entries: &mut [IndexEntry], pack_checksum: ObjectId) -> Vec<u8> {
    let mut idx = Vec::with_capacity(32 + 1024 + 40 + entries.len() * 28);
    pieces(entries, pack_checksum).for_each(|mut piece| idx.append(&mut piece));
    idx
}

/// Writes the idx of a pack piece by piece, for one that should not be in memory whole.
///
/// `entries`: in any order; sorted by id when the call returns.
pub fn pieces(entries: &mut [IndexEntry], pack_checksum: ObjectId) -> Pieces<'_> {
    sort::unstable(entries);
    Pieces { entries, pack_checksum, hasher: Hasher::new(), table: Table::Fanout, at: 0, longs: 0 }
}

/// Iterator over the pieces of an idx, each of at most 64 KiB: [`pieces`].
#[derive(Clone, Debug)]
pub struct Pieces<'e> {
    entries: &'e [IndexEntry],
    pack_checksum: ObjectId,
    hasher: Hasher,
    table: Table,
    /// How many entries of the table were written.
    at: usize,
    /// How many long offsets the table of short ones has named.
    longs: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Table {
    Fanout,
    Ids,
    Crcs,
    Offsets,
    LongOffsets,
    Trailer,
    End,
}

impl Iterator for Pieces<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut piece = Vec::new();
        while piece.is_empty() {
            match self.table {
                Table::Fanout => self.fanout(&mut piece),
                Table::Ids => self.rows(Table::Crcs, |_, entry| Row::Id(entry.id), &mut piece),
                Table::Crcs => {
                    self.rows(Table::Offsets, |_, entry| Row::Short(entry.crc32), &mut piece);
                }
                Table::Offsets => self.rows(Table::LongOffsets, Self::offset, &mut piece),
                Table::LongOffsets => self.rows(Table::Trailer, long_offset, &mut piece),
                Table::Trailer => return Some(self.trailer()),
                Table::End => return None,
            }
        }
        self.hasher.update(&piece);
        Some(piece)
    }
}

/// What one entry adds to a table.
enum Row {
    Nothing,
    Id(ObjectId),
    Short(u32),
    Long(u64),
}

impl Pieces<'_> {
    const ROWS: usize = 3000;

    fn fanout(&mut self, piece: &mut Vec<u8>) {
        piece.extend_from_slice(&MAGIC);
        for first in 0..=u8::MAX {
            let count = self.entries.partition_point(|entry| entry.id.as_bytes()[0] <= first);
            piece.extend_from_slice(&(count as u32).to_be_bytes());
        }
        self.table = Table::Ids;
    }

    fn rows(
        &mut self,
        next: Table,
        row: impl Fn(&mut Self, &IndexEntry) -> Row,
        piece: &mut Vec<u8>,
    ) {
        let entries = self.entries;
        let rest = entries.get(self.at..).unwrap_or_default();
        for entry in rest.iter().take(Self::ROWS) {
            match row(self, entry) {
                Row::Nothing => {}
                Row::Id(id) => piece.extend_from_slice(id.as_bytes()),
                Row::Short(number) => piece.extend_from_slice(&number.to_be_bytes()),
                Row::Long(number) => piece.extend_from_slice(&number.to_be_bytes()),
            }
            self.at += 1;
        }
        if self.at == entries.len() {
            self.table = next;
            self.at = 0;
        }
    }

    fn offset(&mut self, entry: &IndexEntry) -> Row {
        match u32::try_from(entry.offset) {
            Ok(offset) if offset & IS_LONG == 0 => Row::Short(offset),
            _ => {
                let place = self.longs;
                self.longs += 1;
                Row::Short(IS_LONG | place)
            }
        }
    }

    fn trailer(&mut self) -> Vec<u8> {
        self.table = Table::End;
        let mut piece = self.pack_checksum.as_bytes().to_vec();
        self.hasher.update(&piece);
        piece.extend_from_slice(self.hasher.finish().as_bytes());
        piece
    }
}

fn long_offset(_: &mut Pieces<'_>, entry: &IndexEntry) -> Row {
    if entry.offset >= u64::from(IS_LONG) { Row::Long(entry.offset) } else { Row::Nothing }
}
