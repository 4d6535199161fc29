//! Listing keys in the order of their bytes, directory by directory.

use super::{
    failure::{failed, is_absence},
    place::{LOCK, TEMPORARIES, refuse},
};
use std::{fs, io, path::Path, time::UNIX_EPOCH};
use trunks_core::store::{Entry, Page, StoreError};

/// Lists the keys that start with `prefix` and come after `after`.
///
/// Locks and the store's own temporary files are no keys, nor are names that are not UTF-8.
pub(super) fn list(
    root: &Path,
    prefix: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<Page, StoreError> {
    let (directory, start) = match prefix.rfind('/') {
        Some(at) => prefix.split_at(at + 1),
        None => ("", prefix),
    };
    let segments = directory.strip_suffix('/');
    if let Some(reason) = segments.and_then(|path| path.split('/').find_map(refuse)) {
        return Err(StoreError::Failed { key: prefix.to_owned(), reason: reason.to_owned() });
    }
    let mut page = Page::default();
    // One frame a directory, each with what is left of its names, the next one last.
    let mut frames = vec![names(root, directory, start, after)?];
    while let Some(frame) = frames.last_mut() {
        let Some(key) = frame.pop() else {
            frames.pop();
            continue;
        };
        if key.ends_with('/') {
            frames.push(names(root, &key, "", after)?);
            continue;
        }
        let Some(entry) = entry(root, key)? else { continue };
        if page.entries.len() >= limit as usize {
            page.more = true;
            break;
        }
        page.entries.push(entry);
    }
    Ok(page)
}

/// The keys of `directory` (empty, or ending in a slash) whose last segments begin with `start`, last
/// first. Directories end in a slash: so they sort where the keys below them belong.
fn names(
    root: &Path,
    directory: &str,
    start: &str,
    after: Option<&str>,
) -> Result<Vec<String>, StoreError> {
    let path = root.join(directory);
    let read = || -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&path)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            // A lock may be a directory: those who write here by SFTP make such.
            if !name.starts_with(start) || name == TEMPORARIES || name.ends_with(LOCK) {
                continue;
            }
            let mut kind = entry.file_type()?;
            if kind.is_symlink() {
                let Ok(target) = fs::metadata(entry.path()) else { continue };
                kind = target.file_type();
            }
            if kind.is_dir() {
                let key = format!("{directory}{name}/");
                let is_passed = after
                    .is_some_and(|after| after >= key.as_str() && !after.starts_with(key.as_str()));
                if !is_passed {
                    names.push(key);
                }
            } else if kind.is_file() {
                let key = format!("{directory}{name}");
                if after.is_none_or(|after| after < key.as_str()) {
                    names.push(key);
                }
            }
        }
        names.sort_unstable_by(|a, b| b.cmp(a));
        Ok(names)
    };
    match read() {
        Ok(names) => Ok(names),
        Err(error) if is_absence(&error) => Ok(Vec::new()),
        Err(error) => Err(failed(directory, "list", &path, &error)),
    }
}

/// The entry for `key`; `None` if it was deleted meanwhile.
fn entry(root: &Path, key: String) -> Result<Option<Entry>, StoreError> {
    let path = root.join(&key);
    let metadata = match fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if is_absence(&error) => return Ok(None),
        Err(error) => return Err(failed(&key, "look at", &path, &error)),
    };
    let modified = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    Ok(Some(Entry {
        key,
        size_bytes: metadata.len(),
        modified_s: modified.map_or(0, |since| since.as_secs()),
    }))
}
