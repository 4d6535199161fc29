//! Listing keys in the order of their bytes, directory by directory.

use super::{
    directory::is_lock,
    failure::{Fault, fault},
    place::{TEMPORARIES, refuse},
    session::{Refusal, Session},
};
use futures_util::{StreamExt, future::join_all};
use openssh_sftp_client::metadata::MetaData;
use std::{collections::HashMap, path::Path, pin::pin};
use trunks_core::store::{Entry, Page, StoreError};

/// So many directories are read at once, those that come next among their neighbours.
const DIRECTORIES_AT_ONCE: usize = 8;

/// One name in a directory.
#[derive(Debug)]
pub(super) struct Listed {
    pub name: String,
    kind: Kind,
    size_bytes: u64,
    pub modified_s: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    File,
    Directory,
    Other,
}

impl Listed {
    pub fn is_directory(&self) -> bool {
        self.kind == Kind::Directory
    }

    fn new(name: String, found: MetaData) -> Self {
        let kind = match found.file_type() {
            Some(kind) if kind.is_dir() => Kind::Directory,
            Some(kind) if kind.is_file() => Kind::File,
            _ => Kind::Other,
        };
        let modified_s = found.modified().map_or(0, |at| at.into_raw());
        Self { name, kind, size_bytes: found.len().unwrap_or(0), modified_s }
    }
}

/// What lies in `directory`, in no order; nothing, if it is not there. Names that are not UTF-8 are
/// left out.
pub(super) async fn entries(session: &Session, directory: &Path) -> Result<Vec<Listed>, Refusal> {
    let directory = match session.ask(session.fs().open_dir(directory)).await {
        Ok(directory) => directory,
        Err(Refusal::Missing | Refusal::Invalid) => return Ok(Vec::new()),
        Err(refusal) => return Err(refusal),
    };
    let mut names = pin!(directory.read_dir());
    let mut listed = Vec::new();
    while let Some(entry) = session.ask(async { names.next().await.transpose() }).await? {
        let Some(name) = entry.filename().to_str() else { continue };
        if name != "." && name != ".." {
            listed.push(Listed::new(name.to_owned(), entry.metadata()));
        }
    }
    Ok(listed)
}

/// Lists the keys that start with `prefix` and come after `after`.
///
/// Locks and the store's own temporary files are no keys, nor are names that are not UTF-8.
pub(super) async fn list(
    session: &Session,
    root: &Path,
    prefix: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<Page, Fault> {
    let (directory, start) = match prefix.rfind('/') {
        Some(at) => prefix.split_at(at + 1),
        None => ("", prefix),
    };
    let segments = directory.strip_suffix('/');
    if let Some(reason) = segments.and_then(|path| path.split('/').find_map(refuse)) {
        let reason = reason.to_owned();
        return Err(StoreError::Failed { key: prefix.to_owned(), reason }.into());
    }
    let mut page = Page::default();
    let mut read: HashMap<String, Vec<Entry>> = HashMap::new();
    // One frame a directory, each with what is left of its names, the next one last.
    let mut frames = vec![names(session, root, directory, start, after).await?];
    while let Some(frame) = frames.last_mut() {
        let Some(entry) = frame.pop() else {
            frames.pop();
            continue;
        };
        if entry.key.ends_with('/') {
            if !read.contains_key(&entry.key) {
                let next = frame.iter().rev().filter(|entry| entry.key.ends_with('/'));
                let many = if limit > 1 { DIRECTORIES_AT_ONCE - 1 } else { 0 };
                let keys: Vec<&str> = next.take(many).map(|entry| entry.key.as_str()).collect();
                let keys = std::iter::once(entry.key.as_str()).chain(keys);
                let reads = keys.map(async |key| {
                    let names = names(session, root, key, "", after).await?;
                    Ok::<_, Fault>((key.to_owned(), names))
                });
                for found in join_all(reads).await {
                    let (key, names) = found?;
                    read.insert(key, names);
                }
            }
            frames.extend(read.remove(&entry.key));
            continue;
        }
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
async fn names(
    session: &Session,
    root: &Path,
    directory: &str,
    start: &str,
    after: Option<&str>,
) -> Result<Vec<Entry>, Fault> {
    let path = root.join(directory);
    let failed = |refusal| fault(session, directory, "list", &path, refusal);
    let listed = match entries(session, &path).await {
        Ok(listed) => listed,
        Err(refusal) => return Err(failed(refusal).await),
    };
    let mut names = Vec::new();
    for mut entry in listed {
        if !entry.name.starts_with(start) || entry.name == TEMPORARIES || is_lock(&entry.name) {
            continue;
        }
        if entry.kind == Kind::Other {
            // A symbolic link, or a server that does not say.
            match session.look(&path.join(&entry.name)).await {
                Ok(Some(found)) => entry = Listed::new(entry.name, found),
                Ok(None) => continue,
                Err(refusal) => return Err(failed(refusal).await),
            }
        }
        let (key, is_passed) = match entry.kind {
            Kind::Directory => {
                let key = format!("{directory}{}/", entry.name);
                let is_passed =
                    after.is_some_and(|after| after >= key.as_str() && !after.starts_with(&key));
                (key, is_passed)
            }
            Kind::File => {
                let key = format!("{directory}{}", entry.name);
                let is_passed = after.is_some_and(|after| after >= key.as_str());
                (key, is_passed)
            }
            Kind::Other => continue,
        };
        if !is_passed {
            let (size_bytes, modified_s) = (entry.size_bytes, u64::from(entry.modified_s));
            names.push(Entry { key, size_bytes, modified_s });
        }
    }
    names.sort_unstable_by(|a, b| b.key.cmp(&a.key));
    Ok(names)
}
