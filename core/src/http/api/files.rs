//! Directories and files of a revision.

use super::{
    Reply,
    call::Call,
    range::{Part, part},
};
use crate::{
    files::{self, Entry, FileReader},
    http::{
        body::Unanswered,
        error::Refusal,
        head::{Connection, ResponseHead},
    },
    json::{Value, object},
    object::{Kind, Mode},
    repository::RepoName,
    store::Store,
};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};

/// `files`: what a directory holds.
pub(super) async fn list<S: Store + Clone>(
    call: &Call<'_, S>,
    name: &RepoName,
) -> Result<Reply, Refusal> {
    if call.request.method != "GET" {
        return Err(Refusal::Method("GET"));
    }
    let repository = call.open(name).await?;
    let window = call.window()?;
    let path = call.parameter("path")?.unwrap_or_default();
    let entries = files::list(&repository, &revision(call)?, path.as_bytes()).await;
    let entries = entries.map_err(|error| Refusal::of(&error))?;
    let shown: Vec<String> = entries.iter().map(|entry| shown(&path, entry)).collect();
    Ok(Reply::list(&shown, window))
}

/// Sends a file, or a part of it, as it is; a reply where there is nothing to send.
pub(super) async fn send<S: Store + Clone, C: Connection>(
    call: &Call<'_, S>,
    name: &RepoName,
    path: &str,
    connection: &mut C,
) -> Result<Option<Reply>, Unanswered> {
    let failed = |error| Unanswered::Refused(Refusal::of(&error));
    let repository = call.open(name).await.map_err(Unanswered::Refused)?;
    let revision = revision(call).map_err(Unanswered::Refused)?;
    // The branch may move between the two looks at it: the commit does not.
    let id = files::resolve(&repository, &revision).await.map_err(failed)?.to_string();
    let stat = files::stat(&repository, &id, path.as_bytes()).await.map_err(failed)?;
    let tag = format!("\"{}\"", stat.id);
    let range = match part(call.request, &tag, stat.size_bytes) {
        Part::Whole => None,
        Part::Bytes(range) => Some(range),
        Part::Nothing => return Ok(Some(Reply { head: head(304, &tag), body: Vec::new() })),
        Part::Unsatisfiable => {
            let head =
                head(416, &tag).with("content-range", format!("bytes */{}", stat.size_bytes));
            return Ok(Some(Reply { head, body: Vec::new() }));
        }
    };
    let reader = files::open(&repository, &id, path.as_bytes(), range.clone()).await;
    let mut reader = reader.map_err(failed)?;
    let head = match range {
        None => head(200, &tag).with("content-length", stat.size_bytes.to_string()),
        Some(range) => {
            let content = format!("bytes {}-{}/{}", range.start, range.end - 1, stat.size_bytes);
            let length = (range.end - range.start).to_string();
            head(206, &tag).with("content-range", content).with("content-length", length)
        }
    };
    let head = head.with("x-git-mode", octal(stat.mode)).with("x-git-commit", id.clone());
    copy(&mut reader, head, connection).await.map(|()| None)
}

/// Begins the response once the first bytes are there, so that a file that is missing is told as an error.
async fn copy<S: Store, C: Connection>(
    reader: &mut FileReader<'_, S>,
    head: ResponseHead,
    connection: &mut C,
) -> Result<(), Unanswered> {
    let first = reader.next().await;
    let mut piece = first.map_err(|error| Unanswered::Refused(Refusal::of(&error)))?;
    connection.begin(head).await.map_err(Unanswered::Lost)?;
    while let Some(bytes) = piece {
        connection.write(bytes).await.map_err(Unanswered::Lost)?;
        piece = match reader.next().await {
            Ok(piece) => piece,
            Err(error) => {
                connection.fail(&error.to_string());
                let reason = error.to_string();
                return Err(Unanswered::Lost(crate::exchange::ExchangeError { reason }));
            }
        };
    }
    Ok(())
}

/// A file's head: what a browser is to make of it, it is not to guess.
fn head(status: u16, tag: &str) -> ResponseHead {
    ResponseHead::new(status, "application/octet-stream")
        .with("etag", tag)
        .with("accept-ranges", "bytes")
        .with("x-content-type-options", "nosniff")
        .with("content-security-policy", "sandbox; default-src 'none'")
}

fn revision<S: Store + Clone>(call: &Call<'_, S>) -> Result<String, Refusal> {
    Ok(call.parameter("ref")?.unwrap_or_else(|| "HEAD".to_owned()))
}

fn shown(directory: &str, entry: &Entry) -> String {
    let name = String::from_utf8_lossy(&entry.name);
    let directory = directory.trim_matches('/');
    let path = if directory.is_empty() { name.into_owned() } else { format!("{directory}/{name}") };
    object(&[
        ("object", Value::Text(&"file")),
        ("path", Value::Text(&path)),
        ("type", Value::Text(&kind(entry.mode))),
        ("mode", Value::Text(&octal(entry.mode))),
        ("id", Value::Text(&entry.id)),
    ])
}

pub(super) fn kind(mode: Mode) -> &'static str {
    match (mode.kind(), mode.0) {
        (Some(Kind::Tree), _) => "directory",
        (None, _) => "submodule",
        (Some(_), 0o120000) => "symlink",
        (Some(_), _) => "file",
    }
}

pub(super) fn octal(mode: Mode) -> String {
    format!("{:06o}", mode.0)
}
