//! `info/refs` and `objects/info/packs`: what git's dumb HTTP reads from a static file server.
//!
//! Both are derived. Whoever writes one reads its version first, then what it is made of, and writes
//! only if nobody else did so meanwhile: the last to write has seen what all before him wrote.
//!
//! Of thousands of refs few are read. A line of `info/refs` is kept where the time and length of the
//! ref's file show that nobody wrote it since and that it is no symbolic ref, whose value another file
//! holds. So what a killed push left undone, or stock git that does not know of the file, is mended by
//! the next push to any ref.

use super::{Repository, RepositoryError, manifest::Manifest};
use crate::{
    at_once,
    object::ObjectId,
    refs::{LooseFile, Peeled, Ref, RefName, RefUpdate},
    sorted::{BTreeMap, BTreeSet},
    store::{Expected, Store, StoreError, Value},
};
use alloc::{format, string::String, vec::Vec};

/// How often a write is tried again while others write.
const ATTEMPTS: usize = 32;

/// A file, and what has to be looked at to make it.
#[derive(Clone, Copy, Debug)]
enum Derived<'n> {
    /// `objects/info/packs`
    Packs,
    /// `info/refs`
    AllRefs,
    /// `info/refs`, in which the lines of these refs are out of date, and perhaps others.
    SomeRefs(&'n BTreeSet<&'n RefName>),
}

/// The value of a ref's line in `info/refs`, and of the peeled one below it.
type Lines = BTreeMap<String, (ObjectId, Option<ObjectId>)>;

impl<S: Store + Clone> Repository<S> {
    /// Whether `info/refs` and `objects/info/packs` are kept. Asks the store once.
    ///
    /// A repository that git made has no `trunk.json`, and is static if it has an `info/refs`.
    pub async fn is_static(&self) -> Result<bool, RepositoryError> {
        let known = *self.is_static.lock();
        if let Some(known) = known {
            return Ok(known);
        }
        let is_static = match self.store.get(&self.layout.manifest(), None).await? {
            Some(value) => Manifest::parse(&self.layout, &value.bytes)?.is_static,
            None => self.store.get(&self.layout.info_refs(), Some(0..1)).await?.is_some(),
        };
        *self.is_static.lock() = Some(is_static);
        Ok(is_static)
    }

    /// Brings `info/refs` and `objects/info/packs` up to date, where the repository is static.
    ///
    /// # Source
    /// git-update-server-info(1)
    pub async fn update_server_info(&self) -> Result<(), RepositoryError> {
        if !self.is_static().await? {
            return Ok(());
        }
        self.swap_both(Derived::AllRefs).await
    }

    /// As [`Repository::update_server_info`], after `updates` were applied, whether or not they went
    /// ahead: reads those refs and what else may have changed.
    pub async fn update_server_info_for(
        &self,
        updates: &[RefUpdate],
    ) -> Result<(), RepositoryError> {
        if !self.is_static().await? {
            return Ok(());
        }
        let mut names: BTreeSet<&RefName> = BTreeSet::new();
        names.extend(updates.iter().map(|update| &update.name));
        self.swap_both(Derived::SomeRefs(&names)).await
    }

    async fn swap_both(&self, refs: Derived<'_>) -> Result<(), RepositoryError> {
        let refs = self.swap(self.layout.info_refs(), refs);
        let packs = self.swap(self.layout.info_packs(), Derived::Packs);
        let (refs, packs) = at_once::join(refs, packs).await;
        refs.and(packs)
    }

