//! Reading values and listing keys.

use super::{
    Inner,
    attempt::Attempts,
    failure::Failure,
    form::{self, CHUNK_BYTES},
    link::{Lease, Parameter},
};
use futures_util::{StreamExt, stream};
use std::ops::Range;
use tokio_postgres::{Row, types::Type};
use trunks_core::store::{Entry, Page, StoreError, Value, Version};
use uuid::Uuid;

/// So many chunks at most are asked for by one statement, so that none takes long.
const PIECE_CHUNKS: u64 = 8;

/// So many pieces of one value are under way at once.
const PIECES: usize = 3;

/// No page holds more entries.
const PAGE_ENTRIES: u32 = 5000;

/// A piece of a value, as one statement saw it.
struct Piece {
    version: Uuid,
    size_bytes: u64,
    bytes: Vec<u8>,
}

impl Inner {
    /// Reads a value or a range of it: what one statement sees, or, if that is too much for one, what
    /// several see of the same version.
    pub(super) async fn get(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<Option<Value>, StoreError> {
        let wanted = range.unwrap_or(0..u64::MAX);
        let mut attempts = Attempts::new(&self.pool, self.deadline);
        loop {
            let first = wanted.start..wanted.end.min(piece_end(wanted.start));
            let Some(first) = self.piece(key, first, None).await? else { return Ok(None) };
            let Piece { version, size_bytes, bytes } = first;
            let wanted = wanted.start..wanted.end.min(size_bytes);
            match self.rest(key, &wanted, version, bytes).await? {
                Some(bytes) => {
                    return Ok(Some(Value { bytes, size_bytes, version: mark(version) }));
                }
                // Replaced in the meantime.
                None => attempts
                    .after(Failure::Busy("the value is replaced again and again".to_owned()))
                    .await
                    .map_err(|failure| failure.into_error(key))?,
            }
        }
    }

    /// Reads on to the end of `wanted`; `None` if the version is no longer there.
    async fn rest(
        &self,
        key: &str,
        wanted: &Range<u64>,
        version: Uuid,
        mut bytes: Vec<u8>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let length = wanted.end.saturating_sub(wanted.start);
        let mut next = wanted.start + bytes.len() as u64;
        if next < wanted.end {
            let whole = usize::try_from(length).unwrap_or(usize::MAX);
            bytes.try_reserve_exact(whole - bytes.len()).map_err(|error| {
                let reason = format!("{length} bytes do not fit into memory: {error}");
                Failure::Failed(reason).into_error(key)
            })?;
        }
        let mut pieces = Vec::new();
        while next < wanted.end {
            let end = wanted.end.min(piece_end(next));
            pieces.push(self.piece(key, next..end, Some(version)));
            next = end;
        }
        let mut pieces = stream::iter(pieces).buffered(PIECES);
        while let Some(piece) = pieces.next().await {
            let Some(piece) = piece? else { return Ok(None) };
            bytes.extend_from_slice(&piece.bytes);
        }
        if bytes.len() as u64 == length {
            return Ok(Some(bytes));
        }
        let reason = format!(
            "{} of {length} bytes were found: chunks are missing in the database; restore them from \
             a backup",
            bytes.len()
        );
        Err(Failure::Failed(reason).into_error(key))
    }

    /// Reads a range that one statement may ask for, of `version` if it is given.
    async fn piece(
        &self,
        key: &str,
        range: Range<u64>,
        version: Option<Uuid>,
    ) -> Result<Option<Piece>, StoreError> {
        let key_bytes = self.key(key);
        let start = signed(range.start);
        let end = signed(range.end).max(start);
        let chunk = |at: i64| i32::try_from(at / CHUNK_BYTES as i64).unwrap_or(i32::MAX);
        let (first, last) = (chunk(start), if end > start { chunk(end - 1) } else { -1 });
        let parameters = [
            (&key_bytes as _, Type::BYTEA),
            (&start as _, Type::INT8),
            (&end as _, Type::INT8),
            (&first as _, Type::INT4),
            (&last as _, Type::INT4),
            (&version as _, Type::UUID),
        ];
        let parameters: &[Parameter<'_>] = &parameters;
        let found = self.reading(key, |link| async move {
            let mut found = None;
            let take = |row: Row| {
                let piece = found.get_or_insert_with(|| Piece {
                    version: row.get(0),
                    size_bytes: row.get::<_, i64>(1).unsigned_abs(),
                    bytes: Vec::new(),
                });
                piece.bytes.extend_from_slice(row.get::<_, Option<&[u8]>>(3).unwrap_or(&[]));
                Ok(())
            };
            link.query(&self.statements.get, parameters, take).await?;
            Ok(found)
        });
        Ok(found.await?.flatten())
    }

    /// Lists the keys that start with `prefix`, after `after`.
    pub(super) async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        let limit = limit.min(PAGE_ENTRIES) as usize;
        let from = self.key(prefix);
        let after = after.map_or(Vec::new(), |after| self.key(after));
        let before = successor(&from);
        let rows = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let parameters = [
            (&from as _, Type::BYTEA),
            (&after as _, Type::BYTEA),
            (&before as _, Type::BYTEA),
            (&rows as _, Type::INT8),
        ];
        let parameters: &[Parameter<'_>] = &parameters;
        let found = self.reading(prefix, |link| async move {
            let mut entries = Vec::new();
            let take = |row: Row| {
                entries.push(Entry {
                    key: self.plain_key(row.get(0))?,
                    size_bytes: row.get::<_, i64>(1).unsigned_abs(),
                    modified_s: u64::try_from(row.get::<_, i64>(2)).unwrap_or(0),
                });
                Ok(())
            };
            link.query(&self.statements.list, parameters, take).await?;
            Ok(entries)
        });
        let mut entries = found.await?.unwrap_or_default();
        let more = entries.len() > limit;
        entries.truncate(limit);
        Ok(Page { entries, more })
    }

    /// Runs a read until it is answered; `None` if there are no tables.
    pub(super) async fn reading<T, F: Future<Output = Result<T, Failure>>>(
        &self,
        key: &str,
        read: impl Fn(Lease) -> F,
    ) -> Result<Option<T>, StoreError> {
        let mut attempts = Attempts::new(&self.pool, self.deadline);
        self.read_on(&mut attempts, read).await.map_err(|failure| failure.into_error(key))
    }

    async fn read_on<T, F: Future<Output = Result<T, Failure>>>(
        &self,
        attempts: &mut Attempts<'_>,
        read: impl Fn(Lease) -> F,
    ) -> Result<Option<T>, Failure> {
        loop {
            let failure = match read(attempts.lease().await?).await {
                Ok(found) => return Ok(Some(found)),
                Err(Failure::NoTables) => {
                    let link = attempts.lease().await?;
                    match form::look(&link, &self.schema).await {
                        Ok(false) => return Ok(None),
                        // Made by somebody between the two.
                        Ok(true) => form::incomplete(&self.schema),
                        Err(failure) => failure,
                    }
                }
                Err(failure) => failure,
            };
            attempts.after(failure).await?;
        }
    }
}

/// The seam's form of a version.
pub(super) fn mark(version: Uuid) -> Version {
    Version(version.simple().to_string())
}

/// Where a statement that reads from `start` on stops at the latest: at the end of a chunk.
fn piece_end(start: u64) -> u64 {
    let chunk = CHUNK_BYTES as u64;
    (start / chunk).saturating_add(PIECE_CHUNKS).saturating_mul(chunk)
}

fn signed(at: u64) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

/// The least string of bytes that is greater than all that start with `prefix`, if there is one.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let at = prefix.iter().rposition(|&byte| byte != u8::MAX)?;
    let mut next = prefix[..=at].to_vec();
    next[at] += 1;
    Some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_where_its_successor_begins() {
        assert_eq!(successor(b"a/b"), Some(b"a/c".to_vec()));
        assert_eq!(successor(b"a\xff\xff"), Some(b"b".to_vec()));
        assert_eq!(successor(b"\xff"), None);
        assert_eq!(successor(b""), None);
    }

    #[test]
    fn pieces_end_with_chunks() {
        let chunk = CHUNK_BYTES as u64;
        assert_eq!(piece_end(0), 8 * chunk);
        assert_eq!(piece_end(1), 8 * chunk);
        assert_eq!(piece_end(chunk), 9 * chunk);
        assert_eq!(piece_end(u64::MAX), u64::MAX);
    }
}
