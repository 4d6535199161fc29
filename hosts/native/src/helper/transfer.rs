//! Files between the local disk and a store, past the core: in pieces, several at once.

use futures_util::{StreamExt, TryStreamExt, stream};
use sha1::{Digest, Sha1};
use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    ops::Range,
    path::{Path, PathBuf},
};
use trunks_core::store::{Expected, PART_BYTES, PartId, Store, StoreError, Version};

/// How many pieces are on their way at once.
const PIECES_AT_ONCE: usize = 4;
/// Length of a piece that is read, in bytes.
const PIECE_BYTES: u64 = 4 * 1024 * 1024;

/// Why a file was not transferred.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The local disk failed.
    #[error("{path}: {source}")]
    Disk {
        /// The local file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The value is gone, or shorter than it was.
    #[error("{key} changed while it was read: try again")]
    Changed {
        /// The value's key.
        key: String,
    },
    /// The file's checksum does not fit its bytes.
    #[error("{key} is corrupt: its SHA-1 is {found}, and it says {said}")]
    Checksum {
        /// The value's key.
        key: String,
        /// What its bytes hash to.
        found: String,
        /// What its last 20 bytes say.
        said: String,
    },
}

/// A value that is to become a local file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// The value's key.
    pub key: String,
    /// Its length.
    pub size_bytes: u64,
    /// The file that is made.
    pub path: PathBuf,
}

/// The end of a file that was downloaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// The SHA-1 of all before it: the file's last 20 bytes.
    pub checksum: Vec<u8>,
    /// The 20 bytes before the checksum: in an idx, the checksum of its pack.
    pub before: Vec<u8>,
}

/// Makes local files of values that end in a SHA-1 of themselves, as packs and idx files do, and
/// checks that they do. They are on the disk for good when this returns.
///
/// `written`: is told of each piece, once it is written, which file it belongs to and its bytes.
pub async fn download<S: Store>(
    store: &S,
    files: &[Download],
    mut written: impl FnMut(usize, &[u8]),
) -> Result<Vec<Tail>, TransferError> {
    let pieces = files
        .iter()
        .enumerate()
        .flat_map(|(number, file)| pieces(file.size_bytes).map(move |range| (number, file, range)));
    let mut arriving = stream::iter(pieces)
        .map(|(number, file, range)| async move {
            let bytes = piece(store, file, range.clone()).await?;
            Ok::<_, TransferError>((number, range, bytes))
        })
        .buffered(PIECES_AT_ONCE);
    let mut tails = Vec::with_capacity(files.len());
    let mut open: Option<Sink> = None;
    while let Some((number, range, bytes)) = arriving.try_next().await? {
        let file = &files[number];
        let mut sink = match open.take() {
            Some(sink) => sink,
            None => Sink::create(file)?,
        };
        sink.write(&bytes)?;
        written(number, &bytes);
        if range.end == file.size_bytes {
            tails.push(sink.finish()?);
        } else {
            open = Some(sink);
        }
    }
    Ok(tails)
}

/// The ranges of a value's pieces; one that is empty for an empty value.
fn pieces(size_bytes: u64) -> impl Iterator<Item = Range<u64>> {
    let count = size_bytes.div_ceil(PIECE_BYTES).max(1);
    (0..count).map(move |number| {
        let start = number * PIECE_BYTES;
        start..size_bytes.min(start + PIECE_BYTES)
    })
}

async fn piece<S: Store>(
    store: &S,
    file: &Download,
    range: Range<u64>,
) -> Result<Vec<u8>, TransferError> {
    let whole = range == (0..file.size_bytes);
    let wanted = range.end - range.start;
    let value = store.get(&file.key, (!whole).then_some(range)).await?;
    match value {
        Some(value)
            if value.size_bytes == file.size_bytes && value.bytes.len() as u64 == wanted =>
        {
            Ok(value.bytes)
        }
        _ => Err(TransferError::Changed { key: file.key.clone() }),
    }
}

/// A file being written, and the hash of all but its last 20 bytes.
struct Sink<'a> {
    target: &'a Download,
    file: File,
    hash: Sha1,
    tail: Vec<u8>,
}

impl<'a> Sink<'a> {
    const TAIL_BYTES: usize = 40;
    const CHECKSUM_BYTES: usize = 20;

