//! Reading a file, and the mark of what it holds.

use super::{
    failure::{Fault, fault},
    place::{Kind, Place},
    session::{Refusal, Session},
    temporary::{CHUNK_BYTES, CHUNKS_IN_FLIGHT, seek},
};
use bytes::BytesMut;
use futures_util::{StreamExt, TryStreamExt, join, stream};
use openssh_sftp_client::{file::File, metadata::MetaData};
use sha2::{Digest, Sha256};
use std::{fmt::Write as _, ops::Range};
use trunks_core::store::{Expected, StoreError, Value, Version};

/// Up to this size also a pack is marked by a hash of its bytes.
const HASHED_BYTES: u64 = 64 * 1024;
/// As much is read before the size is known.
const AHEAD_BYTES: u64 = HASHED_BYTES;

/// Reads a value or a range of it.
pub(super) async fn get(
    session: &Session,
    place: &Place,
    range: Option<Range<u64>>,
) -> Result<Option<Value>, Fault> {
    let read = async {
        let Some(file) = open(session, place).await? else { return Ok(None) };
        let wanted = range.unwrap_or(0..u64::MAX);
        // The first bytes are asked for together with the size.
        let ahead = match place.kind {
            Kind::Object => wanted.start,
            _ => 0,
        };
        let length = wanted.end.saturating_sub(ahead).min(AHEAD_BYTES) as u32;
        let mut looked = file.clone();
        let (found, first) =
            join!(session.ask(looked.metadata()), read_once(session, file.clone(), ahead, length));
        let found = found?;
        if is_directory(&found) {
            return Ok(None);
        }
        let size_bytes = found.len().unwrap_or(0);
        let end = wanted.end.min(size_bytes);
        let start = wanted.start.min(end);
        let is_hashed = is_hashed(place, size_bytes);
        let needed = if is_hashed { 0..size_bytes } else { start..end };
        let mut bytes = Vec::new();
        if needed.start == ahead {
            bytes.extend_from_slice(&first?);
            bytes.truncate((needed.end - needed.start) as usize);
        }
        let rest = needed.start + bytes.len() as u64..needed.end;
        if !rest.is_empty() {
            bytes.extend(span(session, &file, rest).await?);
        }
        if bytes.len() as u64 != needed.end - needed.start {
            // It was shortened under our hands, which nobody does who writes here.
            return Err(Refusal::Failure);
        }
        if !is_hashed {
            let version = stat_mark(size_bytes, modified(&found));
            return Ok(Some(Value { bytes, size_bytes, version }));
        }
        let version = hash_mark(&bytes);
        bytes.truncate(end as usize);
        bytes.drain(..start as usize);
        Ok(Some(Value { bytes, size_bytes, version }))
    };
    match read.await {
        Ok(value) => Ok(value),
        Err(refusal) => Err(fault(session, &place.key, "read", &place.path, refusal).await),
    }
}

/// Whether the present value is as expected.
///
/// Holds for as long as the place's lock is held; without the lock it held a moment ago.
pub(super) async fn is_as_expected(
    session: &Session,
    place: &Place,
    expected: &Expected,
) -> Result<bool, Fault> {
    match expected {
        Expected::Any => Ok(true),
        Expected::Absent => Ok(present(session, place).await?.is_none()),
        Expected::Is(version) => is_version(session, place, version).await,
        Expected::AbsentBeside { key, version } => {
            let beside = Place::new(&place.root, key)?;
            let other = async {
                match version {
                    Some(version) => is_version(session, &beside, version).await,
                    None => Ok(present(session, &beside).await?.is_none()),
                }
            };
            let (found, is_unchanged) = join!(present(session, place), other);
            Ok(found?.is_none() && is_unchanged?)
        }
    }
}

async fn is_version(session: &Session, place: &Place, version: &Version) -> Result<bool, Fault> {
    if version.0.starts_with(STAT_MARK) {
        let found = present(session, place).await?;
        return Ok(found.is_some_and(|found| {
            let size_bytes = found.len().unwrap_or(0);
            !is_hashed(place, size_bytes) && stat_mark(size_bytes, modified(&found)) == *version
        }));
    }
    let found = get(session, place, None).await?;
    Ok(found.is_some_and(|value| value.version == *version))
}

/// The file at `place`, if there is one.
pub(super) async fn present(session: &Session, place: &Place) -> Result<Option<MetaData>, Fault> {
    match session.look(&place.path).await {
        Ok(Some(found)) if is_directory(&found) => Ok(None),
        Ok(found) => Ok(found),
        Err(refusal) => Err(fault(session, &place.key, "look at", &place.path, refusal).await),
    }
}