    /// Brings the derived file at `key` up to date.
    async fn swap(&self, key: String, derived: Derived<'_>) -> Result<(), RepositoryError> {
        let mut last = StoreError::Conflict { key: key.clone() };
        for _ in 0..ATTEMPTS {
            let present = self.store.get(&key, None).await?;
            let (old, expected) = match present {
                Some(Value { bytes, version, .. }) => (Some(bytes), Expected::Is(version)),
                None => (None, Expected::Absent),
            };
            let new = match (derived, &old) {
                (Derived::Packs, old) => self.packs(old.as_deref()).await?,
                (Derived::AllRefs, _) => self.all_lines().await?,
                (Derived::SomeRefs(names), old) => match old.as_deref().and_then(parse) {
                    Some(lines) => self.edited_lines(lines, names).await?,
                    None => self.all_lines().await?,
                },
            };
            if old.as_ref() == Some(&new) {
                return Ok(());
            }
            match self.store.put(&key, new, expected).await {
                Ok(_) => return Ok(()),
                Err(error @ (StoreError::Conflict { .. } | StoreError::Unavailable { .. })) => {
                    last = error;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.into())
    }

    async fn all_lines(&self) -> Result<Vec<u8>, RepositoryError> {
        let mut refs = self.refs.list(&[]).await?;
        self.peel_all(&mut refs).await;
        let mut lines = Lines::new();
        lines.extend(refs.into_iter().map(line));
        Ok(write(&lines))
    }

    /// `old`, brought up to date.
    async fn edited_lines(
        &self,
        mut old: Lines,
        names: &BTreeSet<&RefName>,
    ) -> Result<Vec<u8>, RepositoryError> {
        let key = self.layout.info_refs();
        let (written, files) =
            at_once::join(self.store.list(&key, None, 1), self.refs.loose_files(&["refs/"])).await;
        let written = written?.entries.into_iter().find(|entry| entry.key == key);
        let written_s = written.map_or(0, |entry| entry.modified_s);
        let is_kept = |file: &LooseFile| {
            file.size_bytes == ID_FILE_BYTES
                && file.modified_s < written_s
                && !names.contains(&file.name)
                && old.contains_key(file.name.as_str())
        };
        let (kept, read): (Vec<LooseFile>, Vec<LooseFile>) = files?.into_iter().partition(is_kept);
        let mut kept: Vec<RefName> = kept.into_iter().map(|file| file.name).collect();
        let mut read: Vec<RefName> = read.into_iter().map(|file| file.name).collect();
        if read.iter().chain(names.iter().copied()).any(is_disguised_as_id) {
            read.append(&mut kept);
        }
        let mut refs = self.refs.list_among(read).await?;
        refs.retain(|each| kept.binary_search(&each.name).is_err());
        for each in refs.iter_mut().filter(|each| each.peeled == Peeled::Unknown) {
            if let Some((id, peeled)) = old.get(each.name.as_str())
                && *id == each.id
            {
                each.peeled = peeled.map_or(Peeled::NoTag, Peeled::To);
            }
        }
        self.peel_all(&mut refs).await;
        let mut lines = Lines::new();
        lines.extend(refs.into_iter().map(line));
        lines.extend(kept.into_iter().filter_map(|name| old.remove_entry(name.as_str())));
        Ok(write(&lines))
    }

    /// As git does, leaves the packs that are listed already where they are, and adds new ones.
    async fn packs(&self, old: Option<&[u8]>) -> Result<Vec<u8>, RepositoryError> {
        self.objects.refresh().await?;
        let mut names: BTreeSet<String> = BTreeSet::new();
        names.extend(self.objects.packs().await?.into_iter().map(|pack| pack.name));
        let mut text = String::new();
        let listed = old.unwrap_or_default().split(|&byte| byte == b'\n').filter_map(|line| {
            let name = line.strip_prefix(b"P pack-")?.strip_suffix(b".pack")?;
            core::str::from_utf8(name).ok()
        });
        for name in listed {
            if names.remove(name) {
                text.push_str(&format!("P pack-{name}.pack\n"));
            }
        }
        for name in names {
            text.push_str(&format!("P pack-{name}.pack\n"));
        }
        text.push('\n');
        Ok(text.into_bytes())
    }
}

/// Length of a loose ref that is not symbolic, in bytes: the digits and the end of the line.
const ID_FILE_BYTES: u64 = ObjectId::HEX as u64 + 1;

/// Whether the file of a symbolic ref to this one is as long as one that holds an id.
fn is_disguised_as_id(name: &RefName) -> bool {
    "ref: \n".len() + name.as_str().len() == ID_FILE_BYTES as usize
}

fn line(each: Ref) -> (String, (ObjectId, Option<ObjectId>)) {
    let peeled = match each.peeled {
        Peeled::To(id) => Some(id),
        Peeled::NoTag | Peeled::Unknown => None,
    };
    (each.name.as_str().into(), (each.id, peeled))
}

fn write(lines: &Lines) -> Vec<u8> {
    let mut text = String::new();
    for (name, (id, peeled)) in lines {
        text.push_str(&format!("{id}\t{name}\n"));
        if let Some(peeled) = peeled {
            text.push_str(&format!("{peeled}\t{name}^{{}}\n"));
        }
    }
    text.into_bytes()
}

/// Reads an `info/refs`; `None` when it is not one.
fn parse(bytes: &[u8]) -> Option<Lines> {
    let mut lines = Lines::new();
    for line in core::str::from_utf8(bytes).ok()?.lines() {
        let (hex, name) = line.split_once('\t')?;
        let id = ObjectId::from_hex(hex.as_bytes()).ok()?;
        match name.strip_suffix("^{}") {
            Some(name) => lines.get_mut(name)?.1 = Some(id),
            None => drop(lines.insert(name.into(), (id, None))),
        }
    }
    Some(lines)
}

#[cfg(test)]
mod tests;
