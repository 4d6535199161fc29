//! `trunks repo …`

use super::{
    CliError, Exit, arguments, block_on,
    output::{Output, Resource},
    place::{Place, guest, store_of},
};
use crate::mirror::map;
use arguments::{Backend, Window};
use serde::Serialize;
use trunks_core::{
    refs::Head,
    repository::{CreateOptions, Layout, Peel, RepoName},
    store::Store,
};

/// A repository in a store.
#[derive(Debug, Serialize)]
struct Repo {
    name: String,
    url: String,
}

impl Resource for Repo {
    const OBJECT: &str = "repo";

    fn line(&self) -> String {
        format!("{}  {}", self.name, self.url)
    }
}

/// A repository in a store, looked into.
#[derive(Debug, Serialize)]
struct RepoDetail {
    name: String,
    url: String,
    /// The branch that `HEAD` follows, or the commit that it names.
    head: String,
    branches: usize,
    tags: usize,
    refs: usize,
    packs: usize,
    /// What the packs take, in bytes.
    size_bytes: u64,
}

impl Resource for RepoDetail {
    const OBJECT: &str = "repo";

    fn line(&self) -> String {
        format!(
            "repo      {}\nurl       {}\nhead      {}\nbranches  {}\ntags      {}\npacks     {}, {} bytes",
            self.name, self.url, self.head, self.branches, self.tags, self.packs, self.size_bytes
        )
    }
}

/// Makes, lists, shows or deletes repositories.
pub fn run(command: arguments::Repo, output: &Output) -> Result<Exit, CliError> {
    match command {
        arguments::Repo::Create { name, backend, default_branch } => {
            create(&name, &backend, default_branch.as_deref(), output)
        }
        arguments::Repo::List { backend, window } => list(&backend, window, output),
        arguments::Repo::Show { name, backend } => {
            let place = match name {
                Some(name) => named(&name, &backend)?,
                None => Place::find(None)?,
            };
            output.object(&block_on(detail(&place))?)?;
            Ok(Exit::Done)
        }
        arguments::Repo::Delete { name, backend, force } => delete(&name, &backend, force, output),
    }
}

fn named(name: &str, backend: &Backend) -> Result<Place, CliError> {
    let name = RepoName::new(name)?;
    Place::open(&store_of(backend)?, name)
}

fn create(
    name: &str,
    backend: &Backend,
    branch: Option<&str>,
    output: &Output,
) -> Result<Exit, CliError> {
    let place = named(name, backend)?;
    block_on(async {
        place.store.make_place().await?;
        create_at(&place, branch.unwrap_or("main")).await?;
        if branch.is_some() {
            map::choose_head(&place.store, place.name()).await?;
        }
        Ok(())
    })?;
    output.object(&Repo { name: name.to_owned(), url: place.remote.to_string() })?;
    Ok(Exit::Done)
}

/// Makes an empty repository whose clones check `branch` out.
pub async fn create_at(place: &Place, branch: &str) -> Result<(), CliError> {
    let options = CreateOptions {
        default_branch: branch.to_owned(),
        is_static: place.remote.store.is_directory(),
        id: uuid::Uuid::new_v4().to_string(),
    };
    Ok(place.core.create(place.name(), &options).await?)
}

fn list(backend: &Backend, window: Window, output: &Output) -> Result<Exit, CliError> {
    const PAGE: u32 = 1000;
    let spec = store_of(backend)?;
    spec.require_directory()?;
    let repos = block_on(async {
        let core = guest(&spec.open()?)?;
        let mut names: Vec<RepoName> = Vec::new();
        loop {
            let page = core.names(names.last().map(RepoName::as_str), PAGE).await?;
            if page.is_empty() {
                return Ok(names);
            }
            names.extend(page);
        }
    })?;
    let repo = |name: &RepoName| {
        let url = spec.url.join(name).to_string();
        Repo { name: name.as_str().to_owned(), url }
    };
    output.list(&repos.iter().map(repo).collect::<Vec<_>>(), window)?;
    Ok(Exit::Done)
}

async fn detail(place: &Place) -> Result<RepoDetail, CliError> {
    let listing = place.core.refs(place.name(), &[], Peel::Known).await;
    let listing = listing.map_err(|error| place.explain(error))?;
    if let Some(broken) = listing.broken.first() {
        return Err(CliError::new(Exit::Corrupt, broken)
            .advise(format!("see all that is wrong with: trunks check {}", place.remote)));
    }
    let packs = place.core.packs(place.name()).await?;
    let count = |prefix| {
        listing.refs.iter().filter(|found| found.name.as_str().starts_with(prefix)).count()
    };
    Ok(RepoDetail {
        name: place.name().as_str().to_owned(),
        url: place.remote.to_string(),
        branches: count("refs/heads/"),
        tags: count("refs/tags/"),
        refs: listing.refs.len(),
        packs: packs.len(),
        size_bytes: packs.iter().map(|pack| pack.pack_bytes + pack.idx_bytes).sum(),
        head: match listing.head {
            Head::Symbolic(name) => name.as_str().to_owned(),
            Head::Detached(id) => id.to_string(),
        },
    })
}

/// Whether a deletion was cut short, which is then brought to its end.
async fn is_half_deleted(place: &Place) -> Result<bool, CliError> {
    let mark = Layout::new(place.name()).deleting();
    Ok(place.store.get(&mark, Some(0..0)).await?.is_some())
}

/// Demands that there is a repository without refs. Where its `HEAD` was lost, that cannot be told.
async fn demand_empty(place: &Place) -> Result<(), CliError> {
    let detail = detail(place).await.map_err(|error| match error.exit {
        Exit::NotFound => error.advise("if a deletion was cut short, finish it with: --force"),
        _ => error,
    })?;
    if detail.refs > 0 {
        let refs = if detail.refs == 1 { "1 ref" } else { &format!("{} refs", detail.refs) };
        let message = format!("{} is not empty: it has {refs}", place.remote);
        return Err(
            CliError::new(Exit::Conflict, message).advise("delete it all the same with: --force")
        );
    }
    Ok(())
}

fn delete(name: &str, backend: &Backend, force: bool, output: &Output) -> Result<Exit, CliError> {
    let place = named(name, backend)?;
    block_on(async {
        if !force && !is_half_deleted(&place).await? {
            demand_empty(&place).await?;
        }
        place.core.remove(place.name()).await.map_err(|error| place.explain(error))
    })?;
    if output.is_json() {
        output.object(&Repo { name: name.to_owned(), url: place.remote.to_string() })?;
    } else {
        output.say(&format!("deleted {}", place.remote));
    }
    Ok(Exit::Done)
}
