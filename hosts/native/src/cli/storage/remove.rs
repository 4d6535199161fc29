//! `trunks storage remove`

use super::{mirror, remote, show::Shown};
use crate::cli::{CliError, output::Output, workspace::Workspace};

/// Forgets a storage; nothing stored is deleted. Without a primary there are no mirrors, so they are
/// forgotten with it, here only; a mirror alone is taken out of the map, for everybody.
pub fn run(name: &str, output: &Output) -> Result<(), CliError> {
    let workspace = Workspace::find()?;
    let (_lock, mut settings) = workspace.settings_to_change(output)?;
    let storage = settings.storage(name)?.clone();
    let removed = Shown::new(&storage, &settings)?;
    if storage.is_mirror {
        mirror::forget(&storage, &settings)?;
        settings.storages.retain(|storage| storage.name != name);
    } else {
        let led_to = storage.remote(&settings.name()?)?;
        settings.storages.clear();
        remote::unconfigure_git(&workspace, &mut settings, &led_to)?;
    }
    settings.write(&workspace.root)?;
    if output.is_json() {
        output.object(&removed)?;
    } else {
        output.say(&format!("forgot {name}; what is stored in {} stays", removed.url));
    }
    Ok(())
}
