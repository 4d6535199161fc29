//! `trunks storage …`

mod probe;
mod remote;

pub use remote::{REMOTE, configure_git};

use super::{
    CliError, Exit, arguments, block_on,
    output::{Output, Resource},
    place::{Place, spec_at, store_named},
    repo,
    workspace::Workspace,
};
use crate::{
    settings::{Settings, Storage},
    store::{StoreOptions, StoreUrl},
};
use serde::Serialize;
use trunks_core::repository::RepoName;

/// A storage, for printing. There is no secret in a local one; others will mask theirs here.
#[derive(Debug, Serialize)]
struct Shown {
    name: String,
    role: &'static str,
    backend: &'static str,
    url: String,
    /// Where the repository is in it.
    repository: String,
}

impl Resource for Shown {
    const OBJECT: &str = "storage";

    fn line(&self) -> String {
        format!("{}  {}  {}", self.name, self.role, self.repository)
    }
}

/// A storage that was tested.
#[derive(Debug, Serialize)]
struct Pinged {
    name: Option<String>,
    url: String,
    ok: bool,
    /// How long the test took, in milliseconds.
    time_ms: u128,
}

impl Resource for Pinged {
    const OBJECT: &str = "ping";

    fn line(&self) -> String {
        let name = self.name.as_deref().unwrap_or("storage");
        format!("{name} ({}): reads, writes, lists and compares, {} ms", self.url, self.time_ms)
    }
}

/// Adds, lists, shows, tests or removes storage.
pub fn run(command: arguments::Storage, output: &Output) -> Result<Exit, CliError> {
    match command {
        arguments::Storage::Add(arguments) => add(&arguments, output)?,
        arguments::Storage::List(window) => {
            let settings = Workspace::find()?.settings()?;
            let shown: Result<Vec<Shown>, CliError> =
                settings.storages.iter().map(|storage| shown(storage, &settings)).collect();
            output.list(&shown?, window)?;
        }
        arguments::Storage::Show { name } => {
            let settings = Workspace::find()?.settings()?;
            output.object(&shown(settings.storage(&name)?, &settings)?)?;
        }
        arguments::Storage::Ping { target } => ping(target.as_deref(), output)?,
        arguments::Storage::Remove { name } => remove(&name, output)?,
    }
    Ok(Exit::Done)
}

fn shown(storage: &Storage, settings: &Settings) -> Result<Shown, CliError> {
    Ok(Shown {
        name: storage.name.clone(),
        role: "primary",
        backend: storage.store()?.scheme(),
        url: storage.url.clone(),
        repository: storage.remote(&settings.name()?)?.to_string(),
    })
}

fn add(arguments: &arguments::StorageAdd, output: &Output) -> Result<(), CliError> {
    let workspace = Workspace::find()?;
    let mut settings = workspace.settings()?;
    let name = settings.name()?;
    check_addition(arguments, &settings)?;
    let url = store_named(&arguments.backend, arguments.path.as_deref())?;
    if matches!(url, StoreUrl::Memory { .. }) {
        let message = format!("{url} is gone when this command ends");
        return Err(CliError::new(Exit::Usage, message).advise("use it in tests only"));
    }
    remote::check_free(&workspace)?;
    let storage = Storage {
        name: arguments.name.clone(),
        url: url.to_string(),
        options: StoreOptions::new(),
    };
    let place = Place::open(&storage.spec()?, name)?;
    place.store.make_place()?;
    block_on(probe::probe(&place.store))?;
    block_on(make_repository(&place, &workspace))?;
    settings.storages.push(storage);
    remote::configure_git(&workspace, &mut settings, &place.remote)?;
    settings.write(&workspace.root)?;
    output.object(&shown(settings.storage(&arguments.name)?, &settings)?)?;
    if !on_path() {
        output.say("git finds git-remote-trunks inside `trunks`; outside of it, put it on PATH");
    }
    Ok(())
}

fn check_addition(arguments: &arguments::StorageAdd, settings: &Settings) -> Result<(), CliError> {
    if arguments.mirror {
        return Err(CliError::failed("mirrors are not built in yet")
            .advise("add this storage as the primary, without --mirror"));
    }
    // A storage's name is used in options and in the names of environment variables.
    RepoName::new(&arguments.name).ok().filter(|name| !name.as_str().contains('/')).ok_or_else(
        || {
            let message = format!("{:?} is not a name for a storage", arguments.name);
            CliError::new(Exit::Usage, message).advise("use letters, digits and dashes")
        },
    )?;
    match settings.storages.first() {
        Some(storage) if storage.name == arguments.name => {
            let message = format!("there is a storage called {} already", storage.name);
            Err(CliError::new(Exit::Conflict, message)
                .advise(format!("remove it first with: trunks storage remove {}", storage.name)))
        }
        Some(storage) => {
            let message = format!("{} is the primary storage already", storage.name);
            Err(CliError::new(Exit::Conflict, message)
                .advise(format!("remove it first with: trunks storage remove {}", storage.name)))
        }
        None => Ok(()),
    }
}

/// Makes the repository, so that a fetch before the first push finds an empty one.
async fn make_repository(place: &Place, workspace: &Workspace) -> Result<(), CliError> {
    let branch = workspace.branch()?.unwrap_or_else(|| "main".to_owned());
    match repo::create_at(place, &branch).await {
        Err(error) if error.exit == Exit::Conflict => Ok(()),
        outcome => outcome,
    }
}

fn ping(target: Option<&str>, output: &Output) -> Result<(), CliError> {
    let targets = match target {
        Some(url) if url.contains("://") => {
            vec![(None, spec_at(StoreUrl::parse(url)?, StoreOptions::new())?)]
        }
        Some(name) => {
            let settings = Workspace::find()?.settings()?;
            vec![(Some(name.to_owned()), settings.storage(name)?.spec()?)]
        }
        None => {
            let settings = Workspace::find()?.settings()?;
            settings.primary()?;
            let named = |storage: &Storage| Ok((Some(storage.name.clone()), storage.spec()?));
            settings.storages.iter().map(named).collect::<Result<_, CliError>>()?
        }
    };
    for (name, spec) in targets {
        let started = std::time::Instant::now();
        let store = spec.open()?;
        block_on(probe::probe(&store))?;
        let time_ms = started.elapsed().as_millis();
        output.object(&Pinged { name, url: spec.url.to_string(), ok: true, time_ms })?;
    }
    Ok(())
}

fn remove(name: &str, output: &Output) -> Result<(), CliError> {
    let workspace = Workspace::find()?;
    let mut settings = workspace.settings()?;
    let removed = shown(settings.storage(name)?, &settings)?;
    settings.storages.retain(|storage| storage.name != name);
    if settings.storages.is_empty() {
        remote::unconfigure_git(&workspace, &mut settings)?;
    }
    settings.write(&workspace.root)?;
    if output.is_json() {
        output.object(&removed)?;
    } else {
        output.say(&format!("forgot {name}; what is stored in {} stays", removed.url));
    }
    Ok(())
}

/// Whether git would find the helper without our doing.
fn on_path() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join("git-remote-trunks").is_file())
}
