//! What revisions hold and how they came to be: `wit/history.wit` as methods.

use crate::{
    error::Thrown,
    repository::Repositories,
    shapes::{Person, given, nonce, taken},
};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use trunks_core::{
    diff::{self, ChangeKind, Renames},
    files, history,
    object::{InvalidId, Mode, ObjectId},
};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPESCRIPT: &str = include_str!("history.d.ts");

#[wasm_bindgen(wasm_bindgen_futures = crate::promise)]
impl Repositories {
    /// The object that a revision means.
    pub async fn resolve(&self, name: &str, revision: &str) -> Result<String, Thrown> {
        Ok(files::resolve(&*self.open(name)?, revision).await?.to_string())
    }

    /// Makes a branch, given without `refs/heads/`, at the commit that a revision means, and gives
    /// that.
    #[wasm_bindgen(js_name = createBranch)]
    pub async fn create_branch(
        &self,
        name: &str,
        branch: &str,
        revision: &str,
    ) -> Result<String, Thrown> {
        Ok(history::create_branch(&*self.open(name)?, branch, revision).await?.to_string())
    }

    /// Deletes a branch that `HEAD` does not follow, if it is as expected, and gives the commit at
    /// which it was.
    #[wasm_bindgen(js_name = deleteBranch)]
    pub async fn delete_branch(
        &self,
        name: &str,
        branch: &str,
        expected: Option<String>,
    ) -> Result<String, Thrown> {
        let expected = asked_id(expected)?;
        Ok(history::delete_branch(&*self.open(name)?, branch, expected).await?.to_string())
    }

    /// Makes a tag, given without `refs/tags/`, of what a revision means, and gives what it names.
    #[wasm_bindgen(js_name = createTag)]
    pub async fn create_tag(
        &self,
        name: &str,
        tag: &str,
        revision: &str,
        #[wasm_bindgen(unchecked_optional_param_type = "Annotation")] annotation: JsValue,
    ) -> Result<String, Thrown> {
        let annotation: Option<Annotation> = taken(annotation)?;
        let annotation = match annotation {
            Some(Annotation { tagger, message }) => Some(history::Annotation {
                tagger: tagger.into(),
                message: message.into_bytes(),
                nonce: nonce()?,
            }),
            None => None,
        };
        let repository = self.open(name)?;
        let id = history::create_tag(&repository, tag, revision, annotation.as_ref()).await?;
        Ok(id.to_string())
    }

    /// Deletes a tag, if it is as expected, and gives what it named.
    #[wasm_bindgen(js_name = deleteTag)]
    pub async fn delete_tag(
        &self,
        name: &str,
        tag: &str,
        expected: Option<String>,
    ) -> Result<String, Thrown> {
        let expected = asked_id(expected)?;
        Ok(history::delete_tag(&*self.open(name)?, tag, expected).await?.to_string())
    }

    /// A page of the files and directories below a directory of a revision.
    #[wasm_bindgen(unchecked_return_type = "WalkPage")]
    pub async fn walk(
        &self,
        name: &str,
        revision: &str,
        #[wasm_bindgen(unchecked_param_type = "WalkOptions")] options: JsValue,
    ) -> Result<JsValue, Thrown> {
        let options: WalkOptions = taken(options)?;
        let options = files::WalkOptions {
            path: options.path.as_bytes(),
            depth: match options.depth {
                Depth::Directory => files::Depth::Directory,
                Depth::Whole => files::Depth::Whole,
            },
            after: options.after.as_ref().map(|after| after.as_slice()),
            limit: options.limit,
        };
        let page = files::walk(&*self.open(name)?, revision, &options).await?;
        let entries = page.entries.into_iter().map(|entry| WalkEntry {
            path: ByteBuf::from(entry.path),
            mode: entry.mode.0,
            id: entry.id.to_string(),
        });
        given(&WalkPage { entries: entries.collect(), more: page.more })
    }

    /// A page of the commits that lead to a revision, itself included.
    #[wasm_bindgen(unchecked_return_type = "LogPage")]
    pub async fn log(
        &self,
        name: &str,
        revision: &str,
        #[wasm_bindgen(unchecked_param_type = "LogOptions")] options: JsValue,
    ) -> Result<JsValue, Thrown> {
        let LogOptions { path, after, skip, limit } = taken(options)?;
        let after = asked_id(after)?;
        let options = history::LogOptions { path: path.as_bytes(), after, skip, limit };
        let page = history::log(&*self.open(name)?, revision, &options).await?;
        let commits = page.commits.into_iter().map(CommitInfo::from).collect();
        given(&LogPage { commits, more: page.more })
    }

