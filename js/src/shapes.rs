//! The shapes of `repository.d.ts`, as they come from JavaScript and go there.

use crate::error::Thrown;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use trunks_core::{
    files::commit::{self, Change, Content},
    object::Mode,
    refs::Head,
};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues, catch)]
    fn fill_randomly(bytes: &mut [u8]) -> Result<JsValue, JsValue>;
}

pub(crate) fn nonce() -> Result<[u8; 20], Thrown> {
    let mut nonce = [0; 20];
    fill_randomly(&mut nonce).map_err(|_| Thrown::invalid("crypto.getRandomValues is needed"))?;
    Ok(nonce)
}

pub(crate) fn taken<T: DeserializeOwned>(value: JsValue) -> Result<T, Thrown> {
    serde_wasm_bindgen::from_value(value).map_err(Thrown::invalid)
}

pub(crate) fn given<T: Serialize>(value: &T) -> Result<JsValue, Thrown> {
    serde_wasm_bindgen::to_value(value).map_err(Thrown::invalid)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateOptions {
    pub(crate) default_branch: String,
    pub(crate) is_static: bool,
    pub(crate) id: String,
}

#[derive(Serialize)]
pub(crate) struct Listing {
    pub(crate) head: JsHead,
    pub(crate) refs: Vec<Reference>,
    pub(crate) broken: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RepositoryInfo {
    pub(crate) id: String,
    pub(crate) head: JsHead,
    pub(crate) is_static: bool,
    pub(crate) is_public: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum JsHead {
    Symbolic(String),
    Detached(String),
}

impl From<Head> for JsHead {
    fn from(head: Head) -> Self {
        match head {
            Head::Symbolic(branch) => Self::Symbolic(branch.as_str().to_owned()),
            Head::Detached(id) => Self::Detached(id.to_string()),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Reference {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) peeled: Option<String>,
    pub(crate) symbolic: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct ByteRange {
    pub(crate) start: u64,
    pub(crate) end: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct File {
    pub(crate) id: String,
    pub(crate) mode: u32,
    pub(crate) size_bytes: u64,
    #[serde(with = "serde_bytes")]
    pub(crate) bytes: Vec<u8>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileStat {
    pub(crate) id: String,
    pub(crate) mode: u32,
    pub(crate) size_bytes: u64,
}

#[derive(Serialize)]
pub(crate) struct TreeEntry {
    #[serde(with = "serde_bytes")]
    pub(crate) name: Vec<u8>,
    pub(crate) mode: u32,
    pub(crate) id: String,
}

#[derive(Deserialize)]
pub(crate) struct CommitRequest {
    pub(crate) branch: String,
    pub(crate) parent: Option<String>,
    pub(crate) changes: Vec<JsChange>,
    pub(crate) author: Person,
    pub(crate) committer: Person,
    pub(crate) message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JsChange {
    path: String,
    content: Option<Blob>,
    moved_from: Option<String>,
    copied_from: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Blob {
    pub(crate) mode: u32,
    #[serde(with = "serde_bytes")]
    pub(crate) bytes: Vec<u8>,
}

impl TryFrom<JsChange> for Change {
    type Error = Thrown;

    fn try_from(change: JsChange) -> Result<Self, Thrown> {
        let content = match (change.content, change.moved_from, change.copied_from) {
            (None, None, None) => Content::Nothing,
            (Some(Blob { mode, bytes }), None, None) => Content::Blob { mode: Mode(mode), bytes },
            (None, Some(from), None) => Content::Moved { from: from.into_bytes() },
            (None, None, Some(from)) => Content::Copied { from: from.into_bytes() },
            _ => {
                let reason = "a change has one of content, movedFrom and copiedFrom";
                return Err(Thrown::invalid(reason));
            }
        };
        Ok(Self { path: change.path.into_bytes(), content })
    }
}

#[derive(Serialize)]
pub(crate) struct Applied {
    pub(crate) id: String,
    pub(crate) parent: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) time_s: u64,
    pub(crate) zone_minutes: i16,
}

impl From<Person> for commit::Person {
    fn from(person: Person) -> Self {
        let Person { name, email, time_s, zone_minutes } = person;
        Self { name, email, time_s, zone_minutes }
    }
}

impl From<commit::Person> for Person {
    fn from(person: commit::Person) -> Self {
        let commit::Person { name, email, time_s, zone_minutes } = person;
        Self { name, email, time_s, zone_minutes }
    }
}
