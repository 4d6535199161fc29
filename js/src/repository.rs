//! What the core does with the repositories of a store: `wit/repository.wit` as methods.

use crate::{error::Thrown, store::JsStore};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use trunks_core::{
    files::{
        self,
        commit::{self, Change, Content},
    },
    limits::Limits,
    object::Mode,
    refs::{Head, Peeled, RefName},
    repository::{self, RepoName, RepositoryError},
};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPESCRIPT: &str = include_str!("repository.d.ts");

/// The repositories of one store.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Repositories {
    store: JsStore,
}

#[wasm_bindgen(wasm_bindgen_futures = crate::promise)]
impl Repositories {
    /// The repositories of `store`. Makes no request.
    #[wasm_bindgen(constructor)]
    pub fn new(store: JsStore) -> Self {
        Self { store }
    }

    /// Makes an empty repository.
    pub async fn create(
        &self,
        name: &str,
        #[wasm_bindgen(unchecked_param_type = "CreateOptions")] options: JsValue,
    ) -> Result<(), Thrown> {
        let options: CreateOptions = taken(options)?;
        let options = repository::CreateOptions {
            default_branch: options.default_branch,
            is_static: options.is_static,
            id: options.id,
        };
        Ok(Repository::create(self.store.clone(), &RepoName::new(name)?, &options).await?)
    }

    /// The names of the repositories, at most `limit` from the one after `after`, in the order of
    /// their keys: `a-b` comes before `a`.
    pub async fn names(&self, after: Option<String>, limit: u32) -> Result<Vec<String>, Thrown> {
        let names = Repository::list(self.store.clone(), after.as_deref(), limit).await?;
        Ok(names.iter().map(|name| name.as_str().to_owned()).collect())
    }

    /// Deletes a repository and all that it holds.
    pub async fn remove(&self, name: &str) -> Result<(), Thrown> {
        Ok(Repository::delete(self.store.clone(), &RepoName::new(name)?).await?)
    }

    /// `HEAD` and the refs whose names start with one of `prefixes` (all, if there are none).
    #[wasm_bindgen(unchecked_return_type = "Listing")]
    pub async fn refs(&self, name: &str, prefixes: Vec<String>) -> Result<JsValue, Thrown> {
        let repository = self.open(name)?;
        let missing = || RepositoryError::Missing { name: name.to_owned() };
        let head = match repository.refs.head().await?.ok_or_else(missing)? {
            Head::Symbolic(branch) => JsHead::Symbolic(branch.as_str().to_owned()),
            Head::Detached(id) => JsHead::Detached(id.to_string()),
        };
        let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
        let refs = repository.refs.list(&prefixes).await?;
        let refs = refs.into_iter().map(|one| Reference {
            name: one.name.as_str().to_owned(),
            id: one.id.to_string(),
            peeled: match one.peeled {
                Peeled::To(id) => Some(id.to_string()),
                Peeled::NoTag | Peeled::Unknown => None,
            },
            symbolic: one.symbolic.map(|name| name.as_str().to_owned()),
        });
        given(&Listing { head, refs: refs.collect() })
    }

    /// Writes the loose refs into `packed-refs`, and removes those that nobody moved meanwhile.
    /// Returns how many were removed.
    #[wasm_bindgen(js_name = packRefs)]
    pub async fn pack_refs(&self, name: &str) -> Result<u32, Thrown> {
        let repository = self.open(name)?;
        let removed = repository.refs.pack(&repository.objects).await?;
        Ok(removed.try_into().unwrap_or(u32::MAX))
    }

    /// Makes a commit on a branch, if the branch is at its parent, and gives its id.
    pub async fn commit(
        &self,
        name: &str,
        #[wasm_bindgen(unchecked_param_type = "CommitRequest")] request: JsValue,
    ) -> Result<String, Thrown> {
        let request: CommitRequest = taken(request)?;
        let request = commit::CommitRequest {
            branch: RefName::new(&request.branch)?,
            parent: request.parent.map(|id| id.parse()).transpose()?,
            changes: request.changes.into_iter().map(Change::from).collect(),
            author: request.author.into(),
            committer: request.committer.into(),
            message: request.message.into_bytes(),
            nonce: nonce()?,
        };
        Ok(commit::commit(&self.open(name)?, &request).await?.to_string())
    }

