//! What is saved of the store that git's URL names.

use super::HelperError;
use crate::{
    settings::{Settings, Storage},
    store::{StoreOptions, StoreSpec, StoreUrl},
};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The store at `url`, with what is saved of it in the repository that git works in and what the
/// environment says.
///
/// `remote`: what git calls it; its URL, where it has no name.
pub fn find(remote: &str, url: StoreUrl) -> Result<StoreSpec, HelperError> {
    let spec = StoreSpec::new(url, StoreOptions::new());
    if !spec.url.is_far() {
        // There is nothing to say of it, but that one that was connected is not made once more.
        if let Err(absence) = spec.require_directory()
            && settings()?.is_some_and(|settings| settings.storage_at(&spec.url).is_some())
        {
            return Err(absence.into());
        }
        return Ok(spec);
    }
    let settings = settings()?;
    Ok(match settings.as_ref().and_then(|settings| settings.storage_at(&spec.url)) {
        Some(storage) => spec.or(&storage.options).or_environment(&[&storage.name]),
        None if remote.contains("://") => spec.or_environment(&[Storage::PRIMARY]),
        None => spec.or_environment(&[remote, Storage::PRIMARY]),
    })
}

/// The settings of the repository that git works in, if it has any.
///
/// # Errors
/// They cannot be read.
pub fn settings() -> Result<Option<Settings>, HelperError> {
    let Some(root) = root() else { return Ok(None) };
    if !root.join(Settings::DIRECTORY).is_dir() {
        return Ok(None);
    }
    match git(&["config", "--local", Settings::REPO_KEY]) {
        Some(repo) => Ok(Settings::read(&root, &repo)?),
        None => Ok(None),
    }
}

/// The directory that holds `.trunks`: the top of the main working tree, or a bare repository.
fn root() -> Option<PathBuf> {
    let git_dir = PathBuf::from(env::var_os("GIT_DIR")?);
    let common = match fs::read_to_string(git_dir.join("commondir")) {
        Ok(dir) => git_dir.join(dir.trim_end_matches('\n')),
        Err(_) => git_dir,
    };
    let common = common.canonicalize().ok()?;
    if common.file_name().is_some_and(|name| name == ".git") {
        return common.parent().map(Path::to_owned);
    }
    // A submodule's directory lies in another repository's; a bare one has no working tree.
    Some(git(&["rev-parse", "--show-toplevel"]).map_or(common, PathBuf::from))
}

fn git(arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null());
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned())
}
