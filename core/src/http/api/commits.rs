//! Commits: the history of a revision or a path, what a commit changed, and new ones.

use super::{
    Reply,
    call::Call,
    files::{kind, octal},
};
use crate::{
    diff::{ChangeKind, ChangeOptions, Renames, TreeChange, changes},
    files::commit::{Change, CommitRequest, Content, Person, apply},
    history::{CommitInfo, LogOptions, log},
    http::error::Refusal,
    object::{Mode, ObjectId},
    refs::RefName,
    repository::{RepoName, Repository},
    store::Store,
};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    branch: String,
    message: String,
    author: Author,
    /// What the changes were made against; left out: whatever the branch is at.
    parent: Option<String>,
    files: Vec<NewFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Author {
    name: String,
    #[serde(default)]
    email: String,
}

/// One of `text`, `base64`, `from` and `delete`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewFile {
    path: String,
    text: Option<String>,
    base64: Option<String>,
    /// Where it lay before.
    from: Option<String>,
    #[serde(default)]
    delete: bool,
    #[serde(default)]
    executable: bool,
}

/// `commits`
pub(super) async fn all<S: Store + Clone>(
    call: &Call<'_, S>,
    name: &RepoName,
) -> Result<Reply, Refusal> {
    let repository = call.open(name).await?;
    match call.request.method.as_str() {
        "GET" => list(call, &repository).await,
        "POST" => {
            let request = request(call, call.sent()?)?;
            let made = apply(&repository, &request).await;
            let id = made.map_err(|error| Refusal::of(&error))?.id.to_string();
            Ok(Reply::json(201, &shown(&find(&repository, &id).await?)))
        }
        _ => Err(Refusal::Method("GET, POST")),
    }
}

/// One commit and what it changed against its first parent.
pub(super) async fn one<S: Store + Clone>(
    call: &Call<'_, S>,
    name: &RepoName,
    revision: &str,
) -> Result<Reply, Refusal> {
    if call.request.method != "GET" {
        return Err(Refusal::Method("GET"));
    }
    let repository = call.open(name).await?;
    let path = call.parameter("path")?.unwrap_or_default();
    let after = call.parameter("after")?;
    let commit = find(&repository, revision).await?;
    let options = ChangeOptions {
        path: path.as_bytes(),
        after: after.as_deref().map(str::as_bytes),
        limit: call.window()?.limit as u32,
        renames: Renames::Exact,
    };
    let page = changes(&repository, None, &commit.id.to_string(), &options).await;
    let page = page.map_err(|error| Refusal::of(&error))?;
    let mut value = shown(&commit);
    value["changes"] = page.changes.iter().map(changed).collect();
    value["has_more_changes"] = page.more.into();
    Ok(Reply::json(200, &value))
}

/// How many there are is not known without reading all of them, so it is not told.
async fn list<S: Store + Clone>(
    call: &Call<'_, S>,
    repository: &Repository<S>,
) -> Result<Reply, Refusal> {
    let window = call.window()?;
    let path = call.parameter("path")?.unwrap_or_default();
    let revision = call.parameter("ref")?.unwrap_or_else(|| "HEAD".to_owned());
    let after: Option<Result<ObjectId, _>> = call.parameter("after")?.map(|id| id.parse());
    let after = after.transpose().map_err(|error| Refusal::of(&error))?;
    let options = LogOptions {
        path: path.as_bytes(),
        after,
        skip: window.offset as u64,
        limit: window.limit as u32,
    };
    let page = log(repository, &revision, &options).await;
    let page = page.map_err(|error| Refusal::of(&error))?;
    let data: Vec<Value> = page.commits.iter().map(shown).collect();
    Ok(Reply::json(
        200,
        &json!({
            "object": "list",
            "data": data,
            "limit": window.limit,
            "offset": window.offset,
            "total_count": null,
            "has_more": page.more,
        }),
    ))
}

async fn find<S: Store + Clone>(
    repository: &Repository<S>,
    revision: &str,
) -> Result<CommitInfo, Refusal> {
    let options = LogOptions { path: b"", after: None, skip: 0, limit: 1 };
    let page = log(repository, revision, &options).await;
    let page = page.map_err(|error| Refusal::of(&error))?;
    page.commits.into_iter().next().ok_or(Refusal::NotFound)
}

fn request<S: Store + Clone>(call: &Call<'_, S>, new: New) -> Result<CommitRequest, Refusal> {
    let branch = RefName::new(&format!("refs/heads/{}", new.branch));
    let parent: Option<Result<ObjectId, _>> = new.parent.map(|id| id.parse());
    let person = Person {
        name: new.author.name,
        email: new.author.email,
        time_s: call.host.now_s,
        zone_minutes: 0,
    };
    Ok(CommitRequest {
        branch: branch.map_err(|error| Refusal::of(&error))?,
        parent: parent.transpose().map_err(|error| Refusal::of(&error))?,
        changes: new.files.into_iter().map(change).collect::<Result<_, _>>()?,
        author: person.clone(),
        committer: person,
        message: new.message.into_bytes(),
        nonce: call.host.nonce,
    })
}

fn change(file: NewFile) -> Result<Change, Refusal> {
    let malformed = |what: &str| Refusal::Malformed(format!("{:?}: {what}", file.path));
    let mode = if file.executable { Mode::EXECUTABLE } else { Mode::FILE };
    let content = match (&file.text, &file.base64, &file.from, file.delete) {
        (Some(text), None, None, false) => Content::Blob { mode, bytes: text.clone().into_bytes() },
        (None, Some(text), None, false) => {
            let bytes = STANDARD.decode(text).map_err(|_| malformed("this is not base64"))?;
            Content::Blob { mode, bytes }
        }
        (None, None, Some(from), false) => Content::Moved { from: from.clone().into_bytes() },
        (None, None, None, true) => Content::Nothing,
        _ => return Err(malformed("give one of text, base64, from and delete")),
    };
    Ok(Change { path: file.path.into_bytes(), content })
}

fn shown(commit: &CommitInfo) -> Value {
    let person = |person: &Person| {
        json!({
            "name": person.name,
            "email": person.email,
            "time": person.time_s,
            "zone_minutes": person.zone_minutes,
        })
    };
    json!({
        "object": "commit",
        "id": commit.id.to_string(),
        "tree": commit.tree.to_string(),
        "parents": commit.parents.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "author": person(&commit.author),
        "committer": person(&commit.committer),
        "message": commit.message,
    })
}

fn changed(change: &TreeChange) -> Value {
    let text = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
    let side = |side: &Option<(Mode, ObjectId)>| match side {
        Some((mode, id)) => {
            json!({ "type": kind(*mode), "mode": octal(*mode), "id": id.to_string() })
        }
        None => Value::Null,
    };
    json!({
        "object": "change",
        "kind": match change.kind {
            ChangeKind::Added => "added",
            ChangeKind::Removed => "removed",
            ChangeKind::Modified => "modified",
            ChangeKind::TypeChanged => "type-changed",
            ChangeKind::Renamed => "renamed",
        },
        "path": text(&change.path),
        "old_path": change.old_path.as_deref().map(text),
        "old": side(&change.old),
        "new": side(&change.new),
    })
}
