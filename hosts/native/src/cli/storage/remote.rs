//! The git remote that leads to the primary storage.

use crate::{
    cli::{CliError, Exit, git, workspace::Workspace},
    settings::{Replaced, Settings},
    store::{RemoteUrl, masked},
};

/// What the remote is called.
pub const REMOTE: &str = "trunks";

/// Makes sure that no other remote has the name.
pub fn check_free(workspace: &Workspace, remote: &RemoteUrl) -> Result<(), CliError> {
    match url(workspace)? {
        Some(url) if !leads_to(&url, remote) => {
            let message =
                format!("there is a git remote called {REMOTE} already: {}", masked(&url));
            Err(CliError::new(Exit::Conflict, message)
                .advise(format!("rename it with: git remote rename {REMOTE} NAME")))
        }
        _ => Ok(()),
    }
}

/// Has plain `git push`, `git pull` and `git fetch` reach the repository at `remote`, as far as the
/// user has not said otherwise.
///
/// What is replaced is saved first, so that a command that is killed leaves nothing that cannot be
/// undone.
pub fn configure_git(
    workspace: &Workspace,
    settings: &mut Settings,
    remote: &RemoteUrl,
) -> Result<(), CliError> {
    let is_new = url(workspace)?.is_none();
    settings.made_remote |= is_new;
    let changes = changes(workspace)?;
    for change in &changes {
        if !settings.git.iter().any(|known| known.key == change.key) {
            settings.git.push(change.clone());
        }
    }
    settings.write(&workspace.root)?;
    if is_new {
        let url = format!("trunks::{remote}");
        git::must(&workspace.root, &["remote", "add", REMOTE, &url])?;
    }
    for Replaced { key, value, .. } in &changes {
        git::must(&workspace.root, &["config", "--local", "--replace-all", key, value])?;
    }
    Ok(())
}

/// Takes away the remote that leads to `remote`, if trunks has made it, and puts back what was
/// configured before.
pub fn unconfigure_git(
    workspace: &Workspace,
    settings: &mut Settings,
    remote: &RemoteUrl,
) -> Result<(), CliError> {
    if std::mem::take(&mut settings.made_remote)
        && url(workspace)?.is_some_and(|url| leads_to(&url, remote))
    {
        git::must(&workspace.root, &["remote", "remove", REMOTE])?;
    }
    for Replaced { key, value, before } in std::mem::take(&mut settings.git) {
        let now = values(workspace, &key)?;
        if now == [value] {
            git::must(&workspace.root, &["config", "--local", "--unset-all", &key])?;
        } else if !now.is_empty() {
            // The user has set it since.
            continue;
        }
        for value in &before {
            git::must(&workspace.root, &["config", "--local", "--add", &key, value])?;
        }
    }
    Ok(())
}

/// What is to be set, where it is not so already.
fn changes(workspace: &Workspace) -> Result<Vec<Replaced>, CliError> {
    let mut changes = Vec::new();
    let mut set = |key: String, value: &str| {
        let before = values(workspace, &key)?;
        if before != [value] {
            changes.push(Replaced { key, value: value.to_owned(), before });
        }
        Ok::<_, CliError>(())
    };
    // A push that names no remote goes to the storage, also where there is an origin; a branch that
    // has no upstream gets the one it was pushed to. With push.default=current the branch's own name
    // is used, where git's own default refuses a branch that was made from another's upstream.
    set("remote.pushDefault".to_owned(), REMOTE)?;
    set("push.autoSetupRemote".to_owned(), "true")?;
    if git::ask(&workspace.root, &["config", "push.default"])?.is_none() {
        set("push.default".to_owned(), "current")?;
    }
    for branch in branches(workspace)? {
        let remote_key = format!("branch.{branch}.remote");
        if git::ask(&workspace.root, &["config", &remote_key])?.is_none() {
            set(remote_key, REMOTE)?;
            set(format!("branch.{branch}.merge"), &format!("refs/heads/{branch}"))?;
        }
    }
    Ok(changes)
}

fn url(workspace: &Workspace) -> Result<Option<String>, CliError> {
    git::ask(&workspace.root, &["config", "--get", &format!("remote.{REMOTE}.url")])
}

fn leads_to(url: &str, remote: &RemoteUrl) -> bool {
    url.starts_with("trunks::") && RemoteUrl::parse(url).is_ok_and(|other| other == *remote)
}

/// All values of a key in the repository's own configuration.
fn values(workspace: &Workspace, key: &str) -> Result<Vec<String>, CliError> {
    let words = ["config", "--local", "--null", "--get-all", key];
    let all = git::ask(&workspace.root, &words)?.unwrap_or_default();
    Ok(all.split_terminator('\0').map(str::to_owned).collect())
}

/// All branches, and the one that is checked out though it has no commit yet. Not those whose names are
/// not UTF-8: no storage can hold them.
fn branches(workspace: &Workspace) -> Result<Vec<String>, CliError> {
    let words = ["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"];
    let list = git::must_print(&workspace.root, &words)?;
    let names = list.split(|&byte| byte == b'\n').filter(|name| !name.is_empty());
    let mut branches: Vec<String> =
        names.filter_map(|name| String::from_utf8(name.to_vec()).ok()).collect();
    if let Some(branch) = workspace.branch()?.filter(|branch| !branches.contains(branch)) {
        branches.push(branch);
    }
    Ok(branches)
}
