//! `trunk.json`: what trunks knows of a repository beside what Git does.

use super::{CreateOptions, Layout, RepositoryError};
use alloc::{
    borrow::ToOwned,
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The one version that there is.
const VERSION: u32 = 1;

/// The content of `trunk.json`. What a later program has added to it is kept as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    version: u32,
    /// A UUID that marks the repository across stores.
    pub id: String,
    /// Whether `info/refs` and `objects/info/packs` are kept.
    #[serde(rename = "static")]
    pub is_static: bool,
    /// Whether all may read it, over a door that asks others for a token.
    #[serde(rename = "public", default, skip_serializing_if = "is_false")]
    pub is_public: bool,
    /// Whether `HEAD` follows a branch that was chosen for it, so that a first push of another one
    /// leaves it there.
    #[serde(rename = "head_chosen", default, skip_serializing_if = "is_false")]
    pub is_head_chosen: bool,
    /// The map: only looked into where it is asked for.
    #[serde(default)]
    storages: Vec<Value>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// A store that a repository is in, as the repository's map says it. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MappedStorage {
    /// What its users call it.
    pub name: String,
    /// What it is there for.
    pub role: Role,
    /// Its URL, without a repository and without a password.
    pub url: String,
    /// What else must be known to reach it, by name: `endpoint`, `region`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// What a storage is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It decides who wins a push.
    Primary,
    /// It holds what the primary holds.
    Mirror,
}

impl Manifest {
    pub(super) fn new(options: &CreateOptions) -> Self {
        let CreateOptions { is_static, id, .. } = options;
        Self {
            version: VERSION,
            id: id.clone(),
            is_static: *is_static,
            is_public: false,
            is_head_chosen: false,
            storages: Vec::new(),
            rest: Map::new(),
        }
    }

    /// Reads the file of the repository at `layout`.
    ///
    /// # Errors
    /// `Corrupt`: not a `trunk.json`, or of a version that came later.
    pub fn parse(layout: &Layout, bytes: &[u8]) -> Result<Self, RepositoryError> {
        let corrupt = |reason| RepositoryError::Corrupt { key: layout.manifest(), reason };
        let manifest: Self =
            serde_json::from_slice(bytes).map_err(|error| corrupt(error.to_string()))?;
        match manifest.version {
            VERSION => Ok(manifest),
            later => Err(corrupt(format!("version {later} is not known: use a newer trunks"))),
        }
    }

    /// The stores that the repository is in; empty where that was never said.
    ///
    /// # Errors
    /// `Corrupt`: the map is not one that this program understands.
    pub fn storages(&self, layout: &Layout) -> Result<Vec<MappedStorage>, RepositoryError> {
        let storages = self.storages.iter().map(MappedStorage::deserialize);
        storages.collect::<Result<_, _>>().map_err(|error| RepositoryError::Corrupt {
            key: layout.manifest(),
            reason: format!("its storages: {error}"),
        })
    }

    /// Replaces the map.
    pub fn set_storages(&mut self, storages: &[MappedStorage]) {
        let storages = storages.iter().map(serde_json::to_value);
        self.storages = storages.map(|value| value.unwrap_or(Value::Null)).collect();
    }

    /// The file's bytes.
    pub fn write(&self) -> Vec<u8> {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_else(|_| "{}".to_owned());
        text.push('\n');
        text.into_bytes()
    }
}

/// What is not so says nothing of it, as it did before there was such a word.
fn is_false(value: &bool) -> bool {
    !*value
}

impl MappedStorage {
    /// A storage of which there is no more to say.
    pub fn new(name: String, role: Role, url: String, options: BTreeMap<String, String>) -> Self {
        Self { name, role, url, options, rest: Map::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::RepoName;

    #[test]
    fn what_a_later_program_added_is_kept() {
        let layout = Layout::new(&RepoName::new("app").expect("a name"));
        let text = r#"{"version":1,"id":"x","static":false,"later":[1],
            "storages":[{"name":"a","role":"primary","url":"far://a","later":{"b":2}}]}"#;
        let mut manifest = Manifest::parse(&layout, text.as_bytes()).expect("read");
        let mut storages = manifest.storages(&layout).expect("a map");
        assert_eq!((storages[0].name.as_str(), storages[0].role), ("a", Role::Primary));
        let options = BTreeMap::from([("region".to_owned(), "eu-1".to_owned())]);
        let mirror = MappedStorage::new("b".into(), Role::Mirror, "near://b".into(), options);
        storages.push(mirror.clone());
        manifest.set_storages(&storages);
        let written = manifest.write();
        let value: Value = serde_json::from_slice(&written).expect("JSON");
        assert_eq!(value["later"][0], 1);
        assert_eq!(value["storages"][0]["later"]["b"], 2);
        let read = Manifest::parse(&layout, &written).expect("read");
        assert_eq!(read.storages(&layout).expect("a map")[1], mirror);
    }

    #[test]
    fn a_map_that_is_not_understood_hinders_only_those_who_ask() {
        let layout = Layout::new(&RepoName::new("app").expect("a name"));
        let text = r#"{"version":1,"id":"x","static":true,"storages":[{"role":"oracle"}]}"#;
        let manifest = Manifest::parse(&layout, text.as_bytes()).expect("read");
        assert!(manifest.is_static);
        assert!(matches!(manifest.storages(&layout), Err(RepositoryError::Corrupt { .. })));
    }
}
