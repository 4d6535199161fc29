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
    /// Commits here that the storage was not known to have; `None` when the branch is not there, or
    /// nothing is.
    ahead: Option<u64>,
    /// Commits that the storage has and this branch does not; `None` also when `HEAD` is detached.
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
        let branch = self.branch.clone().unwrap_or_else(|| {
            let commit = self.commit.as_deref().unwrap_or_default();
            format!("none: HEAD is detached at {}", commit.get(..10).unwrap_or(commit))
        });
        let storage = match &self.storage {
            Some(storage) => format!("{} ({})", storage.name, storage.url),
            None => "none: trunks storage add --name primary --backend local --path DIR".to_owned(),
        };
        let mirrors = match self.mirrors.as_slice() {
            [] => "none".to_owned(),
            names => names.join(", "),
        };
        let pushed = match (self.ahead, self.behind) {
            _ if self.commit.is_none() => "none yet".to_owned(),
            (Some(0), Some(0)) => "up to date".to_owned(),
            (Some(ahead), Some(behind)) => format!("{ahead} to push, {behind} to pull"),
            (Some(0), None) => "all in the storage".to_owned(),
            (Some(ahead), None) => {
                format!("{ahead} not in the storage: put them on a branch with git switch -c NAME")
            }
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
    let head = workspace.head()?;
    let storage = match settings.primary() {
        Ok(storage) => Some(StorageStatus {
            name: storage.name.clone(),
            url: storage.remote(&name)?.to_string(),
        }),
        Err(_) => None,
    };
    let mirrors = settings.mirrors().map(|storage| storage.name.clone()).collect();
    let (ahead, behind) = match &head {
        // What storage cannot hold it does not have.
        Some(branch) => str::from_utf8(branch)
            .map_or(Ok(None), |branch| divergence(&workspace, branch))?
            .map_or((None, None), |(ahead, behind)| (Some(ahead), Some(behind))),
        None => (unstored(&workspace)?, None),
    };
    // A bare repository has no files, and git says so.
    let changes = git::run(&workspace.dir, &["status", "--porcelain"])?.stdout;
    output.object(&Status {
        repo: settings.repo,
        branch: head.map(|branch| git::show(&branch)),
        commit: workspace.commit()?,
        storage,
        mirrors,
        ahead,
        behind,
        dirty: changes.split(|&byte| byte == b'\n').count() - 1,
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

/// How many commits `HEAD` leads to that no branch of the storage has, as it was last seen.
fn unstored(workspace: &Workspace) -> Result<Option<u64>, CliError> {
    let words = ["rev-list", "--count", "HEAD", "--not", &format!("--remotes={REMOTE}")];
    Ok(git::ask(&workspace.dir, &words)?.and_then(|count| count.parse().ok()))
}
