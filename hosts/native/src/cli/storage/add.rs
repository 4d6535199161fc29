//! `trunks storage add`

use super::{connect, mirror, probe, remote, show::Shown};
use crate::{
    cli::{
        CliError, Exit,
        arguments::StorageAdd,
        backend::{self, Named},
        block_on,
        output::Output,
        place::Place,
        repo,
        workspace::Workspace,
    },
    settings::{Settings, Storage},
    store::{StoreSpec, StoreUrl},
};

/// Tests a storage, makes the repository in it, saves it and lets git push to it.
pub fn run(arguments: &StorageAdd, output: &Output) -> Result<(), CliError> {
    let workspace = Workspace::find()?;
    workspace.require_sha1()?;
    let (_lock, mut settings) = workspace.settings_to_change(output)?;
    check_name(&arguments.name)?;
    let named = backend::named(&arguments.backend)?.ok_or_else(|| {
        CliError::new(Exit::Usage, "there is nothing to add")
            .advise("say --backend KIND or --url URL")
    })?;
    let storage = Storage {
        name: arguments.name.clone(),
        url: named.url().to_string(),
        is_mirror: arguments.mirror,
        options: named.options().clone(),
    };
    forget_unmounted(&storage, &mut settings);
    check_new(&storage.name, &settings)?;
    if let Some(known) = settings.storages.iter().find(|known| known.url == storage.url) {
        let message = format!("{} is connected already, as {}", known.url, known.name);
        return Err(CliError::new(Exit::Conflict, message));
    }
    match named {
        Named::Store(StoreSpec { url: url @ StoreUrl::Memory { .. }, .. }) => {
            let message = format!("{url} is gone when this command ends");
            return Err(CliError::new(Exit::Usage, message).advise("use it in tests only"));
        }
        _ if arguments.mirror => mirror::add(storage, &workspace, &mut settings)?,
        Named::Store(_) => add_primary(storage, &workspace, &mut settings, output)?,
        Named::Git { .. } => {
            return Err(CliError::new(Exit::Usage, "a repository of git's can only be a mirror")
                .advise("add a store as the primary first, then this one with --mirror"));
        }
    }
    settings.write(&workspace.root)?;
    output.object(&Shown::new(settings.storage(&arguments.name)?, &settings)?)?;
    match on_path() {
        true if arguments.mirror => {}
        true => output.say("next: git push"),
        false => output.say(
            "next: put git-remote-trunks on PATH, where git looks for it, or open a shell with: trunks",
        ),
    }
    Ok(())
}

fn add_primary(
    storage: Storage,
    workspace: &Workspace,
    settings: &mut Settings,
    output: &Output,
) -> Result<(), CliError> {
    if let Ok(primary) = settings.primary() {
        let message = format!("{} is the primary storage already", primary.name);
        return Err(CliError::new(Exit::Conflict, message).advise(format!(
            "add this one as a mirror with --mirror, or remove that one first with: trunks storage \
             remove {}",
            primary.name
        )));
    }
    let place = Place::open(&storage.spec()?, settings.name()?)?;
    remote::check_free(workspace, &place.remote)?;
    block_on(async {
        place.store.make_place().await?;
        probe::probe(&place.store).await?;
        make_repository(&place, workspace).await
    })?;
    connect::enter_primary(&place, &storage)?;
    connect::mirrors(&place, settings, output)?;
    remote::configure_git(workspace, settings, &place.remote)?;
    settings.storages.insert(0, storage);
    Ok(())
}

/// Forgets what is there already under the same name and URL, if its directory is gone: it is to be made
/// anew.
fn forget_unmounted(storage: &Storage, settings: &mut Settings) {
    let is_gone = |known: &Storage| {
        known.spec().is_ok_and(|spec| spec.require_directory().is_err())
            && (&known.name, &known.url, known.is_mirror)
                == (&storage.name, &storage.url, storage.is_mirror)
    };
    settings.storages.retain(|known| !is_gone(known));
}

fn check_name(name: &str) -> Result<(), CliError> {
    // A storage's name is used in the names of environment variables.
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || !name.chars().all(is_name) || name.starts_with(['-', '.']) {
        let message = format!("{name:?} is not a name for a storage");
        return Err(CliError::new(Exit::Usage, message).advise("use letters, digits and dashes"));
    }
    Ok(())
}

fn check_new(name: &str, settings: &Settings) -> Result<(), CliError> {
    if settings.storage(name).is_ok() {
        let message = format!("there is a storage called {name} already");
        return Err(CliError::new(Exit::Conflict, message)
            .advise(format!("remove it first with: trunks storage remove {name}")));
    }
    Ok(())
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
