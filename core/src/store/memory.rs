//! A store in memory: the reference for what every other store must do.

use super::{Entry, Expected, Page, PartId, Store, StoreError, UploadId, Value, Version};
use alloc::{
    borrow::ToOwned, collections::BTreeMap, format, string::String, string::ToString, vec::Vec,
};
use core::ops::{Bound, Range};
use spin::Mutex;

/// A store that lives as long as the value. Its clock stands still at 0: [`Memory::set_time`]
/// moves it.
#[derive(Debug, Default)]
pub struct Memory {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    values: BTreeMap<String, Stored>,
    uploads: BTreeMap<String, Upload>,
    writes: u64,
    now_s: u64,
}

#[derive(Debug)]
struct Stored {
    bytes: Vec<u8>,
    version: u64,
    modified_s: u64,
}

#[derive(Debug)]
struct Upload {
    key: String,
    parts: BTreeMap<u32, Vec<u8>>,
}

impl Memory {
    /// Makes an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the time that later writes are stamped with, in seconds since 1970.
    pub fn set_time(&self, now_s: u64) {
        self.state.lock().now_s = now_s;
    }
}

#[cfg(test)]
impl Memory {
    /// How many uploads were begun and neither finished nor aborted.
    pub(crate) fn uploads(&self) -> usize {
        self.state.lock().uploads.len()
    }
}

impl State {
    fn demand(&self, key: &str, expected: &Expected) -> Result<(), StoreError> {
        let present = self.values.get(key);
        let holds = match expected {
            Expected::Any => true,
            Expected::Absent => present.is_none(),
            Expected::Is(version) => {
                present.is_some_and(|stored| stored.version.to_string() == version.0)
            }
            Expected::AbsentBeside { key, version } => {
                let beside = self.values.get(key).map(|stored| stored.version.to_string());
                present.is_none() && beside.as_deref() == version.as_ref().map(|v| v.0.as_str())
            }
        };
        if holds { Ok(()) } else { Err(StoreError::Conflict { key: key.to_owned() }) }
    }

    fn write(&mut self, key: &str, bytes: Vec<u8>) -> Version {
        self.writes += 1;
        let stored = Stored { bytes, version: self.writes, modified_s: self.now_s };
        self.values.insert(key.to_owned(), stored);
        Version(self.writes.to_string())
    }
}

fn spent(upload: &UploadId) -> StoreError {
    StoreError::Failed { key: upload.0.clone(), reason: "no such upload".to_owned() }
}

impl Store for Memory {
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Value>, StoreError> {
        let state = self.state.lock();
        let Some(stored) = state.values.get(key) else { return Ok(None) };
        let size_bytes = stored.bytes.len() as u64;
        let range = range.unwrap_or(0..size_bytes);
        let end = range.end.min(size_bytes);
        let start = range.start.min(end);
        Ok(Some(Value {
            bytes: stored.bytes[start as usize..end as usize].to_vec(),
            size_bytes,
            version: Version(stored.version.to_string()),
        }))
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        let mut state = self.state.lock();
        state.demand(key, &expected)?;
        Ok(state.write(key, bytes))
    }

    async fn delete(&self, key: &str, expected: Expected) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        state.demand(key, &expected)?;
        state.values.remove(key);
        Ok(())
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        let state = self.state.lock();
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after.to_owned()),
            _ => Bound::Included(prefix.to_owned()),
        };
        let mut keys = state
            .values
            .range((from, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix));
        let entries: Vec<Entry> = keys
            .by_ref()
            .take(limit as usize)
            .map(|(key, stored)| Entry {
                key: key.clone(),
                size_bytes: stored.bytes.len() as u64,
                modified_s: stored.modified_s,
            })
            .collect();
        Ok(Page { entries, more: keys.next().is_some() })
    }

    async fn upload_start(&self, key: &str) -> Result<UploadId, StoreError> {
        let mut state = self.state.lock();
        state.writes += 1;
        let id = format!("{key}#{}", state.writes);
        state.uploads.insert(id.clone(), Upload { key: key.to_owned(), parts: BTreeMap::new() });
        Ok(UploadId(id))
    }

    async fn upload_part(
        &self,
        upload: &UploadId,
        number: u32,
        bytes: Vec<u8>,
    ) -> Result<PartId, StoreError> {
        let mut state = self.state.lock();
        let open = state.uploads.get_mut(&upload.0).ok_or_else(|| spent(upload))?;
        open.parts.insert(number, bytes);
        Ok(PartId(number.to_string()))
    }

    async fn upload_finish(
        &self,
        upload: &UploadId,
        parts: Vec<PartId>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        let mut state = self.state.lock();
        let Upload { key, parts: mut written } =
            state.uploads.remove(&upload.0).ok_or_else(|| spent(upload))?;
        state.demand(&key, &expected)?;
        let mut bytes = Vec::new();
        for part in parts {
            let number: u32 = part.0.parse().map_err(|_| spent(upload))?;
            bytes.append(&mut written.remove(&number).ok_or_else(|| spent(upload))?);
        }
        Ok(state.write(&key, bytes))
    }

    async fn upload_abort(&self, upload: &UploadId) -> Result<(), StoreError> {
        self.state.lock().uploads.remove(&upload.0);
        Ok(())
    }
}
