//! What lies where objects are stored.

use crate::{
    object::ObjectId,
    repository::Layout,
    sorted::BTreeMap,
    store::{Entry, Store, StoreError},
};
use alloc::{format, string::String, vec::Vec};

/// Keys that one request for a listing asks for.
const PAGE: u32 = 1000;

/// The files below `objects/`.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    /// By the part of the key that the files of one pack share, `…/pack-<name>`.
    pub packs: BTreeMap<String, PackFiles>,
    /// Loose objects.
    pub loose: Vec<(ObjectId, Entry)>,
    /// What an interrupted writer left behind.
    pub leftovers: Vec<Entry>,
    /// Whether stock git keeps an index over several packs, which names them.
    pub has_multi_pack_index: bool,
}

/// When each file was written, in seconds since 1970, by its key.
pub(super) type Times<'i> = BTreeMap<&'i str, u64>;

/// The files of one pack.
#[derive(Debug, Default)]
pub(super) struct PackFiles {
    /// The `.pack`.
    pub pack: Option<Entry>,
    /// The `.idx`.
    pub idx: Option<Entry>,
    /// Whatever else stock git puts beside them.
    pub others: Vec<Entry>,
}

impl PackFiles {
    /// Whether its owner asked for it to be kept whatever it holds.
    pub fn is_kept(&self) -> bool {
        self.others.iter().any(|entry| entry.key.ends_with(".keep"))
    }

    /// All files, in the order in which they are to be removed: nothing that names another after
    /// it.
    pub fn in_order(&self) -> impl Iterator<Item = &Entry> {
        self.idx.iter().chain(&self.others).chain(&self.pack)
    }
}

impl Inventory {
    /// Lists all keys below `objects/`.
    pub async fn list<S: Store>(store: &S, layout: &Layout) -> Result<Self, StoreError> {
        let prefix = layout.objects_prefix();
        let mut inventory = Self::default();
        let mut after: Option<String> = None;
        loop {
            let page = store.list(&prefix, after.as_deref(), PAGE).await?;
            after = page.entries.last().map(|entry| entry.key.clone());
            for entry in page.entries {
                inventory.add(&prefix, entry);
            }
            if !page.more || after.is_none() {
                return Ok(inventory);
            }
        }
    }

    /// The key and time of every file that a clean may remove.
    pub fn times(&self) -> Times<'_> {
        let packs = self.packs.values().flat_map(PackFiles::in_order);
        let loose = self.loose.iter().map(|(_, entry)| entry);
        packs
            .chain(loose)
            .chain(&self.leftovers)
            .map(|entry| (entry.key.as_str(), entry.modified_s))
            .collect()
    }

    fn add(&mut self, prefix: &str, entry: Entry) {
        let Some(path) = entry.key.strip_prefix(prefix) else { return };
        let is_leftover = |part: &str| part.starts_with("tmp_") || part.starts_with("incoming-");
        if path.split('/').any(is_leftover) {
            self.leftovers.push(entry);
            return;
        }
        match path.split_once('/') {
            Some(("pack", "multi-pack-index")) => self.has_multi_pack_index = true,
            Some(("pack", name)) if name.starts_with("pack-") => self.add_pack_file(entry),
            Some((two, rest)) if two.len() == 2 => {
                if let Ok(id) = ObjectId::from_hex(format!("{two}{rest}").as_bytes()) {
                    self.loose.push((id, entry));
                }
            }
            _ => {}
        }
    }

    fn add_pack_file(&mut self, entry: Entry) {
        let Some((stem, end)) = entry.key.rsplit_once('.') else { return };
        let files = self.packs.entry(stem.into()).or_default();
        match end {
            "pack" => files.pack = Some(entry),
            "idx" => files.idx = Some(entry),
            _ => files.others.push(entry),
        }
    }
}
