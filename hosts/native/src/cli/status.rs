//! `trunks status`

use super::{
    CliError, Exit, git,
    output::{Output, Resource},
    storage::REMOTE,
    workspace::Workspace,
};
use serde::Serialize;

/// How a repository stands to its storage.
#[derive(Debug, Serialize)]
struct Status {
    repo: String,
    /// `None` when `HEAD` is detached.
    branch: Option<String>,
    /// `None` before the first one.
    commit: Option<String>,
    storage: Option<StorageStatus>,
    /// What they are called.
    mirrors: Vec<String>,
    /// Commits here that the storage was not known to have; `None` when the branch is not there.
    ahead: Option<u64>,
    /// Commits that the storage has and this branch does not.
    behind: Option<u64>,
    /// Files that are changed, staged or new.
    dirty: usize,
}

#[derive(Debug, Serialize)]
struct StorageStatus {
    name: String,
    url: String,
}

impl Resource for Status {
    const OBJECT: &str = "status";

    fn line(&self) -> String {
        let branch = self.branch.as_deref().unwrap_or("(detached)");
        let storage = match &self.storage {
            Some(storage) => format!("{} ({})", storage.name, storage.url),
            None => "none: trunks storage add --name primary --backend local --path DIR".to_owned(),
        };
        let mirrors = match self.mirrors.as_slice() {
            [] => "none".to_owned(),
            names => names.join(", "),
        };
        let pushed = match (self.ahead, self.behind) {
            (Some(0), Some(0)) => "up to date".to_owned(),
            (Some(ahead), Some(behind)) => format!("{ahead} to push, {behind} to pull"),
            _ => "not pushed yet".to_owned(),
        };
        let files = match self.dirty {
            0 => "clean".to_owned(),
            1 => "1 file changed".to_owned(),
            dirty => format!("{dirty} files changed"),
        };
        let repo = &self.repo;
        format!(
            "repo     {repo}\nbranch   {branch}\nstorage  {storage}\nmirrors  {mirrors}\ncommits  {pushed}\nfiles    {files}"
        )
    }
}

/// Shows it, as far as it is known here: nothing is fetched.
pub fn run(output: &Output) -> Result<Exit, CliError> {
    let workspace = Workspace::find()?;
    let settings = workspace.settings()?;
    let name = settings.name()?;
    let branch = workspace.branch()?;
    let storage = match settings.primary() {
        Ok(storage) => Some(StorageStatus {
            name: storage.name.clone(),
            url: storage.remote(&name)?.to_string(),
        }),
        Err(_) => None,
    };
    let mirrors = settings.mirrors().map(|storage| storage.name.clone()).collect();
    let counts = match &branch {
        Some(branch) => divergence(&workspace, branch)?,
        None => None,
    };
    let changes = git::ask(&workspace.dir, &["status", "--porcelain"])?.unwrap_or_default();
    output.object(&Status {
        repo: settings.repo,
        branch,
        commit: git::ask(&workspace.dir, &["rev-parse", "--quiet", "--verify", "HEAD"])?,
        storage,
        mirrors,
        ahead: counts.map(|(ahead, _)| ahead),
        behind: counts.map(|(_, behind)| behind),
        dirty: changes.lines().count(),
    })?;
    Ok(Exit::Done)
}

/// How many commits only the branch has, and only the storage as it was last seen.
fn divergence(workspace: &Workspace, branch: &str) -> Result<Option<(u64, u64)>, CliError> {
    let range = format!("refs/heads/{branch}...refs/remotes/{REMOTE}/{branch}");
    let counts = git::ask(&workspace.dir, &["rev-list", "--left-right", "--count", &range])?;
    Ok(counts.and_then(|counts| {
        let (ahead, behind) = counts.split_once('\t')?;
        Some((ahead.parse().ok()?, behind.parse().ok()?))
    }))
}
