//! Reading a file of a revision in bounded memory.

use super::{
    FileError, Stat,
    find::{find, text},
};
use crate::{
    object::Kind,
    odb::{ObjectStream, ReadError},
    repository::Repository,
    store::Store,
};
use alloc::vec::Vec;
use core::ops::Range;

/// When a range ends, so much of the file is still read to check it against its id, in bytes.
const CHECKED_BYTES: u64 = 1024 * 1024;

/// A file being read piece by piece.
#[derive(Debug)]
pub struct FileReader<'r, S> {
    /// What is read.
    pub stat: Stat,
    stream: ObjectStream<'r, S>,
    /// Bytes before the range that are still to come.
    skip_bytes: u64,
    /// Bytes of the range that are still to come.
    left_bytes: u64,
    /// Bytes of the file that are still to come.
    rest_bytes: u64,
    is_done: bool,
}

/// Begins reading a file, or a symbolic link's target, or the part of it that lies in `range`.
///
/// `path`: names between slashes. `range`: half-open, in bytes; what lies past the end of the file
/// is left out.
///
/// # What is checked
/// Git's id of a file is a hash of all of it, so that no part can be checked by itself.
///
/// | what is read | when it is checked |
/// |---|---|
/// | a file of up to [`whole_file_bytes`], or one that is stored as a delta | before any of it is given out |
/// | a range that ends at most 1 MiB before the end of such a file | the same |
/// | a larger file, or a range that ends at most 1 MiB before its end | at the end |
/// | any other range | never: what is stored there is given out, once it inflates |
///
/// # Errors
/// `NoPath`, `IsADirectory`, `IsASubmodule`; those of [`resolve`](super::resolve()). `Read` with
/// `Corrupt`: what is stored is not the file.
///
/// [`whole_file_bytes`]: crate::limits::Limits::whole_file_bytes
pub async fn open<'r, S: Store + Clone>(
    repository: &'r Repository<S>,
    revision: &str,
    path: &[u8],
    range: Option<Range<u64>>,
) -> Result<FileReader<'r, S>, FileError> {
    let (mode, id) = find(repository, revision, path).await?;
    match mode.kind() {
        Some(Kind::Blob) => {}
        None => return Err(FileError::IsASubmodule { path: text(path), id }),
        Some(_) => return Err(FileError::IsADirectory { path: text(path) }),
    }
    // No more is read of a file than a range asks for, and what is still read behind it.
    let last = range.as_ref().map_or(u64::MAX, |range| range.end.saturating_add(CHECKED_BYTES));
    let whole_bytes = repository.objects.limits().whole_file_bytes.min(last);
    let stream = repository.objects.stream_past(&id, whole_bytes).await?;
    if stream.kind != Kind::Blob {
        let reason = "a tree names it as a file, and it is none".into();
        return Err(ReadError::Corrupt { id, reason }.into());
    }
    let size_bytes = stream.size_bytes;
    let range = range.unwrap_or(0..size_bytes);
    let end = range.end.min(size_bytes);
    let start = range.start.min(end);
    Ok(FileReader {
        stat: Stat { id, mode, size_bytes },
        stream,
        skip_bytes: start,
        left_bytes: end - start,
        rest_bytes: size_bytes,
        is_done: false,
    })
}

impl<S: Store> FileReader<'_, S> {
    /// The next bytes; `None` at the end. [`open`] says what is known of them by then.
    ///
    /// # Errors
    /// `Corrupt` at the end when a large file does not match its id: discard what came before.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        while !self.is_done {
            if self.left_bytes == 0 && self.rest_bytes > CHECKED_BYTES {
                self.is_done = true;
                break;
            }
            let Some(piece) = self.stream.next().await? else {
                self.is_done = true;
                break;
            };
            let wanted = self.cut(piece);
            if !wanted.is_empty() {
                return Ok(Some(wanted));
            }
        }
        Ok(None)
    }

    /// The part of a piece that lies in the range.
    fn cut(&mut self, mut piece: Vec<u8>) -> Vec<u8> {
        let length = piece.len() as u64;
        self.rest_bytes = self.rest_bytes.saturating_sub(length);
        let skip = self.skip_bytes.min(length);
        self.skip_bytes -= skip;
        let take = self.left_bytes.min(length - skip);
        self.left_bytes -= take;
        piece.truncate((skip + take) as usize);
        piece.drain(..skip as usize);
        piece
    }
}
