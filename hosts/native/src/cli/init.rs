//! `trunks init`

use super::{
    CliError, Exit, arguments, git,
    output::{Output, Resource},
    workspace::Workspace,
};
use crate::settings::Settings;
use serde::Serialize;
use std::path::Path;
use trunks_core::repository::RepoName;

/// What `trunks init` has made.
#[derive(Debug, Serialize)]
struct Trunk {
    repo: String,
    path: String,
}

impl Resource for Trunk {
    const OBJECT: &str = "trunk";

    fn line(&self) -> String {
        format!("{}: its storage is listed in {}", self.repo, self.path)
    }
}

/// Makes `.trunks/<repo>.trunk`.
pub fn run(arguments: &arguments::Init, output: &Output) -> Result<Exit, CliError> {
    let workspace = Workspace::find()?;
    let known = workspace.settings_if_any()?;
    let name = match (&arguments.name, &known) {
        (Some(name), _) => RepoName::new(name)?,
        (None, Some(settings)) => settings.name()?,
        (None, None) => default_name(&workspace.root)?,
    };
    workspace.require_sha1()?;
    let _lock = workspace.lock(output)?;
    // Another command may have been first.
    let settings = match workspace.settings_if_any()? {
        None => initialise(&workspace, &name)?,
        Some(settings) if settings.repo == name.as_str() => settings,
        Some(settings) => {
            let message = format!("this repository is called {} already", settings.repo);
            return Err(CliError::new(Exit::Conflict, message));
        }
    };
    let path = Settings::path(&workspace.root, &settings.repo);
    let path = git::show(path.as_os_str().as_encoded_bytes());
    output.object(&Trunk { repo: settings.repo, path })?;
    if settings.storages.is_empty() {
        output.say("next: trunks storage add --name primary --backend local --path DIR");
    }
    Ok(Exit::Done)
}

/// Gives a repository that has no settings its first ones.
fn initialise(workspace: &Workspace, name: &RepoName) -> Result<Settings, CliError> {
    let settings = Settings::new(name);
    settings.write(&workspace.root)?;
    git::must(&workspace.root, &["config", "--local", Settings::REPO_KEY, &settings.repo])?;
    Ok(settings)
}

/// The directory's name, without the ending of a bare repository.
fn default_name(root: &Path) -> Result<RepoName, CliError> {
    const ADVICE: &str = "choose one with: trunks init --name NAME";
    let name = root.file_name().unwrap_or_default();
    let name = name.to_str().ok_or_else(|| {
        let message = format!("{} is not UTF-8, which a name must be", root.display());
        CliError::new(Exit::Usage, message).advise(ADVICE)
    })?;
    let name = name.strip_suffix(".git").unwrap_or(name);
    RepoName::new(name).map_err(|error| CliError::from(error).advise(ADVICE))
}
