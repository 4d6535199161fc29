//! Branches and tags.

use super::{
    Reply,
    call::{Call, RefKind},
};
use crate::{
    history::{create_branch, create_tag, delete_branch, delete_tag},
    http::error::Refusal,
    json::{Members, Value, object},
    refs::{Head, Peeled, Ref, RefName},
    repository::{Peel, RepoName, Repository},
    store::Store,
};
use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

struct New {
    name: String,
    /// A revision.
    from: String,
}

impl New {
    fn read(sent: &mut Members<'_>) -> Result<Self, String> {
        Ok(Self {
            name: sent.needed("name")?,
            from: sent.text("from")?.unwrap_or_else(|| "HEAD".to_owned()),
        })
    }
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
            let refs: Vec<String> = refs.into_iter().map(|(_, shown)| shown).collect();
            Ok(Reply::list(&refs, window))
        }
        "POST" => {
            let New { name, from } = call.sent(New::read)?;
            let made = match kind {
                RefKind::Branch => create_branch(&repository, &name, &from).await,
                RefKind::Tag => create_tag(&repository, &name, &from, None).await,
            };
            made.map_err(|error| Refusal::of(&error))?;
            show(&repository, kind, &name).await.map(|value| Reply::json(201, value))
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
        "GET" => show(&repository, kind, short).await.map(|value| Reply::json(200, value)),
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
) -> Result<String, Refusal> {
    let name = full(kind, short)?;
    let refs = list(repository, kind, name.as_str()).await?;
    // Others may begin with the same.
    let one = refs.into_iter().find(|(found, _)| found == short);
    one.map(|(_, shown)| shown).ok_or(Refusal::NotFound)
}

/// Short names, and what is shown of them.
async fn list<S: Store + Clone>(
    repository: &Repository<S>,
    kind: RefKind,
    prefix: &str,
) -> Result<Vec<(String, String)>, Refusal> {
    let depth = if kind == RefKind::Tag { Peel::All } else { Peel::Known };
    let listing = repository.list_refs(&[prefix], depth).await;
    let listing = listing.map_err(|error| Refusal::of(&error))?;
    let shown = |found: &Ref| {
        let short = found.name.as_str().strip_prefix(kind.prefix()).unwrap_or_default();
        (short.to_owned(), shown(kind, short, found, &listing.head))
    };
    Ok(listing.refs.iter().map(shown).collect())
}

fn shown(kind: RefKind, short: &str, found: &Ref, head: &Head) -> String {
    let (object_kind, name) =
        (("object", Value::Text(&kind.object())), ("name", Value::Text(&short)));
    match kind {
        RefKind::Branch => {
            let is_default = matches!(head, Head::Symbolic(head) if *head == found.name);
            let commit = ("commit", Value::Text(&found.id));
            object(&[object_kind, name, commit, ("default", Value::Json(&is_default))])
        }
        RefKind::Tag => {
            let target = match found.peeled {
                Peeled::To(id) => id,
                Peeled::NoTag | Peeled::Unknown => found.id,
            };
            let (id, target) = (("id", Value::Text(&found.id)), ("target", Value::Text(&target)));
            object(&[object_kind, name, id, target])
        }
    }
}
