//! What `clone`, `push`, `pull` and `fetch` have done, as JSON: git itself tells people.

use super::{
    CliError, git,
    output::{Output, Resource},
    workspace::Workspace,
};
use serde::Serialize;
use std::{ffi::OsStr, path::Path};

/// A clone that was made.
#[derive(Debug, Serialize)]
pub struct Cloned {
    /// The repository's name.
    pub repo: String,
    /// Where it was cloned from.
    pub url: String,
    /// Where it is now.
    pub path: String,
    /// What is checked out, if anything is.
    pub branch: Option<String>,
    /// Its commit.
    pub commit: Option<String>,
}

impl Resource for Cloned {
    const OBJECT: &str = "clone";

    fn line(&self) -> String {
        format!("{} is cloned into {}", self.url, self.path)
    }
}

impl Cloned {
    /// The clone in `workspace`.
    pub fn of(workspace: &Workspace, repo: &str, url: String) -> Result<Self, CliError> {
        Ok(Self {
            repo: repo.to_owned(),
            url,
            path: git::show(workspace.root.as_os_str().as_encoded_bytes()),
            branch: workspace.head()?.map(|branch| git::show(&branch)),
            commit: workspace.commit()?,
        })
    }
}

/// A push, pull or fetch that went well.
#[derive(Debug, Serialize)]
struct Synced {
    /// What was done.
    command: String,
    repo: String,
    url: String,
    /// The refs of a push.
    #[serde(skip_serializing_if = "Option::is_none")]
    refs: Option<Vec<Pushed>>,
}

/// A ref that was pushed.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Pushed {
    from: String,
    to: String,
    /// In git's words.
    summary: String,
}

impl Resource for Synced {
    const OBJECT: &str = "sync";

    fn line(&self) -> String {
        format!("{} {}", self.command, self.url)
    }
}

/// Runs `git push`, `pull` or `fetch` and prints what came of it.
///
/// # Errors
/// What git says, ending as it does.
pub fn sync<S: AsRef<OsStr>>(
    workspace: &Workspace,
    words: &[S],
    repo: &str,
    url: String,
    output: &Output,
) -> Result<(), CliError> {
    let printed = run(&workspace.dir, words, &[])?;
    let command = git::show(words.first().map_or(b"", |word| word.as_ref().as_encoded_bytes()));
    let refs = (command == "push").then(|| pushed(&git::show(&printed)));
    output.object(&Synced { command, repo: repo.to_owned(), url, refs })
}

/// Has git do something without a word.
///
/// # Errors
/// What it says, ending as it does.
pub fn run<S: AsRef<OsStr>>(
    dir: &Path,
    words: &[S],
    variables: &[(String, &str)],
) -> Result<Vec<u8>, CliError> {
    let mut command = git::command();
    command.current_dir(dir).args(words).envs(variables.iter().map(|(name, value)| (name, value)));
    let ended = command.output().map_err(git::not_run)?;
    if ended.status.success() {
        return Ok(ended.stdout);
    }
    // What became of each ref stands on standard output.
    let refused = git::show(&ended.stdout);
    let refused = refused.lines().filter_map(|line| line.strip_prefix("!\t"));
    let mut message = git::words_of(&ended.stderr);
    refused.for_each(|line| message.push_str(&format!("\n{}", line.replace('\t', " "))));
    Err(CliError::new(git::exit_of(ended.status), message))
}

/// # Source
/// git-push(1), "OUTPUT", `--porcelain`
fn pushed(printed: &str) -> Vec<Pushed> {
    let refs = printed.lines().filter_map(|line| {
        let mut fields = line.split('\t').skip(1);
        let (names, summary) = (fields.next()?, fields.next()?);
        let (from, to) = names.split_once(':')?;
        Some(Pushed { from: from.into(), to: to.into(), summary: summary.into() })
    });
    refs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_prints_of_a_push_is_read() {
        let printed =
            "To trunks::local:///dir/app\n*\trefs/heads/a:refs/heads/b\t[new branch]\nDone\n";
        let expected = Pushed {
            from: "refs/heads/a".into(),
            to: "refs/heads/b".into(),
            summary: "[new branch]".into(),
        };
        assert_eq!(pushed(printed), [expected]);
        assert_eq!(pushed(""), []);
    }
}
