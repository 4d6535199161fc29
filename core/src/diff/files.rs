//! What differs between two files, line by line.

use super::lines;
use crate::{
    at_once,
    files::FileError,
    object::{Kind, ObjectId},
    odb::{Objects, ReadError},
    repository::Repository,
    store::Store,
};
use alloc::vec::Vec;

/// Files above this size, in bytes, are not compared.
const FILE_BYTES: u64 = 4 * 1024 * 1024;
/// Files of more lines are not compared.
const LINES: usize = 200_000;
/// A file that has a zero byte so near to its beginning, in bytes, is binary, as git says.
const TEXT_BYTES: usize = 8000;

/// What differs between two files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileDiff {
    /// They differ in these lines; in none, if they are the same.
    Text(Vec<Hunk>),
    /// At least one is not text.
    Binary,
    /// At least one has more than 4 MiB or 200,000 lines.
    TooLarge,
}

/// Lines that differ, and those around them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hunk {
    /// The first line in the old file, from 1; where the hunk has none of its lines, the one before.
    pub old_start: u32,
    /// How many lines of the old file it has.
    pub old_lines: u32,
    /// The first line in the new file, from 1; where the hunk has none of its lines, the one before.
    pub new_start: u32,
    /// How many lines of the new file it has.
    pub new_lines: u32,
    /// The lines as a patch has them: behind a space those of both files, behind `-` and `+` those of
    /// one.
    pub text: Vec<u8>,
}

/// Compares two blobs line by line.
///
/// `None`: there is no such file. `context`: how many lines around those that differ are given.
/// Time and memory are bounded: what differs too much is told apart less well.
///
/// # Errors
/// `Missing`, `Corrupt`: a blob cannot be read or is none.
///
/// # Source
/// git-diff(1), "Generating patch text with -p"
pub async fn files<S: Store + Clone>(
    repository: &Repository<S>,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    context: u32,
) -> Result<FileDiff, FileError> {
    if old == new {
        return Ok(FileDiff::Text(Vec::new()));
    }
    let objects = &repository.objects;
    let (old, new) = at_once::join(read(objects, old), read(objects, new)).await;
    let (Some(old), Some(new)) = (old?, new?) else { return Ok(FileDiff::TooLarge) };
    if is_binary(&old) || is_binary(&new) {
        return Ok(FileDiff::Binary);
    }
    let (old, new) = (lines::split(&old), lines::split(&new));
    if old.len().max(new.len()) > LINES {
        return Ok(FileDiff::TooLarge);
    }
    Ok(FileDiff::Text(lines::hunks(&old, &new, context)))
}

/// The blob's content; `None` when it is too large.
async fn read<S: Store>(
    objects: &Objects<S>,
    id: Option<ObjectId>,
) -> Result<Option<Vec<u8>>, ReadError> {
    let Some(id) = id else { return Ok(Some(Vec::new())) };
    let (kind, size_bytes) = objects.header(&id).await?;
    if kind != Kind::Blob {
        return Err(ReadError::Corrupt { id, reason: "it is no file".into() });
    }
    if size_bytes > FILE_BYTES.min(objects.limits().held_object_bytes) {
        return Ok(None);
    }
    Ok(Some(objects.read(&id).await?.data))
}

fn is_binary(text: &[u8]) -> bool {
    text.iter().take(TEXT_BYTES).any(|&byte| byte == 0)
}
