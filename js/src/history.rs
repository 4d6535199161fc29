//! What revisions hold and how they came to be: `wit/history.wit` as methods.

use crate::{
    error::Thrown,
    repository::Repositories,
    shapes::{asked_person, nonce},
    value::{Fields, Told, array, bytes, object, wrong},
};
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
        let annotation = asked_annotation(annotation)?;
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
        let options = Fields::of(options, "the options")?;
        let (path, after) = (options.text("path")?, options.maybe_bytes("after")?);
        let options = files::WalkOptions {
            path: path.as_bytes(),
            depth: match options.text("depth")?.as_str() {
                "directory" => files::Depth::Directory,
                "whole" => files::Depth::Whole,
                _ => return Err(wrong("depth", "directory or whole").into()),
            },
            after: after.as_deref(),
            limit: options.number("limit")?,
        };
        let page = files::walk(&*self.open(name)?, revision, &options).await?;
        let entries = page.entries.iter().map(|entry| {
            object([
                ("path", bytes(&entry.path)),
                ("mode", entry.mode.0.told()),
                ("id", entry.id.told()),
            ])
        });
        Ok(object([("entries", array(entries)), ("more", page.more.told())]))
    }

    /// A page of the commits that lead to a revision, itself included.
    #[wasm_bindgen(unchecked_return_type = "LogPage")]
    pub async fn log(
        &self,
        name: &str,
        revision: &str,
        #[wasm_bindgen(unchecked_param_type = "LogOptions")] options: JsValue,
    ) -> Result<JsValue, Thrown> {
        let options = Fields::of(options, "the options")?;
        let path = options.text("path")?;
        let options = history::LogOptions {
            path: path.as_bytes(),
            after: asked_id(options.maybe_text("after")?)?,
            skip: options.value("skip").map_or(Ok(0), |_| options.number("skip"))?,
            limit: options.number("limit")?,
        };
        let page = history::log(&*self.open(name)?, revision, &options).await?;
        Ok(object([("commits", page.commits.told()), ("more", page.more.told())]))
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
        let options = Fields::of(options, "the options")?;
        let (path, after) = (options.text("path")?, options.maybe_bytes("after")?);
        let options = diff::ChangeOptions {
            path: path.as_bytes(),
            after: after.as_deref(),
            limit: options.number("limit")?,
            renames: if options.flag("renames")? { Renames::Exact } else { Renames::Ignore },
        };
        let page =
            diff::changes(&*self.open(name)?, old_revision.as_deref(), new_revision, &options)
                .await?;
        Ok(object([("changes", page.changes.told()), ("more", page.more.told())]))
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
        Ok(object([("kind", kind.told()), ("hunks", hunks.told())]))
    }
}

fn asked_id(id: Option<String>) -> Result<Option<ObjectId>, InvalidId> {
    id.map(|id| id.parse()).transpose()
}

fn asked_annotation(annotation: JsValue) -> Result<Option<history::Annotation>, Thrown> {
    if annotation.is_null_or_undefined() {
        return Ok(None);
    }
    let annotation = Fields::of(annotation, "the annotation")?;
    Ok(Some(history::Annotation {
        tagger: asked_person(&annotation.fields("tagger")?)?,
        message: annotation.text("message")?.into_bytes(),
        nonce: nonce()?,
    }))
}

impl Told for history::CommitInfo {
    fn told(self) -> JsValue {
        object([
            ("id", self.id.told()),
            ("tree", self.tree.told()),
            ("parents", self.parents.told()),
            ("author", self.author.told()),
            ("committer", self.committer.told()),
            ("message", self.message.told()),
        ])
    }
}

impl Told for (Mode, ObjectId) {
    fn told(self) -> JsValue {
        object([("mode", self.0.0.told()), ("id", self.1.told())])
    }
}

impl Told for diff::TreeChange {
    fn told(self) -> JsValue {
        let kind = match self.kind {
            ChangeKind::Added => "added",
            ChangeKind::Removed => "removed",
            ChangeKind::Modified => "modified",
            ChangeKind::TypeChanged => "type-changed",
            ChangeKind::Renamed => "renamed",
        };
        let old_path = self.old_path.map_or(JsValue::UNDEFINED, |path| bytes(&path));
        object([
            ("kind", kind.told()),
            ("path", bytes(&self.path)),
            ("oldPath", old_path),
            ("old", self.old.told()),
            ("new", self.new.told()),
        ])
    }
}

impl Told for diff::Hunk {
    fn told(self) -> JsValue {
        object([
            ("oldStart", self.old_start.told()),
            ("oldLines", self.old_lines.told()),
            ("newStart", self.new_start.told()),
            ("newLines", self.new_lines.told()),
            ("text", bytes(&self.text)),
        ])
    }
}
