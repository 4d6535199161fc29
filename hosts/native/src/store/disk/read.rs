//! Reading a file, and the mark of what it holds.

use super::{
    failure::{failed, is_absence},
    held::Held,
    place::{Kind, Place},
};
use rustix::fs::OFlags;
use sha2::{Digest, Sha256};
use std::{
    fmt::Write as _,
    fs::{File, Metadata, OpenOptions},
    io,
    ops::Range,
    os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt},
    sync::Arc,
};
use trunks_core::store::{Expected, StoreError, Value, Version};

/// Up to this size a value is marked by a hash of its bytes.
const HASHED_BYTES: u64 = 64 * 1024;

/// Reads a value or a range of it. A pack that is held is read on when its name is gone; whether it is
/// there is asked without a range.
pub(super) fn get(
    place: &Place,
    range: Option<Range<u64>>,
    held: &Held,
) -> Result<Option<Value>, StoreError> {
    let read = || -> io::Result<Option<Value>> {
        let Some((file, metadata)) = open_held(place, range.is_some(), held)? else {
            return Ok(None);
        };
        let size_bytes = metadata.len();
        let range = range.clone().unwrap_or(0..size_bytes);
        let end = range.end.min(size_bytes);
        let start = range.start.min(end);
        if !is_hashed(place, size_bytes) {
            let bytes = bytes(&file, start..end)?;
            return Ok(Some(Value { bytes, size_bytes, version: stat_mark(&metadata) }));
        }
        let mut bytes = bytes(&file, 0..size_bytes)?;
        let version = hash_mark(&bytes);
        bytes.truncate(end as usize);
        bytes.drain(..start as usize);
        Ok(Some(Value { bytes, size_bytes, version }))
    };
    read().map_err(|error| failed(&place.key, "read", &place.path, &error))
}

/// Whether the present value is as expected.
///
/// Holds for as long as the place's lock is held; without the lock it held a moment ago.
pub(super) fn is_as_expected(place: &Place, expected: &Expected) -> Result<bool, StoreError> {
    let compare = || -> io::Result<bool> {
        let version = match expected {
            Expected::Any => return Ok(true),
            Expected::Absent | Expected::AbsentBeside { .. } => return Ok(open(place)?.is_none()),
            Expected::Is(version) => version,
        };
        let Some((file, metadata)) = open(place)? else { return Ok(false) };
        Ok(if is_hashed(place, metadata.len()) {
            hash_mark(&bytes(&file, 0..metadata.len())?) == *version
        } else {
            stat_mark(&metadata) == *version
        })
    };
    if let Expected::AbsentBeside { key, version } = expected {
        let beside = Place::new(&place.root, key)?;
        let unchanged = version.clone().map_or(Expected::Absent, Expected::Is);
        if !is_as_expected(&beside, &unchanged)? {
            return Ok(false);
        }
    }
    compare().map_err(|error| failed(&place.key, "read", &place.path, &error))
}

/// The mark of a value that is being written: `file` holds all of `size_bytes`, `bytes` too if they
/// are at hand.
pub(super) fn mark(place: &Place, file: &File, written: Option<&[u8]>) -> io::Result<Version> {
    let metadata = file.metadata()?;
    match written {
        _ if !is_hashed(place, metadata.len()) => Ok(stat_mark(&metadata)),
        Some(written) => Ok(hash_mark(written)),
        None => Ok(hash_mark(&bytes(file, 0..metadata.len())?)),
    }
}

fn is_hashed(place: &Place, size_bytes: u64) -> bool {
    size_bytes <= HASHED_BYTES && place.kind != Kind::Object
}

/// Opens the file at `place`, or takes the one that is held if that is still it.
///
/// `is_reading_on`: also if it has no name any more.
fn open_held(
    place: &Place,
    is_reading_on: bool,
    held: &Held,
) -> io::Result<Option<(Arc<File>, Metadata)>> {
    let known = match held.find(place) {
        Some(file) => {
            let metadata = file.metadata()?;
            if metadata.nlink() > 0 {
                return Ok(Some((file, metadata)));
            }
            Some((file, metadata))
        }
        None => None,
    };
    held.hold_pack_of(place);
    match open(place)? {
        Some((file, metadata)) => {
            let file = Arc::new(file);
            held.hold(place, &file);
            Ok(Some((file, metadata)))
        }
        None => Ok(known.filter(|_| is_reading_on)),
    }
}

/// Opens the file at `place`, if there is one.
fn open(place: &Place) -> io::Result<Option<(File, Metadata)>> {
    // Without `NONBLOCK`, opening a named pipe would wait for its other end.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(&place.path) {
        Ok(file) => file,
        Err(error) if is_absence(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata()?;
    if metadata.is_dir() && place.is_ever_a_file() {
        return Err(io::Error::other("it is a directory, and must be a file"));
    }
    if metadata.is_dir() {
        return Ok(None);
    }
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    Ok(Some((file, metadata)))
}

fn bytes(file: &File, range: Range<u64>) -> io::Result<Vec<u8>> {
    let length = usize::try_from(range.end.saturating_sub(range.start))
        .map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, range.start)?;
    Ok(bytes)
}

fn hash_mark(bytes: &[u8]) -> Version {
    let mut mark = String::with_capacity(33);
    mark.push('h');
    for byte in &Sha256::digest(bytes)[..16] {
        write!(mark, "{byte:02x}").expect("a string takes whatever is written to it");
    }
    Version(mark)
}

fn stat_mark(metadata: &Metadata) -> Version {
    // Not the time of the last change of status: linking and unlinking other names moves it.
    Version(format!(
        "s{:x}-{:x}-{:x}.{:x}",
        metadata.ino(),
        metadata.len(),
        metadata.mtime(),
        metadata.mtime_nsec()
    ))
}
