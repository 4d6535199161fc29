//! `trunk.json`: what trunks knows of a repository beside what Git does.

use super::{CreateOptions, Layout, RepositoryError};
use crate::json;
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
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// A UUID that marks the repository across stores.
    pub id: String,
    /// Whether `info/refs` and `objects/info/packs` are kept.
    pub is_static: bool,
    /// Whether all may read it, over a door that asks others for a token.
    pub is_public: bool,
    /// Whether `HEAD` follows a branch that was chosen for it, so that a first push of another one
    /// leaves it there.
    pub is_head_chosen: bool,
    /// The map, a JSON array: only looked into where it is asked for.
    storages: String,
    /// Names and JSON values.
    rest: Vec<(String, String)>,
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
            id: id.clone(),
            is_static: *is_static,
            is_public: false,
            is_head_chosen: false,
            storages: "[]".to_owned(),
            rest: Vec::new(),
        }
    }

    /// Reads the file of the repository at `layout`.
    ///
    /// # Errors
    /// `Corrupt`: not a `trunk.json`, or of a version that came later.
    pub fn parse(layout: &Layout, bytes: &[u8]) -> Result<Self, RepositoryError> {
        let text = core::str::from_utf8(bytes).map_err(|error| error.to_string());
        let manifest = text.and_then(Self::parse_text);
        manifest.map_err(|reason| RepositoryError::Corrupt { key: layout.manifest(), reason })
    }

    fn parse_text(text: &str) -> Result<Self, String> {
        let mut members = json::members(text)?;
        let mut take = |name: &str| {
            let at = members.iter().position(|(other, _)| other == name)?;
            Some(members.remove(at).1)
        };
        let version = take("version").and_then(|version| version.parse().ok());
        match version.ok_or("it does not say its version")? {
            VERSION => {}
            later => return Err(format!("version {later} is not known: use a newer trunks")),
        }
        let id = take("id").and_then(json::text).ok_or("it has no id")?;
        let is_static = flag(take("static")).ok_or("it does not say whether it is static")?;
        let is_public = flag(take("public").or(Some("false")));
        let is_public = is_public.ok_or("public is neither true nor false")?;
        let is_head_chosen = flag(take("head_chosen").or(Some("false")));
        let is_head_chosen = is_head_chosen.ok_or("head_chosen is neither true nor false")?;
        let storages = take("storages").unwrap_or("[]").to_owned();
        if !storages.starts_with('[') {
            return Err("its storages are no array".to_owned());
        }
        let rest = members.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        Ok(Self { id, is_static, is_public, is_head_chosen, storages, rest })
    }

    /// The stores that the repository is in; empty where that was never said.
    ///
    /// # Errors
    /// `Corrupt`: the map is not one that this program understands.
    pub fn storages(&self, layout: &Layout) -> Result<Vec<MappedStorage>, RepositoryError> {
        serde_json::from_str(&self.storages).map_err(|error| RepositoryError::Corrupt {
            key: layout.manifest(),
            reason: format!("its storages: {error}"),
        })
    }

    /// Replaces the map.
    pub fn set_storages(&mut self, storages: &[MappedStorage]) {
        let storages = serde_json::to_string_pretty(storages);
        self.storages = storages.map_or("[]".to_owned(), |text| text.replace('\n', "\n  "));
    }

    /// The file's bytes.
    pub fn write(&self) -> Vec<u8> {
        let mut text = format!("{{\n  \"version\": {VERSION}");
        let mut add = |name: &str, value: &str| {
            text.push_str(",\n  ");
            text.push_str(&json::quoted(name));
            text.push_str(": ");
            text.push_str(value);
        };
        add("id", &json::quoted(&self.id));
        add("static", if self.is_static { "true" } else { "false" });
        // What is not so says nothing of it, as it did before there was such a word.
        for (name, is_so) in [("public", self.is_public), ("head_chosen", self.is_head_chosen)] {
            if is_so {
                add(name, "true");
            }
        }
        add("storages", &self.storages);
        self.rest.iter().for_each(|(name, value)| add(name, value));
        text.push_str("\n}\n");
        text.into_bytes()
    }
}

fn flag(value: Option<&str>) -> Option<bool> {
    value?.parse().ok()
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
