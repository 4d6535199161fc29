//! Repositories.

use super::{Reply, call::Call};
use crate::{
    http::{
        access::{Token, identify},
        error::Refusal,
    },
    refs::Head,
    repository::{CreateOptions, Peel, RepoName, Repository},
    store::Store,
};
use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
    vec::Vec,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// More repositories than this are not counted.
const MOST: u32 = 100_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    #[serde(default = "main")]
    default_branch: String,
    #[serde(default)]
    public: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    public: bool,
}

fn main() -> String {
    "main".to_owned()
}

/// `repos`
pub(super) async fn all<S: Store + Clone>(call: &Call<'_, S>) -> Result<Reply, Refusal> {
    match call.request.method.as_str() {
        "GET" => {
            let token = identify(call.request, call.host)?;
            let token = token.ok_or(Refusal::Unauthorized("a token is needed"))?;
            list(call, &token).await
        }
        "POST" => create(call).await,
        _ => Err(Refusal::Method("GET, POST")),
    }
}

/// `repos/{repo}`
pub(super) async fn one<S: Store + Clone>(
    call: &Call<'_, S>,
    name: &RepoName,
) -> Result<Reply, Refusal> {
    match call.request.method.as_str() {
        "GET" => Ok(Reply::json(200, &shown(&call.open(name).await?).await?)),
        "PATCH" => {
            let repository = call.open(name).await?;
            let Change { public } = call.sent()?;
            let changed = repository.set_public(public).await;
            changed.map_err(|error| Refusal::of(&error))?;
            Ok(Reply::json(200, &shown(&repository).await?))
        }
        "DELETE" => {
            call.open(name).await?;
            let deleted = Repository::delete(call.store.clone(), name).await;
            deleted.map_err(|error| Refusal::of(&error))?;
            Ok(Reply::deleted("repo", name.as_str()))
        }
        _ => Err(Refusal::Method("GET, PATCH, DELETE")),
    }
}

/// Those that the token is for.
async fn list<S: Store + Clone>(call: &Call<'_, S>, token: &Token) -> Result<Reply, Refusal> {
    let window = call.window()?;
    let names = Repository::list(call.store.clone(), None, MOST).await;
    let names = names.map_err(|error| Refusal::of(&error))?;
    let covered = names.iter().filter(|name| token.scope.covers(name));
    let repos: Vec<Value> =
        covered.map(|name| json!({ "object": "repo", "name": name.as_str() })).collect();
    Ok(Reply::list(&repos, window))
}

async fn create<S: Store + Clone>(call: &Call<'_, S>) -> Result<Reply, Refusal> {
    // Who is nobody is not told what is wrong with the body.
    if identify(call.request, call.host)?.is_none() {
        return Err(Refusal::Unauthorized("a token is needed"));
    }
    let New { name, default_branch, public } = call.sent()?;
    let name = RepoName::new(&name).map_err(|error| Refusal::of(&error))?;
    let repository = call.open(&name).await?;
    let options = CreateOptions { default_branch, is_static: false, id: call.uuid() };
    let created = Repository::create(call.store.clone(), &name, &options).await;
    created.map_err(|error| Refusal::of(&error))?;
    if public {
        repository.set_public(true).await.map_err(|error| Refusal::of(&error))?;
    }
    Ok(Reply::json(201, &shown(&repository).await?))
}

/// A repository as a resource.
async fn shown<S: Store + Clone>(repository: &Repository<S>) -> Result<Value, Refusal> {
    let listing = repository.list_refs(&[], Peel::Known).await;
    let listing = listing.map_err(|error| Refusal::of(&error))?;
    let is_public = repository.is_public().await.map_err(|error| Refusal::of(&error))?;
    let count = |prefix: &str| {
        listing.refs.iter().filter(|found| found.name.as_str().starts_with(prefix)).count()
    };
    let head = match &listing.head {
        Head::Symbolic(name) => name.as_str().to_owned(),
        Head::Detached(id) => id.to_string(),
    };
    Ok(json!({
        "object": "repo",
        "name": repository.name().as_str(),
        "head": head,
        "public": is_public,
        "branches": count("refs/heads/"),
        "tags": count("refs/tags/"),
        "refs": listing.refs.len(),
    }))
}
