//! `trunks storage add`

use super::{probe, remote, show::Shown};
use crate::{
    cli::{
        CliError, Exit, arguments::StorageAdd, backend, block_on, output::Output, place::Place,
        repo, workspace::Workspace,
    },
    settings::{Settings, Storage},
    store::StoreUrl,
};

/// Tests a storage, makes the repository in it, saves it and lets git push to it.
pub fn run(arguments: &StorageAdd, output: &Output) -> Result<(), CliError> {
    let workspace = Workspace::find()?;
    let mut settings = workspace.settings()?;
    let name = settings.name()?;
    check_addition(arguments, &settings)?;
    let spec = backend::named(&arguments.backend)?.ok_or_else(|| {
        CliError::new(Exit::Usage, "there is nothing to add")
            .advise("say --backend KIND or --url URL")
    })?;
    if matches!(spec.url, StoreUrl::Memory { .. }) {
        let message = format!("{} is gone when this command ends", spec.url);
        return Err(CliError::new(Exit::Usage, message).advise("use it in tests only"));
    }
    remote::check_free(&workspace)?;
    let storage =
        Storage { name: arguments.name.clone(), url: spec.url.to_string(), options: spec.options };
    let place = Place::open(&storage.spec()?, name)?;
    place.store.make_place()?;
    block_on(probe::probe(&place.store))?;
    block_on(make_repository(&place, &workspace))?;
    settings.storages.push(storage);
    remote::configure_git(&workspace, &mut settings, &place.remote)?;
    settings.write(&workspace.root)?;
    output.object(&Shown::new(settings.storage(&arguments.name)?, &settings)?)?;
    if !on_path() {
        output.say("git finds git-remote-trunks inside `trunks`; outside of it, put it on PATH");
    }
    Ok(())
}

fn check_addition(arguments: &StorageAdd, settings: &Settings) -> Result<(), CliError> {
    if arguments.mirror {
        return Err(CliError::failed("mirrors are not built in yet")
            .advise("add this storage as the primary, without --mirror"));
    }
    // A storage's name is used in the names of environment variables.
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name = arguments.name.as_str();
    if name.is_empty() || !name.chars().all(is_name) || name.starts_with(['-', '.']) {
        let message = format!("{name:?} is not a name for a storage");
        return Err(CliError::new(Exit::Usage, message).advise("use letters, digits and dashes"));
    }
    match settings.storages.first() {
        Some(storage) if storage.name == name => {
            let message = format!("there is a storage called {name} already");
            Err(CliError::new(Exit::Conflict, message)
                .advise(format!("remove it first with: trunks storage remove {name}")))
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

/// Whether git would find the helper without our doing.
fn on_path() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join("git-remote-trunks").is_file())
}
