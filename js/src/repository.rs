//! What the core does with the repositories of a store: `wit/repository.wit` as methods.

use crate::{
    error::Thrown,
    promise::traps,
    shapes::{asked_commit, asked_head, told_stat},
    store::JsStore,
    value::{Fields, Told, array, bytes, object},
};
use std::{cell::RefCell, ops::Range, rc::Rc};
use trunks_core::{
    files::{self, commit},
    limits::Limits,
    repository::{self, Peel, RefListing, RepoName},
};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPESCRIPT: &str = include_str!("repository.d.ts");

/// The repositories of one store.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Repositories {
    store: JsStore,
    /// The one that was used last: what was read of its packs serves the next call too.
    last: RefCell<Option<Opened>>,
}

/// A repository that stays open.
#[derive(Debug)]
struct Opened {
    name: RepoName,
    repository: Rc<Repository>,
    /// How many futures had trapped by then: another one may have left it locked.
    traps: u64,
}

#[wasm_bindgen(wasm_bindgen_futures = crate::promise)]
impl Repositories {
    /// The repositories of `store`. Makes no request.
    #[wasm_bindgen(constructor)]
    pub fn new(store: JsStore) -> Self {
        Self { store, last: RefCell::new(None) }
    }

    /// Makes an empty repository.
    pub async fn create(
        &self,
        name: &str,
        #[wasm_bindgen(unchecked_param_type = "CreateOptions")] options: JsValue,
    ) -> Result<(), Thrown> {
        let options = Fields::of(options, "the options")?;
        let options = repository::CreateOptions {
            default_branch: options.text("defaultBranch")?,
            is_static: options.flag("isStatic")?,
            id: options.text("id")?,
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
        self.last.replace(None);
        Ok(Repository::delete(self.store.clone(), &RepoName::new(name)?).await?)
    }

    /// What a repository is like.
    #[wasm_bindgen(unchecked_return_type = "RepositoryInfo")]
    pub async fn show(&self, name: &str) -> Result<JsValue, Thrown> {
        let info = self.open(name)?.show().await?;
        let repository::RepositoryInfo { id, head, is_static, is_public } = info;
        Ok(object([
            ("id", id.told()),
            ("head", head.told()),
            ("isStatic", is_static.told()),
            ("isPublic", is_public.told()),
        ]))
    }

    /// Lets all read a repository, or no longer.
    #[wasm_bindgen(js_name = setPublic)]
    pub async fn set_public(
        &self,
        name: &str,
        #[wasm_bindgen(js_name = isPublic)] is_public: bool,
    ) -> Result<(), Thrown> {
        Ok(self.open(name)?.set_public(is_public).await?)
    }

    /// Makes `HEAD` follow a branch or name a commit.
    #[wasm_bindgen(js_name = setHead)]
    pub async fn set_head(
        &self,
        name: &str,
        #[wasm_bindgen(unchecked_param_type = "Head")] head: JsValue,
    ) -> Result<(), Thrown> {
        let head = asked_head(head)?;
        Ok(self.open(name)?.set_head(&head).await?)
    }

    /// `HEAD` and the refs whose names start with one of `prefixes` (all, if there are none). With
    /// `peel`, what tags lead to is said of all of them; it may cost reads.
    #[wasm_bindgen(unchecked_return_type = "Listing")]
    pub async fn refs(
        &self,
        name: &str,
        prefixes: Vec<String>,
        peel: Option<bool>,
    ) -> Result<JsValue, Thrown> {
        let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
        let peel = if peel == Some(true) { Peel::All } else { Peel::Known };
        let RefListing { head, refs, broken } = self.open(name)?.list_refs(&prefixes, peel).await?;
        Ok(object([("head", head.told()), ("refs", refs.told()), ("broken", broken.told())]))
    }

    /// Writes the loose refs into `packed-refs`, and removes those that nobody moved meanwhile.
    /// Returns how many were removed.
    #[wasm_bindgen(js_name = packRefs)]
    pub async fn pack_refs(&self, name: &str) -> Result<u32, Thrown> {
        let removed = self.open(name)?.pack_refs().await?;
        Ok(removed.try_into().unwrap_or(u32::MAX))
    }

    /// Makes a commit on a branch, if the branch is at its parent, and gives its id.
    pub async fn commit(
        &self,
        name: &str,
        #[wasm_bindgen(unchecked_param_type = "CommitRequest")] request: JsValue,
    ) -> Result<String, Thrown> {
        let request = asked_commit(request)?;
        Ok(commit::commit(&*self.open(name)?, &request).await?.to_string())
    }

    /// As `commit`, but wherever the branch has moved to since its parent, if the paths that change
    /// are there what they were. Without a parent it builds on whatever the branch is at.
    #[wasm_bindgen(unchecked_return_type = "Applied")]
    pub async fn apply(
        &self,
        name: &str,
        #[wasm_bindgen(unchecked_param_type = "CommitRequest")] request: JsValue,
    ) -> Result<JsValue, Thrown> {
        let request = asked_commit(request)?;
        let commit::Applied { id, parent } = commit::apply(&*self.open(name)?, &request).await?;
        Ok(object([("id", id.told()), ("parent", parent.told())]))
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
        let range = asked_range(range)?;
        let repository = self.open(name)?;
        let mut file = files::open(&repository, revision, path.as_bytes(), range).await?;
        let mut content = Vec::new();
        while let Some(mut piece) = file.next().await? {
            content.append(&mut piece);
        }
        Ok(told_stat(file.stat, Some(bytes(&content))))
    }

    /// Looks at what lies at a path of a revision. The empty path is the root.
    #[wasm_bindgen(unchecked_return_type = "FileStat")]
    pub async fn stat(&self, name: &str, revision: &str, path: &str) -> Result<JsValue, Thrown> {
        let stat = files::stat(&*self.open(name)?, revision, path.as_bytes()).await?;
        Ok(told_stat(stat, None))
    }

    /// Lists a directory of a revision, in git's order. The empty path is the root.
    #[wasm_bindgen(js_name = listFiles, unchecked_return_type = "TreeEntry[]")]
    pub async fn list_files(
        &self,
        name: &str,
        revision: &str,
        path: &str,
    ) -> Result<JsValue, Thrown> {
        let entries = files::list(&*self.open(name)?, revision, path.as_bytes()).await?;
        let entries = entries.iter().map(|entry| {
            object([
                ("name", bytes(&entry.name)),
                ("mode", entry.mode.0.told()),
                ("id", entry.id.told()),
            ])
        });
        Ok(array(entries))
    }
}

fn asked_range(range: JsValue) -> Result<Option<Range<u64>>, Thrown> {
    if range.is_null_or_undefined() {
        return Ok(None);
    }
    let range = Fields::of(range, "the range")?;
    Ok(Some(range.number("start")?..range.number("end")?))
}

type Repository = repository::Repository<JsStore>;

impl Repositories {
    pub(crate) fn open(&self, name: &str) -> Result<Rc<Repository>, Thrown> {
        let name = RepoName::new(name)?;
        let mut last = self.last.borrow_mut();
        if let Some(opened) = &*last
            && opened.name == name
            && opened.traps == traps()
        {
            return Ok(opened.repository.clone());
        }
        let repository = Rc::new(Repository::open(self.store.clone(), &name, Limits::default()));
        *last = Some(Opened { name, repository: repository.clone(), traps: traps() });
        Ok(repository)
    }
}