/// The mark of a value that was written. `written`: its bytes, if they are at hand.
pub(super) async fn mark(
    session: &Session,
    place: &Place,
    file: &File,
    size_bytes: u64,
    modified_s: u32,
    written: Option<&[u8]>,
) -> Result<Version, Refusal> {
    if !is_hashed(place, size_bytes) {
        return Ok(stat_mark(size_bytes, modified_s));
    }
    match written {
        Some(written) => Ok(hash_mark(written)),
        None => hash_file(session, file, size_bytes).await,
    }
}

/// The mark of a value whose time of writing has been changed to `modified_s`.
pub(super) fn remark(place: &Place, mark: &Version, size_bytes: u64, modified_s: u32) -> Version {
    if is_hashed(place, size_bytes) { mark.clone() } else { stat_mark(size_bytes, modified_s) }
}

/// Whether a value is marked by its bytes: one that may be replaced, or is small.
fn is_hashed(place: &Place, size_bytes: u64) -> bool {
    size_bytes <= HASHED_BYTES || place.kind != Kind::Object
}

/// Opens the file at `place`, if there is one.
async fn open(session: &Session, place: &Place) -> Result<Option<File>, Refusal> {
    match session.open(&place.path).await {
        Ok(file) => Ok(Some(file)),
        Err(Refusal::Missing | Refusal::Invalid) => Ok(None),
        Err(Refusal::Failure) => match session.look(&place.path).await? {
            // Some servers do not open directories at all.
            Some(found) if is_directory(&found) => Ok(None),
            _ => Err(Refusal::Failure),
        },
        Err(refusal) => Err(refusal),
    }
}

/// Reads `range` of `file`, many chunks at once. Fewer bytes, if the file ends before it does.
async fn span(session: &Session, file: &File, range: Range<u64>) -> Result<Vec<u8>, Refusal> {
    let starts = range.clone().step_by(CHUNK_BYTES);
    let mut chunks = stream::iter(starts)
        .map(|start| {
            let length = (range.end - start).min(CHUNK_BYTES as u64) as usize;
            read_chunk(session, file.clone(), start, length)
        })
        .buffered(CHUNKS_IN_FLIGHT);
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.try_next().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

async fn read_chunk(
    session: &Session,
    file: File,
    start: u64,
    length: usize,
) -> Result<BytesMut, Refusal> {
    let mut bytes = BytesMut::new();
    while bytes.len() < length {
        let missing = (length - bytes.len()) as u32;
        let read = read_once(session, file.clone(), start + bytes.len() as u64, missing).await?;
        if read.is_empty() {
            break;
        }
        if bytes.is_empty() {
            bytes = read;
        } else {
            bytes.extend_from_slice(&read);
        }
    }
    Ok(bytes)
}

/// What one request gives: at most `length` bytes, and none at the end.
async fn read_once(
    session: &Session,
    mut file: File,
    start: u64,
    length: u32,
) -> Result<BytesMut, Refusal> {
    seek(&mut file, start);
    let buffer = BytesMut::with_capacity(length as usize);
    Ok(session.ask(file.read(length, buffer)).await?.unwrap_or_default())
}

/// Whether that is a directory.
fn is_directory(found: &MetaData) -> bool {
    found.file_type().is_some_and(|kind| kind.is_dir())
}

/// Hashes a file by reading it back, a few megabytes at a time.
async fn hash_file(session: &Session, file: &File, size_bytes: u64) -> Result<Version, Refusal> {
    let mut hash = Sha256::new();
    let step = (CHUNK_BYTES * CHUNKS_IN_FLIGHT) as u64;
    for start in (0..size_bytes).step_by(step as usize) {
        hash.update(span(session, file, start..size_bytes.min(start + step)).await?);
    }
    Ok(finish(hash))
}

fn hash_mark(bytes: &[u8]) -> Version {
    let mut hash = Sha256::new();
    hash.update(bytes);
    finish(hash)
}

fn finish(hash: Sha256) -> Version {
    let mut mark = String::with_capacity(33);
    mark.push('h');
    for byte in &hash.finalize()[..16] {
        write!(mark, "{byte:02x}").expect("a string takes whatever is written to it");
    }
    Version(mark)
}

const STAT_MARK: char = 's';

fn stat_mark(size_bytes: u64, modified_s: u32) -> Version {
    Version(format!("{STAT_MARK}{size_bytes:x}-{modified_s:x}"))
}

/// When a file was last written, by the server's clock.
pub(super) fn modified(found: &MetaData) -> u32 {
    found.modified().map_or(0, |at| at.into_raw())
}

/// The error for a value that another writer changed.
pub(super) fn conflict(place: &Place) -> Fault {
    Fault::Store(StoreError::Conflict { key: place.key.clone() })
}