    fn create(target: &'a Download) -> Result<Self, TransferError> {
        let file = File::create_new(&target.path).map_err(|source| disk(&target.path, source))?;
        Ok(Self { target, file, hash: Sha1::new(), tail: Vec::new() })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), TransferError> {
        self.file.write_all(bytes).map_err(|source| disk(&self.target.path, source))?;
        // What has arrived is hashed but for the last 40 bytes, which may be the file's tail.
        if bytes.len() >= Self::TAIL_BYTES {
            let (body, tail) = bytes.split_at(bytes.len() - Self::TAIL_BYTES);
            self.hash.update(&self.tail);
            self.hash.update(body);
            self.tail = tail.to_vec();
        } else {
            self.tail.extend_from_slice(bytes);
            let surplus = self.tail.len().saturating_sub(Self::TAIL_BYTES);
            self.hash.update(&self.tail[..surplus]);
            self.tail.drain(..surplus);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Tail, TransferError> {
        let body = self.tail.len().saturating_sub(Self::CHECKSUM_BYTES);
        self.hash.update(&self.tail[..body]);
        let found = self.hash.finalize();
        let said = &self.tail[body..];
        if found.as_slice() != said {
            return Err(TransferError::Checksum {
                key: self.target.key.clone(),
                found: hex(&found),
                said: hex(said),
            });
        }
        let fail = |source| disk(&self.target.path, source);
        let mut rights = self.file.metadata().map_err(fail)?.permissions();
        rights.set_readonly(true);
        self.file.set_permissions(rights).map_err(fail)?;
        self.file.sync_data().map_err(fail)?;
        Ok(Tail { checksum: said.to_vec(), before: self.tail[..body].to_vec() })
    }
}

/// What became of a value that is to be written once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It was written.
    Now,
    /// There was one already, which was left.
    Before,
}

/// Stores a local file at `key`, where there is nothing yet.
///
/// `sent`: is told how many bytes each piece had, once it is stored.
pub async fn upload<S: Store>(
    store: &S,
    key: &str,
    path: &Path,
    sent: impl FnMut(u64),
) -> Result<Stored, TransferError> {
    let size_bytes = fs::metadata(path).map_err(|source| disk(path, source))?.len();
    let outcome = if size_bytes <= PART_BYTES as u64 {
        upload_whole(store, key, path, sent).await
    } else if store.get(key, Some(0..0)).await?.is_some() {
        return Ok(Stored::Before);
    } else {
        upload_parts(store, key, path, size_bytes, sent).await
    };
    match outcome {
        Ok(_) => Ok(Stored::Now),
        Err(TransferError::Store(StoreError::Conflict { .. })) => Ok(Stored::Before),
        Err(error) => Err(error),
    }
}

async fn upload_whole<S: Store>(
    store: &S,
    key: &str,
    path: &Path,
    mut sent: impl FnMut(u64),
) -> Result<Version, TransferError> {
    let bytes = fs::read(path).map_err(|source| disk(path, source))?;
    let size_bytes = bytes.len() as u64;
    let version = store.put(key, bytes, Expected::Absent).await?;
    sent(size_bytes);
    Ok(version)
}

async fn upload_parts<S: Store>(
    store: &S,
    key: &str,
    path: &Path,
    size_bytes: u64,
    mut sent: impl FnMut(u64),
) -> Result<Version, TransferError> {
    let upload = store.upload_start(key).await?;
    let parts: Result<Vec<PartId>, TransferError> = stream::iter(1..)
        .take(size_bytes.div_ceil(PART_BYTES as u64) as usize)
        .map(|number: u32| {
            let upload = &upload;
            async move {
                let bytes = part(path, number)?;
                let size_bytes = bytes.len() as u64;
                Ok((store.upload_part(upload, number, bytes).await?, size_bytes))
            }
        })
        .buffered(PIECES_AT_ONCE)
        .inspect_ok(|(_, size_bytes)| sent(*size_bytes))
        .map_ok(|(part, _)| part)
        .try_collect()
        .await;
    match parts {
        Ok(parts) => Ok(store.upload_finish(&upload, parts, Expected::Absent).await?),
        Err(error) => {
            // The first error is the one to tell.
            let _ = store.upload_abort(&upload).await;
            Err(error)
        }
    }
}

fn part(path: &Path, number: u32) -> Result<Vec<u8>, TransferError> {
    let read = || {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start((u64::from(number) - 1) * PART_BYTES as u64))?;
        let mut bytes = Vec::with_capacity(PART_BYTES);
        file.take(PART_BYTES as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|source| disk(path, source))
}

fn disk(path: &Path, source: io::Error) -> TransferError {
    TransferError::Disk { path: path.to_owned(), source }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
