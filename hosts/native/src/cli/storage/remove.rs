//! `trunks storage remove`

use super::{remote, show::Shown};
use crate::cli::{CliError, output::Output, workspace::Workspace};

/// Forgets a storage; nothing stored is deleted.
pub fn run(name: &str, output: &Output) -> Result<(), CliError> {
    let workspace = Workspace::find()?;
    let mut settings = workspace.settings()?;
    let removed = Shown::new(settings.storage(name)?, &settings)?;
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
