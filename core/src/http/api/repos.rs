//! Repositories.

use super::{Reply, call::Call};
use crate::{
    http::{
        access::{Token, identify},
        error::Refusal,
    },
    json::{Members, Value, object},
    refs::Head,
    repository::{CreateOptions, Peel, RepoName, Repository},
    store::Store,
};
use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
    vec::Vec,
};

/// More repositories than this are not counted.
const MOST: u32 = 100_000;

struct New {
    name: String,
    default_branch: String,
    public: bool,
}

impl New {
    fn read(sent: &mut Members<'_>) -> Result<Self, String> {
        Ok(Self {
            name: sent.needed("name")?,
            default_branch: sent.text("default_branch")?.unwrap_or_else(|| "main".to_owned()),
            public: sent.flag("public")?.unwrap_or_default(),
        })
    }
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
        "GET" => Ok(Reply::json(200, shown(&call.open(name).await?).await?)),
        "PATCH" => {
            let repository = call.open(name).await?;
            let public =
                call.sent(|sent| sent.flag("public")?.ok_or("public is missing".to_owned()))?;
            let changed = repository.set_public(public).await;
            changed.map_err(|error| Refusal::of(&error))?;
            Ok(Reply::json(200, shown(&repository).await?))
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
    let kind = Value::Text(&"repo");
    let shown =
        |name: &RepoName| object(&[("object", kind), ("name", Value::Text(&name.as_str()))]);
    let repos: Vec<String> = covered.map(shown).collect();
    Ok(Reply::list(&repos, window))
}

async fn create<S: Store + Clone>(call: &Call<'_, S>) -> Result<Reply, Refusal> {
    // Who is nobody is not told what is wrong with the body.
    if identify(call.request, call.host)?.is_none() {
        return Err(Refusal::Unauthorized("a token is needed"));
    }
    let New { name, default_branch, public } = call.sent(New::read)?;
    let name = RepoName::new(&name).map_err(|error| Refusal::of(&error))?;
    let repository = call.open(&name).await?;
    let options = CreateOptions { default_branch, is_static: false, id: call.uuid() };
    let created = Repository::create(call.store.clone(), &name, &options).await;
    created.map_err(|error| Refusal::of(&error))?;
    if public {
        repository.set_public(true).await.map_err(|error| Refusal::of(&error))?;
    }
    Ok(Reply::json(201, shown(&repository).await?))
}

/// A repository as a resource.
async fn shown<S: Store + Clone>(repository: &Repository<S>) -> Result<String, Refusal> {
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
    Ok(object(&[
        ("object", Value::Text(&"repo")),
        ("name", Value::Text(&repository.name().as_str())),
        ("head", Value::Text(&head)),
        ("public", Value::Json(&is_public)),
        ("branches", Value::Json(&count("refs/heads/"))),
        ("tags", Value::Json(&count("refs/tags/"))),
        ("refs", Value::Json(&listing.refs.len())),
    ]))
}