    /// Reads a file of a revision, or the part of it that lies in `range`.
    #[wasm_bindgen(js_name = readFile, unchecked_return_type = "File")]
    pub async fn read_file(
        &self,
        name: &str,
        revision: &str,
        path: &str,
        #[wasm_bindgen(unchecked_optional_param_type = "ByteRange")] range: JsValue,
    ) -> Result<JsValue, Thrown> {
        let range: Option<ByteRange> = taken(range)?;
        let range = range.map(|range| range.start..range.end);
        let repository = self.open(name)?;
        let mut file = files::open(&repository, revision, path.as_bytes(), range).await?;
        let mut bytes = Vec::new();
        while let Some(mut piece) = file.next().await? {
            bytes.append(&mut piece);
        }
        let files::Stat { id, mode, size_bytes } = file.stat;
        given(&File { id: id.to_string(), mode: mode.0, size_bytes, bytes })
    }

    /// Looks at what lies at a path of a revision. The empty path is the root.
    #[wasm_bindgen(unchecked_return_type = "FileStat")]
    pub async fn stat(&self, name: &str, revision: &str, path: &str) -> Result<JsValue, Thrown> {
        let stat = files::stat(&self.open(name)?, revision, path.as_bytes()).await?;
        let files::Stat { id, mode, size_bytes } = stat;
        given(&FileStat { id: id.to_string(), mode: mode.0, size_bytes })
    }

    /// Lists a directory of a revision, in git's order. The empty path is the root.
    #[wasm_bindgen(js_name = listFiles, unchecked_return_type = "TreeEntry[]")]
    pub async fn list_files(
        &self,
        name: &str,
        revision: &str,
        path: &str,
    ) -> Result<JsValue, Thrown> {
        let entries = files::list(&self.open(name)?, revision, path.as_bytes()).await?;
        let entries = entries.into_iter().map(|entry| TreeEntry {
            name: entry.name,
            mode: entry.mode.0,
            id: entry.id.to_string(),
        });
        given(&entries.collect::<Vec<_>>())
    }
}

type Repository = repository::Repository<JsStore>;

impl Repositories {
    fn open(&self, name: &str) -> Result<Repository, Thrown> {
        let name = RepoName::new(name)?;
        Ok(Repository::open(self.store.clone(), &name, Limits::default()))
    }
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues, catch)]
    fn fill_randomly(bytes: &mut [u8]) -> Result<JsValue, JsValue>;
}

fn nonce() -> Result<[u8; 20], Thrown> {
    let mut nonce = [0; 20];
    fill_randomly(&mut nonce).map_err(|_| Thrown::invalid("crypto.getRandomValues is needed"))?;
    Ok(nonce)
}

fn taken<T: DeserializeOwned>(value: JsValue) -> Result<T, Thrown> {
    serde_wasm_bindgen::from_value(value).map_err(Thrown::invalid)
}

fn given<T: Serialize>(value: &T) -> Result<JsValue, Thrown> {
    serde_wasm_bindgen::to_value(value).map_err(Thrown::invalid)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateOptions {
    default_branch: String,
    is_static: bool,
    id: String,
}

#[derive(Serialize)]
struct Listing {
    head: JsHead,
    refs: Vec<Reference>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum JsHead {
    Symbolic(String),
    Detached(String),
}

#[derive(Serialize)]
struct Reference {
    name: String,
    id: String,
    peeled: Option<String>,
    symbolic: Option<String>,
}

#[derive(Deserialize)]
struct ByteRange {
    start: u64,
    end: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File {
    id: String,
    mode: u32,
    size_bytes: u64,
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileStat {
    id: String,
    mode: u32,
    size_bytes: u64,
}

#[derive(Serialize)]
struct TreeEntry {
    #[serde(with = "serde_bytes")]
    name: Vec<u8>,
    mode: u32,
    id: String,
}

#[derive(Deserialize)]
struct CommitRequest {
    branch: String,
    parent: Option<String>,
    changes: Vec<JsChange>,
    author: Person,
    committer: Person,
    message: String,
}

#[derive(Deserialize)]
struct JsChange {
    path: String,
    content: Option<Blob>,
}

#[derive(Deserialize)]
struct Blob {
    mode: u32,
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
}

impl From<JsChange> for Change {
    fn from(change: JsChange) -> Self {
        let content = match change.content {
            Some(Blob { mode, bytes }) => Content::Blob { mode: Mode(mode), bytes },
            None => Content::Nothing,
        };
        Self { path: change.path.into_bytes(), content }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    name: String,
    email: String,
    time_s: u64,
    zone_minutes: i16,
}

impl From<Person> for commit::Person {
    fn from(person: Person) -> Self {
        let Person { name, email, time_s, zone_minutes } = person;
        Self { name, email, time_s, zone_minutes }
    }
}
