//! `trunks init`

use super::{
    CliError, Exit, arguments, git,
    output::{Output, Resource},
    workspace::Workspace,
};
use crate::settings::Settings;
use serde::Serialize;
use std::path::{Path, PathBuf};
use trunks_core::repository::RepoName;

/// What `trunks init` has made.
#[derive(Debug, Serialize)]
struct Trunk {
    repo: String,
    path: PathBuf,
}

impl Resource for Trunk {
    const OBJECT: &str = "trunk";

    fn line(&self) -> String {
        format!("{} is kept in {}", self.repo, self.path.display())
    }
}

/// Makes `.trunks/<repo>.trunk`.
pub fn run(arguments: &arguments::Init, output: &Output) -> Result<Exit, CliError> {
    let workspace = Workspace::find()?;
    let settings = match (workspace.settings_if_any()?, &arguments.name) {
        (None, name) => initialise(&workspace, name.as_deref())?,
        (Some(settings), None) => settings,
        (Some(settings), Some(name)) if settings.repo == *name => settings,
        (Some(settings), Some(_)) => {
            let message = format!("this repository is called {} already", settings.repo);
            return Err(CliError::new(Exit::Conflict, message));
        }
    };
    let path = Settings::path(&workspace.root, &settings.repo);
    output.object(&Trunk { repo: settings.repo, path })?;
    if settings.storages.is_empty() {
        output.say("next: trunks storage add --name primary --backend local --path DIR");
    }
    Ok(Exit::Done)
}

/// Gives a repository that has no settings its first ones.
pub fn initialise(workspace: &Workspace, name: Option<&str>) -> Result<Settings, CliError> {
    let name = match name {
        Some(name) => RepoName::new(name)?,
        None => default_name(&workspace.root)?,
    };
    let settings = Settings::new(&name);
    settings.write(&workspace.root)?;
    git::must(&workspace.root, &["config", "--local", Settings::REPO_KEY, &settings.repo])?;
    Ok(settings)
}

/// The directory's name, without the ending of a bare repository.
fn default_name(root: &Path) -> Result<RepoName, CliError> {
    let name = root.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let name = name.strip_suffix(".git").unwrap_or(&name);
    RepoName::new(name)
        .map_err(|error| CliError::from(error).advise("choose one with: trunks init --name NAME"))
}
