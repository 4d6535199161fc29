//! Branches and tags.

use super::{
    Reply,
    call::{Call, RefKind},
};
use crate::{
    history::{create_branch, create_tag, delete_branch, delete_tag},
    http::error::Refusal,
    refs::{Head, Peeled, Ref, RefName},
    repository::{Peel, RepoName, Repository},
    store::Store,
};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    /// A revision.
    #[serde(default = "head")]
    from: String,
}

fn head() -> String {
    "HEAD".to_owned()
}

/// `branches` or `tags`
pub(super) async fn all<S: Store + Clone>(
    call: &Call<'_, S>,
    name: &RepoName,
    kind: RefKind,
) -> Result<Reply, Refusal> {
    let repository = call.open(name).await?;
    match call.request.method.as_str() {
        "GET" => {
            let window = call.window()?;
            let refs = list(&repository, kind, kind.prefix()).await?;
            Ok(Reply::list(&refs, window))
        }
        "POST" => {
            let New { name, from } = call.sent()?;
            let made = match kind {
                RefKind::Branch => create_branch(&repository, &name, &from).await,
                RefKind::Tag => create_tag(&repository, &name, &from, None).await,
            };
            made.map_err(|error| Refusal::of(&error))?;
            show(&repository, kind, &name).await.map(|value| Reply::json(201, &value))
        }
        _ => Err(Refusal::Method("GET, POST")),
    }
}

/// One branch or tag.
pub(super) async fn one<S: Store + Clone>(
    call: &Call<'_, S>,
    name: &RepoName,
    kind: RefKind,
    short: &str,
) -> Result<Reply, Refusal> {
    let repository = call.open(name).await?;
    match call.request.method.as_str() {
        "GET" => show(&repository, kind, short).await.map(|value| Reply::json(200, &value)),
        "DELETE" => {
            let deleted = match kind {
                RefKind::Branch => delete_branch(&repository, short, None).await,
                RefKind::Tag => delete_tag(&repository, short, None).await,
            };
            deleted.map_err(|error| Refusal::of(&error))?;
            Ok(Reply::deleted(kind.object(), short))
        }
        _ => Err(Refusal::Method("GET, DELETE")),
    }
}

fn full(kind: RefKind, short: &str) -> Result<RefName, Refusal> {
    RefName::new(&format!("{}{short}", kind.prefix())).map_err(|error| Refusal::of(&error))
}

async fn show<S: Store + Clone>(
    repository: &Repository<S>,
    kind: RefKind,
    short: &str,
) -> Result<Value, Refusal> {
    let name = full(kind, short)?;
    let refs = list(repository, kind, name.as_str()).await?;
    // Others may begin with the same.
    refs.into_iter().find(|found| found["name"] == short).ok_or(Refusal::NotFound)
}

async fn list<S: Store + Clone>(
    repository: &Repository<S>,
    kind: RefKind,
    prefix: &str,
) -> Result<Vec<Value>, Refusal> {
    let depth = if kind == RefKind::Tag { Peel::All } else { Peel::Known };
    let listing = repository.list_refs(&[prefix], depth).await;
    let listing = listing.map_err(|error| Refusal::of(&error))?;
    let shown = |found: &Ref| {
        let short = found.name.as_str().strip_prefix(kind.prefix()).unwrap_or_default();
        match kind {
            RefKind::Branch => json!({
                "object": "branch",
                "name": short,
                "commit": found.id.to_string(),
                "default": matches!(&listing.head, Head::Symbolic(head) if *head == found.name),
            }),
            RefKind::Tag => {
                let target = match found.peeled {
                    Peeled::To(id) => id,
                    Peeled::NoTag | Peeled::Unknown => found.id,
                };
                json!({
                    "object": "tag",
                    "name": short,
                    "id": found.id.to_string(),
                    "target": target.to_string(),
                })
            }
        }
    };
    Ok(listing.refs.iter().map(shown).collect())
}
