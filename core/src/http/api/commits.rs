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
    json::{self, Members, Value, array, object},
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

struct New {
    branch: String,
    message: String,
    author: Author,
    /// What the changes were made against; left out: whatever the branch is at.
    parent: Option<String>,
    files: Vec<NewFile>,
}

struct Author {
    name: String,
    email: String,
}

/// One of `text`, `base64`, `from` and `delete`.
struct NewFile {
    path: String,
    text: Option<String>,
    base64: Option<String>,
    /// Where it lay before.
    from: Option<String>,
    delete: bool,
    executable: bool,
}

impl New {
    fn read(sent: &mut Members<'_>) -> Result<Self, String> {
        let files = sent.take("files").and_then(json::list).ok_or("files must be an array")?;
        Ok(Self {
            branch: sent.needed("branch")?,
            message: sent.needed("message")?,
            author: Author::read(sent.take("author").ok_or("author is missing")?)?,
            parent: sent.text("parent")?,
            files: files.into_iter().map(NewFile::read).collect::<Result<_, _>>()?,
        })
    }
}

impl Author {
    fn read(text: &str) -> Result<Self, String> {
        let mut sent = Members::of(text)?;
        let name = sent.needed("name")?;
        let email = sent.text("email")?.unwrap_or_default();
        sent.end().map(|()| Self { name, email })
    }
}

impl NewFile {
    fn read(text: &str) -> Result<Self, String> {
        let mut sent = Members::of(text)?;
        let file = Self {
            path: sent.needed("path")?,
            text: sent.text("text")?,
            base64: sent.text("base64")?,
            from: sent.text("from")?,
            delete: sent.flag("delete")?.unwrap_or_default(),
            executable: sent.flag("executable")?.unwrap_or_default(),
        };
        sent.end().map(|()| file)
    }
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
            let request = request(call, call.sent(New::read)?)?;
            let made = apply(&repository, &request).await;
            let id = made.map_err(|error| Refusal::of(&error))?.id.to_string();
            Ok(Reply::json(201, shown(&find(&repository, &id).await?, &[])))
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
    let changes: Vec<String> = page.changes.iter().map(changed).collect();
    let changes = array(&changes);
    let rest = [("changes", Value::Json(&changes)), ("has_more_changes", Value::Json(&page.more))];
    Ok(Reply::json(200, shown(&commit, &rest)))
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
    let data: Vec<String> = page.commits.iter().map(|commit| shown(commit, &[])).collect();
    Ok(Reply::page(&data, window, Value::NULL, page.more))
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

/// A commit and `rest` as a resource.
fn shown(commit: &CommitInfo, rest: &[(&str, Value<'_>)]) -> String {
    let parents: Vec<String> =
        commit.parents.iter().map(|id| json::quoted(&id.to_string())).collect();
    let (parents, author, committer) =
        (array(&parents), person(&commit.author), person(&commit.committer));
    let mut members = [
        ("object", Value::Text(&"commit")),
        ("id", Value::Text(&commit.id)),
        ("tree", Value::Text(&commit.tree)),
        ("parents", Value::Json(&parents)),
        ("author", Value::Json(&author)),
        ("committer", Value::Json(&committer)),
        ("message", Value::Text(&commit.message)),
    ]
    .to_vec();
    members.extend_from_slice(rest);
    object(&members)
}

fn person(person: &Person) -> String {
    object(&[
        ("name", Value::Text(&person.name)),
        ("email", Value::Text(&person.email)),
        ("time", Value::Json(&person.time_s)),
        ("zone_minutes", Value::Json(&person.zone_minutes)),
    ])
}

fn changed(change: &TreeChange) -> String {
    let old_path = change.old_path.as_deref().map(String::from_utf8_lossy);
    let [old, new] =
        [change.old, change.new].map(|known| known.map_or_else(|| "null".to_owned(), side));
    object(&[
        ("object", Value::Text(&"change")),
        ("kind", Value::Text(&kind_of(change.kind))),
        ("path", Value::Text(&String::from_utf8_lossy(&change.path))),
        ("old_path", old_path.as_ref().map_or(Value::NULL, |path| Value::Text(path))),
        ("old", Value::Json(&old)),
        ("new", Value::Json(&new)),
    ])
}

fn kind_of(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "added",
        ChangeKind::Removed => "removed",
        ChangeKind::Modified => "modified",
        ChangeKind::TypeChanged => "type-changed",
        ChangeKind::Renamed => "renamed",
    }
}

fn side((mode, id): (Mode, ObjectId)) -> String {
    object(&[
        ("type", Value::Text(&kind(mode))),
        ("mode", Value::Text(&octal(mode))),
        ("id", Value::Text(&id)),
    ])
}