    /// A page of what differs between the trees of two revisions; without an old one, between that of
    /// the first parent and that of the new one.
    #[wasm_bindgen(js_name = diffTrees, unchecked_return_type = "ChangePage")]
    pub async fn diff_trees(
        &self,
        name: &str,
        #[wasm_bindgen(js_name = oldRevision)] old_revision: Option<String>,
        #[wasm_bindgen(js_name = newRevision)] new_revision: &str,
        #[wasm_bindgen(unchecked_param_type = "ChangeOptions")] options: JsValue,
    ) -> Result<JsValue, Thrown> {
        let options: ChangeOptions = taken(options)?;
        let options = diff::ChangeOptions {
            path: options.path.as_bytes(),
            after: options.after.as_ref().map(|after| after.as_slice()),
            limit: options.limit,
            renames: if options.renames { Renames::Exact } else { Renames::Ignore },
        };
        let page =
            diff::changes(&*self.open(name)?, old_revision.as_deref(), new_revision, &options)
                .await?;
        let changes = page.changes.into_iter().map(TreeChange::from).collect();
        given(&ChangePage { changes, more: page.more })
    }

    /// Compares two blobs line by line, with so many lines of `context` around those that differ.
    /// Without an id there is no such file.
    #[wasm_bindgen(js_name = diffFiles, unchecked_return_type = "FileDiff")]
    pub async fn diff_files(
        &self,
        name: &str,
        #[wasm_bindgen(js_name = oldId)] old_id: Option<String>,
        #[wasm_bindgen(js_name = newId)] new_id: Option<String>,
        context: u32,
    ) -> Result<JsValue, Thrown> {
        let (old, new) = (asked_id(old_id)?, asked_id(new_id)?);
        let (kind, hunks) = match diff::files(&*self.open(name)?, old, new, context).await? {
            diff::FileDiff::Text(hunks) => ("text", hunks),
            diff::FileDiff::Binary => ("binary", Vec::new()),
            diff::FileDiff::TooLarge => ("too-large", Vec::new()),
        };
        given(&FileDiff { kind, hunks: hunks.into_iter().map(Hunk::from).collect() })
    }
}

fn asked_id(id: Option<String>) -> Result<Option<ObjectId>, InvalidId> {
    id.map(|id| id.parse()).transpose()
}

#[derive(Deserialize)]
struct Annotation {
    tagger: Person,
    message: String,
}

#[derive(Deserialize)]
struct WalkOptions {
    path: String,
    depth: Depth,
    after: Option<ByteBuf>,
    limit: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Depth {
    Directory,
    Whole,
}

#[derive(Serialize)]
struct WalkPage {
    entries: Vec<WalkEntry>,
    more: bool,
}

#[derive(Serialize)]
struct WalkEntry {
    path: ByteBuf,
    mode: u32,
    id: String,
}

#[derive(Deserialize)]
struct LogOptions {
    path: String,
    after: Option<String>,
    #[serde(default)]
    skip: u64,
    limit: u32,
}

#[derive(Serialize)]
struct LogPage {
    commits: Vec<CommitInfo>,
    more: bool,
}

#[derive(Serialize)]
struct CommitInfo {
    id: String,
    tree: String,
    parents: Vec<String>,
    author: Person,
    committer: Person,
    message: String,
}

impl From<history::CommitInfo> for CommitInfo {
    fn from(commit: history::CommitInfo) -> Self {
        Self {
            id: commit.id.to_string(),
            tree: commit.tree.to_string(),
            parents: commit.parents.iter().map(ObjectId::to_string).collect(),
            author: commit.author.into(),
            committer: commit.committer.into(),
            message: commit.message,
        }
    }
}

#[derive(Deserialize)]
struct ChangeOptions {
    path: String,
    after: Option<ByteBuf>,
    limit: u32,
    renames: bool,
}

#[derive(Serialize)]
struct ChangePage {
    changes: Vec<TreeChange>,
    more: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TreeChange {
    kind: &'static str,
    path: ByteBuf,
    old_path: Option<ByteBuf>,
    old: Option<Side>,
    new: Option<Side>,
}

#[derive(Serialize)]
struct Side {
    mode: u32,
    id: String,
}

impl From<diff::TreeChange> for TreeChange {
    fn from(change: diff::TreeChange) -> Self {
        let side = |(mode, id): (Mode, ObjectId)| Side { mode: mode.0, id: id.to_string() };
        Self {
            kind: match change.kind {
                ChangeKind::Added => "added",
                ChangeKind::Removed => "removed",
                ChangeKind::Modified => "modified",
                ChangeKind::TypeChanged => "type-changed",
                ChangeKind::Renamed => "renamed",
            },
            path: ByteBuf::from(change.path),
            old_path: change.old_path.map(ByteBuf::from),
            old: change.old.map(side),
            new: change.new.map(side),
        }
    }
}

#[derive(Serialize)]
struct FileDiff {
    kind: &'static str,
    hunks: Vec<Hunk>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Hunk {
    old_start: u32,
    old_lines: u32,
    new_start: u32,
    new_lines: u32,
    text: ByteBuf,
}

impl From<diff::Hunk> for Hunk {
    fn from(hunk: diff::Hunk) -> Self {
        let diff::Hunk { old_start, old_lines, new_start, new_lines, text } = hunk;
        Self { old_start, old_lines, new_start, new_lines, text: ByteBuf::from(text) }
    }
}
