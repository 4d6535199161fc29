//! The git remote that leads to the primary storage.

use crate::{
    cli::{CliError, Exit, git, workspace::Workspace},
    settings::Settings,
    store::RemoteUrl,
};

/// What the remote is called.
pub const REMOTE: &str = "trunks";

/// Makes sure that no other remote has the name.
pub fn check_free(workspace: &Workspace) -> Result<(), CliError> {
    match url(workspace)? {
        Some(url) => {
            let message = format!("there is a git remote called {REMOTE} already: {url}");
            Err(CliError::new(Exit::Conflict, message)
                .advise(format!("rename it with: git remote rename {REMOTE} NAME")))
        }
        None => Ok(()),
    }
}

/// Has plain `git push`, `git pull` and `git fetch` reach the repository at `remote`, as far as the
/// user has not said otherwise.
pub fn configure_git(
    workspace: &Workspace,
    settings: &mut Settings,
    remote: &RemoteUrl,
) -> Result<(), CliError> {
    if url(workspace)?.is_none() {
        let url = format!("trunks::{remote}");
        git::must(&workspace.root, &["remote", "add", REMOTE, &url])?;
    }
    // A push that names no remote goes to the storage, also where there is an origin; a branch that
    // has no upstream gets the one it was pushed to. With push.default=current the branch's own name
    // is used, where git's own default refuses a branch that was made from another's upstream.
    set(workspace, settings, "remote.pushDefault", REMOTE)?;
    set(workspace, settings, "push.autoSetupRemote", "true")?;
    if git::ask(&workspace.root, &["config", "push.default"])?.is_none() {
        set(workspace, settings, "push.default", "current")?;
    }
    for branch in branches(workspace)? {
        let (remote_key, merge_key) =
            (format!("branch.{branch}.remote"), format!("branch.{branch}.merge"));
        if git::ask(&workspace.root, &["config", &remote_key])?.is_none() {
            git::must(&workspace.root, &["config", "--local", &remote_key, REMOTE])?;
            let merge = format!("refs/heads/{branch}");
            git::must(&workspace.root, &["config", "--local", &merge_key, &merge])?;
        }
    }
    Ok(())
}

/// Takes the remote away, and what was configured for it.
pub fn unconfigure_git(workspace: &Workspace, settings: &mut Settings) -> Result<(), CliError> {
    if url(workspace)?.is_some() {
        git::must(&workspace.root, &["remote", "remove", REMOTE])?;
    }
    for key in std::mem::take(&mut settings.git_keys) {
        // Fails where the user, or git with the remote, has unset it already.
        git::ask(&workspace.root, &["config", "--local", "--unset-all", &key])?;
    }
    Ok(())
}

fn url(workspace: &Workspace) -> Result<Option<String>, CliError> {
    git::ask(&workspace.root, &["config", "--get", &format!("remote.{REMOTE}.url")])
}

/// Sets a key, and remembers to unset it.
fn set(
    workspace: &Workspace,
    settings: &mut Settings,
    key: &str,
    value: &str,
) -> Result<(), CliError> {
    git::must(&workspace.root, &["config", "--local", key, value])?;
    if !settings.git_keys.iter().any(|known| known == key) {
        settings.git_keys.push(key.to_owned());
    }
    Ok(())
}

/// All branches, and the one that is checked out though it has no commit yet.
fn branches(workspace: &Workspace) -> Result<Vec<String>, CliError> {
    let words = ["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"];
    let list = git::must(&workspace.root, &words)?;
    let mut branches: Vec<String> = list.lines().map(str::to_owned).collect();
    if let Some(branch) = workspace.branch()?.filter(|branch| !branches.contains(branch)) {
        branches.push(branch);
    }
    Ok(branches)
}
