//! Values that arrive in parts: each part is written where it belongs in one temporary file.

use super::{Inner, failure::failed, place::Place, temporary::Temporary, write};
use std::{
    os::unix::fs::FileExt,
    sync::{Arc, atomic::Ordering},
};
use trunks_core::store::{Expected, PART_BYTES, PartId, StoreError, UploadId, Version};

/// An upload in progress. Its file is removed when the last user drops it.
#[derive(Debug)]
pub(super) struct Upload {
    place: Place,
    temporary: Temporary,
}

pub(super) fn start(inner: &Inner, place: Place) -> Result<UploadId, StoreError> {
    let temporary = Temporary::create(&place)?;
    let number = inner.next_upload.fetch_add(1, Ordering::Relaxed);
    let id = format!("{number}:{}", place.key);
    inner.uploads().insert(id.clone(), Arc::new(Upload { place, temporary }));
    Ok(UploadId(id))
}

pub(super) fn find(inner: &Inner, id: &UploadId) -> Result<Arc<Upload>, StoreError> {
    inner.uploads().get(&id.0).cloned().ok_or_else(|| spent(id))
}

/// Finds it and forgets it.
pub(super) fn take(inner: &Inner, id: &UploadId) -> Result<Arc<Upload>, StoreError> {
    inner.uploads().remove(&id.0).ok_or_else(|| spent(id))
}

fn spent(id: &UploadId) -> StoreError {
    let key = id.0.split_once(':').map_or("", |(_, key)| key).to_owned();
    StoreError::Failed { key, reason: "this upload was finished or aborted".to_owned() }
}

impl Upload {
    /// Where the value is to be.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Writes part `number`, counted from 1. Its receipt says number and length.
    pub fn write_part(&self, number: u32, bytes: &[u8]) -> Result<PartId, StoreError> {
        let before = number.checked_sub(1);
        let Some(before) = before.filter(|_| bytes.len() <= PART_BYTES) else {
            return Err(self.place.failed(format!(
                "part {number} of {} bytes: parts are counted from 1 and hold {PART_BYTES} bytes",
                bytes.len()
            )));
        };
        self.temporary
            .file
            .write_all_at(bytes, u64::from(before) * PART_BYTES as u64)
            .map_err(|error| failed(&self.place.key, "write", &self.place.path, &error))?;
        Ok(PartId(format!("{number}:{}", bytes.len())))
    }

    /// Makes the parts the value.
    pub fn finish(&self, parts: &[PartId], expected: &Expected) -> Result<Version, StoreError> {
        let size_bytes = self.size_bytes(parts)?;
        self.temporary
            .file
            .set_len(size_bytes)
            .map_err(|error| failed(&self.place.key, "write", &self.place.path, &error))?;
        write::install(&self.place, &self.temporary, None, expected)
    }

    /// The length of all parts together, if they are 1, 2, 3… and only the last one is short.
    fn size_bytes(&self, parts: &[PartId]) -> Result<u64, StoreError> {
        let wrong = || self.place.failed("the parts are not whole or not in order".to_owned());
        let mut size_bytes = 0;
        for (before, part) in (0u64..).zip(parts) {
            let (number, length) = part.0.split_once(':').ok_or_else(wrong)?;
            let number: u64 = number.parse().map_err(|_| wrong())?;
            let length: u64 = length.parse().map_err(|_| wrong())?;
            if number != before + 1 || size_bytes != before * PART_BYTES as u64 {
                return Err(wrong());
            }
            size_bytes += length;
        }
        Ok(size_bytes)
    }
}
