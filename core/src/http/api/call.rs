//! One call of the API: where it goes, and what comes with it.

use crate::{
    http::{
        access::{Access, admit},
        error::Refusal,
        head::RequestHead,
        serve::Host,
    },
    json::Members,
    repository::{RepoName, Repository},
    store::Store,
};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use percent_encoding::percent_decode_str;

/// Where a call goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `openapi.json`
    Description,
    /// `repos`
    Repos,
    /// `repos/{repo}`
    Repo(RepoName),
    /// `repos/{repo}/branches`, `repos/{repo}/tags`
    Refs(RepoName, RefKind),
    /// `repos/{repo}/branches/{branch}`, `repos/{repo}/tags/{tag}`
    Ref(RepoName, RefKind, String),
    /// `repos/{repo}/commits`
    Commits(RepoName),
    /// `repos/{repo}/commits/{commit}`
    Commit(RepoName, String),
    /// `repos/{repo}/files`
    Files(RepoName),
    /// `repos/{repo}/files/{path}`
    File(RepoName, String),
}

/// Branches or tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefKind {
    Branch,
    Tag,
}

/// A call and what it needs.
pub(super) struct Call<'c, S> {
    pub store: S,
    pub request: &'c RequestHead,
    pub host: &'c Host,
    /// What was sent, of the methods that send something.
    pub body: Vec<u8>,
}

/// The part of a list that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub limit: usize,
    pub offset: usize,
}

/// Reads a path behind the prefix, still percent-encoded. Slashes in the name of a repository, a branch or
/// a tag are encoded; those in the path of a file may be.
pub(super) fn place(path: &str) -> Result<Place, Refusal> {
    let mut parts = path.splitn(4, '/').map(decoded);
    let parts = [parts.next(), parts.next(), parts.next(), parts.next()];
    let parts = parts.map(|part| part.transpose());
    let [Ok(first), Ok(name), Ok(kind), Ok(rest)] = parts else { return Err(Refusal::NotFound) };
    let name = match name.as_deref() {
        None if first.as_deref() == Some("openapi.json") => return Ok(Place::Description),
        None | Some("") if first.as_deref() == Some("repos") => return Ok(Place::Repos),
        Some(name) if first.as_deref() == Some("repos") => RepoName::new(name).ok(),
        _ => None,
    };
    let name = name.ok_or(Refusal::NotFound)?;
    let rest = rest.filter(|rest| !rest.is_empty());
    Ok(match (kind.as_deref(), rest) {
        (None | Some(""), None) => Place::Repo(name),
        (Some("branches"), None) => Place::Refs(name, RefKind::Branch),
        (Some("branches"), Some(short)) => Place::Ref(name, RefKind::Branch, short),
        (Some("tags"), None) => Place::Refs(name, RefKind::Tag),
        (Some("tags"), Some(short)) => Place::Ref(name, RefKind::Tag, short),
        (Some("commits"), None) => Place::Commits(name),
        (Some("commits"), Some(revision)) => Place::Commit(name, revision),
        (Some("files"), None) => Place::Files(name),
        (Some("files"), Some(path)) => Place::File(name, path),
        _ => return Err(Refusal::NotFound),
    })
}

fn parsed<T>(
    body: &[u8],
    read: impl FnOnce(&mut Members<'_>) -> Result<T, String>,
) -> Result<T, String> {
    let text = str::from_utf8(body).map_err(|error| error.to_string())?;
    let mut members = Members::of(text)?;
    let value = read(&mut members)?;
    members.end().map(|()| value)
}

fn decoded(part: &str) -> Result<String, Refusal> {
    let decoded = percent_decode_str(part).decode_utf8().map_err(|_| Refusal::NotFound)?;
    Ok(decoded.into_owned())
}

impl RefKind {
    /// What the full names begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Branch => "refs/heads/",
            Self::Tag => "refs/tags/",
        }
    }

    /// The kind of the resource.
    pub fn object(self) -> &'static str {
        match self {
            Self::Branch => "branch",
            Self::Tag => "tag",
        }
    }
}

impl<'c, S: Store + Clone> Call<'c, S> {
    pub fn new(store: S, request: &'c RequestHead, host: &'c Host) -> Self {
        Self { store, request, host, body: Vec::new() }
    }

    /// The repository, for someone who may read it or write it, as the method does. It need not exist.
    pub async fn open(&self, name: &RepoName) -> Result<Repository<S>, Refusal> {
        let wanted = if self.request.method == "GET" { Access::Read } else { Access::Write };
        admit(&self.store, self.request, name, wanted, self.host).await?;
        Ok(Repository::open(self.store.clone(), name, self.host.limits.clone()))
    }

    /// What `read` makes of what was sent, a JSON object.
    pub fn sent<T>(
        &self,
        read: impl FnOnce(&mut Members<'_>) -> Result<T, String>,
    ) -> Result<T, Refusal> {
        parsed(&self.body, read)
            .map_err(|error| Refusal::Malformed(format!("the body is not what is wanted: {error}")))
    }

    /// A parameter of the query, decoded.
    pub fn parameter(&self, name: &str) -> Result<Option<String>, Refusal> {
        let Some(value) = self.request.parameter(name) else { return Ok(None) };
        // In a query, a plus is a space.
        let value = value.replace('+', " ");
        let decoded = percent_decode_str(&value).decode_utf8().map(|value| value.into_owned());
        decoded.map(Some).map_err(|_| Refusal::Malformed(format!("{name} is not text")))
    }

    /// The part of a list that is asked for.
    pub fn window(&self) -> Result<Window, Refusal> {
        let number = |name: &str, default: usize| match self.request.parameter(name) {
            None => Ok(default),
            Some(text) => {
                text.parse().map_err(|_| Refusal::Malformed(format!("{name} must be a number")))
            }
        };
        let (limit, offset) = (number("limit", 20)?, number("offset", 0)?);
        if !(1..=1000).contains(&limit) {
            return Err(Refusal::Malformed("limit must be 1 to 1000".to_owned()));
        }
        Ok(Window { limit, offset })
    }

    /// A random UUID of version 4.
    pub fn uuid(&self) -> String {
        let mut hex = String::new();
        for (number, byte) in self.host.nonce.iter().take(16).enumerate() {
            let byte = match number {
                6 => byte & 0x0f | 0x40,
                8 => byte & 0x3f | 0x80,
                _ => *byte,
            };
            let dash = if matches!(number, 4 | 6 | 8 | 10) { "-" } else { "" };
            hex += &format!("{dash}{byte:02x}");
        }
        hex.to_string()
    }
}
