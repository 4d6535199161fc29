//! `trunks clone`, `push`, `pull` and `fetch`: git with the storage as its remote.

use super::{
    CliError, Exit, arguments, backend, git,
    output::Output,
    place::Place,
    storage::{self, REMOTE},
    told::{self, Cloned},
    workspace::Workspace,
};
use crate::{
    settings::{Settings, Storage},
    store::{RemoteUrl, StoreOptions, StoreSpec},
};
use std::{
    env,
    path::{Path, PathBuf},
};

/// Clones a repository and connects the clone to its storage.
pub fn clone(arguments: &arguments::Clone, output: &Output) -> Result<Exit, CliError> {
    let RemoteUrl { store, name } = RemoteUrl::parse(&arguments.url)?;
    // Nothing secret goes on git's command line: it goes to the helper in its environment.
    let spec = StoreSpec::new(store, backend::said(&arguments.access)?);
    let remote = spec.url.join(&name);
    let dir = match &arguments.dir {
        Some(dir) => dir.clone(),
        None => PathBuf::from(remote.name.as_str().rsplit('/').next().unwrap_or_default()),
    };
    let url = format!("trunks::{remote}");
    let mut words: Vec<&std::ffi::OsStr> =
        vec!["clone".as_ref(), "--origin".as_ref(), REMOTE.as_ref()];
    if output.is_quiet() || output.is_json() {
        words.push("--quiet".as_ref());
    }
    words.extend(arguments.git.iter().map(AsRef::<std::ffi::OsStr>::as_ref));
    words.extend(["--".as_ref(), url.as_ref(), dir.as_os_str()]);
    let here = env::current_dir()
        .map_err(|error| CliError::failed(format!("the current directory: {error}")))?;
    let variables = spec.options.in_clear();
    let variables: Vec<_> =
        variables.map(|(key, value)| (key.variable(Storage::PRIMARY), value)).collect();
    if output.is_json() {
        told::run(&here, &words, &variables)?;
    } else {
        match git::hand_over_with(&here, &words, variables.into_iter())? {
            Exit::Done => {}
            exit => return Ok(exit),
        }
    }
    let workspace = connect(&here.join(&dir), &remote, spec.options, output)?;
    if output.is_json() {
        output.object(&Cloned::of(&workspace, remote.name.as_str(), remote.to_string())?)?;
    }
    Ok(Exit::Done)
}

/// Has the clone in `dir` know its storage as if it had been added there.
fn connect(
    dir: &Path,
    remote: &RemoteUrl,
    options: StoreOptions,
    output: &Output,
) -> Result<Workspace, CliError> {
    let root = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let workspace = Workspace { root: root.clone(), dir: root };
    let mut settings = Settings::new(&remote.name);
    git::must(&workspace.root, &["config", "--local", Settings::REPO_KEY, &settings.repo])?;
    // Git has made it, for us.
    settings.made_remote = true;
    storage::configure_git(&workspace, &mut settings, remote)?;
    settings.storages.push(Storage {
        name: Storage::PRIMARY.to_owned(),
        url: remote.store.to_string(),
        is_mirror: false,
        options,
    });
    let place = Place::open(&settings.primary()?.spec()?, remote.name.clone())?;
    storage::connect_mirrors(&place, &mut settings, output)?;
    settings.write(&workspace.root)?;
    Ok(workspace)
}

/// Pushes what git would push, to the storage.
pub fn push(arguments: &arguments::Git, output: &Output) -> Result<Exit, CliError> {
    run(&Workspace::find()?, "push", &arguments.git, output)
}

/// Fetches from the storage.
pub fn fetch(arguments: &arguments::Git, output: &Output) -> Result<Exit, CliError> {
    run(&Workspace::find()?, "fetch", &arguments.git, output)
}

/// Pulls the branch of the same name from the storage, whatever its upstream.
pub fn pull(arguments: &arguments::Git, output: &Output) -> Result<Exit, CliError> {
    let workspace = Workspace::find()?;
    let names_a_branch = arguments.git.iter().any(|word| !word.starts_with('-'));
    let mut words = arguments.git.clone();
    if !names_a_branch {
        let branch = workspace.branch()?.ok_or_else(|| {
            CliError::failed("HEAD is detached, so there is no branch to pull")
                .advise("switch to one with: trunks branch switch --name NAME")
        })?;
        words.push(branch);
    }
    run(&workspace, "pull", &words, output)
}

/// Runs a git command with the storage as its remote: options first, then the remote, then what
/// it is to transfer.
fn run(
    workspace: &Workspace,
    command: &str,
    words: &[String],
    output: &Output,
) -> Result<Exit, CliError> {
    let settings = workspace.settings()?;
    let url = settings.primary()?.remote(&settings.name()?)?.to_string();
    let (options, rest): (Vec<_>, Vec<_>) =
        words.iter().map(String::as_str).partition(|word| word.starts_with('-'));
    let mut all = vec![command];
    if output.is_quiet() {
        all.push("--quiet");
    }
    if output.is_json() && command == "push" {
        all.push("--porcelain");
    }
    all.extend(options);
    all.push(REMOTE);
    all.extend(rest);
    if output.is_json() {
        return told::sync(workspace, &all, &settings.repo, url, output).map(|()| Exit::Done);
    }
    git::hand_over(&workspace.dir, &all)
}
