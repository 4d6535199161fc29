//! Which of a store's packs the local repository holds: a note beside the objects, by the names of
//! packs.
//!
//! It may say too little, and then a pack is copied again. It may say too much, where git has since
//! thrown away what no ref reached: so who relies on it has git look whether all is there.

use super::transfer::hex;
use crate::{component::StoredPack, store::RemoteUrl};
use sha1::{Digest, Sha1};
use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// The packs of one repository in one store that are held here, by their keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    file: PathBuf,
    keys: BTreeSet<String>,
}

impl Held {
    /// What is noted in the local repository at `common_dir` of the one at `remote`; `None` where
    /// nothing is: nobody knows then what the local objects are.
    pub fn read(common_dir: &Path, remote: &RemoteUrl) -> Option<Self> {
        let file = file(common_dir, remote);
        let text = fs::read_to_string(&file).ok()?;
        Some(Self { file, keys: text.lines().map(str::to_owned).collect() })
    }

    /// The beginning of a note, where all that is stored is held, or nothing is stored yet.
    pub fn begin(common_dir: &Path, remote: &RemoteUrl) -> Self {
        Self { file: file(common_dir, remote), keys: BTreeSet::new() }
    }

    /// Those of `packs` that are not held.
    pub fn fresh(&self, packs: &[StoredPack]) -> Vec<StoredPack> {
        packs.iter().filter(|pack| !self.keys.contains(&pack.pack_key)).cloned().collect()
    }

    /// Notes that the pack at `key` is held besides.
    pub fn add(&mut self, key: &str) {
        self.keys.insert(key.to_owned());
    }

    /// Notes that `packs` are held, and that there are no others.
    pub fn replace(&mut self, packs: &[StoredPack]) {
        self.keys = packs.iter().map(|pack| pack.pack_key.clone()).collect();
    }

    /// Writes the note down. Where that fails the old one stays, or none: then more is fetched than
    /// need be, which is not worth failing for.
    pub fn write(&self) {
        let _ = self.try_write();
    }

    fn try_write(&self) -> io::Result<()> {
        let dir = self.file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(dir)?;
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        for key in &self.keys {
            writeln!(file, "{key}")?;
        }
        file.persist(&self.file)?;
        Ok(())
    }
}

/// The URL tells repositories apart; it may hold a user's name, and need not lie open.
fn file(common_dir: &Path, remote: &RemoteUrl) -> PathBuf {
    let name = Sha1::digest(remote.to_string());
    common_dir.join("trunks").join(format!("held-{}", hex(&name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(name: &str) -> StoredPack {
        let pack_key = format!("{name}.pack");
        StoredPack { pack_key, idx_key: format!("{name}.idx"), pack_bytes: 1, idx_bytes: 1 }
    }

    #[test]
    fn what_was_noted_is_no_longer_fresh() {
        let dir = tempfile::tempdir().expect("a directory");
        let remote = RemoteUrl::parse("local:///a/b").expect("a URL");
        assert_eq!(Held::read(dir.path(), &remote), None);
        let mut held = Held::begin(dir.path(), &remote);
        held.replace(&[pack("a"), pack("b")]);
        held.add("c.pack");
        held.write();
        let mut held = Held::read(dir.path(), &remote).expect("noted");
        let all = ["a", "b", "c", "d"].map(pack);
        assert_eq!(held.fresh(&all), [pack("d")]);
        held.replace(&all[..1]);
        held.write();
        let held = Held::read(dir.path(), &remote).expect("noted");
        assert_eq!(held.fresh(&all), all[1..]);
        let other = RemoteUrl::parse("local:///a/c").expect("a URL");
        assert_eq!(Held::read(dir.path(), &other), None);
    }
}
