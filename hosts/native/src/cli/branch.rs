//! `trunks branch …`

use super::{
    CliError, Exit, arguments, git,
    output::{Output, Resource},
    workspace::Workspace,
};
use serde::Serialize;

/// A branch of the git repository.
#[derive(Debug, Serialize)]
struct Branch {
    name: String,
    commit: String,
    /// Whether it is checked out.
    current: bool,
    upstream: Option<String>,
}

impl Resource for Branch {
    const OBJECT: &str = "branch";

    fn line(&self) -> String {
        let mark = if self.current { '*' } else { ' ' };
        let short = self.commit.get(..10).unwrap_or(&self.commit);
        format!("{mark} {} {short}", self.name)
    }
}

/// Makes, switches, lists or deletes branches.
pub fn run(command: arguments::Branch, output: &Output) -> Result<Exit, CliError> {
    let workspace = Workspace::find()?;
    match command {
        arguments::Branch::Create { name, from } => {
            // Without an upstream of its own: its first push gives it the one of the same name.
            check_name(&workspace, &name)?;
            if find(&workspace, &name).is_ok() {
                let message = format!("there is a branch called {name} already");
                return Err(CliError::new(Exit::Conflict, message));
            }
            let from = start(&workspace, from.as_deref())?;
            git::must(&workspace.dir, &["branch", "--no-track", &name, &from])
                .map_err(in_the_way)?;
            show(&workspace, &name, output)
        }
        arguments::Branch::Switch { name } => {
            check_name(&workspace, &name)?;
            if let Err(error) = git::must(&workspace.dir, &["switch", "--quiet", &name]) {
                find(&workspace, &name)?;
                return Err(in_the_way(error));
            }
            show(&workspace, &name, output)
        }
        arguments::Branch::List(window) => {
            output.list(&branches(&workspace, "refs/heads")?, window)?;
            Ok(Exit::Done)
        }
        arguments::Branch::Delete { name, force } => {
            check_name(&workspace, &name)?;
            let found = find(&workspace, &name)?;
            let option = if force { "-D" } else { "-d" };
            git::must(&workspace.dir, &["branch", "--quiet", option, &name]).map_err(|error| {
                let error = in_the_way(error);
                match found.current {
                    true => {
                        error.advise("check another out with: trunks branch switch --name NAME")
                    }
                    false => error.advise("delete it all the same with: --force"),
                }
            })?;
            if output.is_json() {
                output.object(&found)?;
            } else {
                output.say(&format!("deleted {name}; its commits stay in the storage as they are"));
            }
            Ok(Exit::Done)
        }
    }
}

/// So that nothing that begins with a dash reaches git as an option.
fn check_name(workspace: &Workspace, name: &str) -> Result<(), CliError> {
    match git::ask(&workspace.dir, &["check-ref-format", "--branch", name])? {
        Some(_) => Ok(()),
        None => {
            let message = format!("{name:?} is not a valid branch name");
            Err(CliError::new(Exit::Usage, message).advise("see: git help check-ref-format"))
        }
    }
}

/// The commit that a new branch starts at.
fn start(workspace: &Workspace, from: Option<&str>) -> Result<String, CliError> {
    let commit = format!("{}^{{commit}}", from.unwrap_or("HEAD"));
    let words = ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit];
    git::ask(&workspace.dir, &words)?.ok_or_else(|| {
        let message = match from {
            Some(from) => format!("there is no commit called {from}"),
            None => "there is no commit yet that a branch could start at".to_owned(),
        };
        CliError::new(Exit::NotFound, message)
    })
}

/// What git refuses for what is there.
fn in_the_way(error: CliError) -> CliError {
    CliError { exit: Exit::Conflict, ..error }
}

fn show(workspace: &Workspace, name: &str, output: &Output) -> Result<Exit, CliError> {
    output.object(&find(workspace, name)?)?;
    Ok(Exit::Done)
}

fn find(workspace: &Workspace, name: &str) -> Result<Branch, CliError> {
    let found = branches(workspace, &format!("refs/heads/{name}"))?;
    found.into_iter().find(|branch| branch.name == name).ok_or_else(|| {
        CliError::new(Exit::NotFound, format!("there is no branch called {name}"))
            .advise("see them all with: trunks branch list")
    })
}

fn branches(workspace: &Workspace, pattern: &str) -> Result<Vec<Branch>, CliError> {
    const FORMAT: &str =
        "--format=%(refname:lstrip=2)%00%(objectname)%00%(HEAD)%00%(upstream:short)";
    let list = git::must_print(&workspace.dir, &["for-each-ref", FORMAT, pattern])?;
    let parse = |line: &[u8]| {
        let mut fields = line.split(|&byte| byte == 0).map(git::show);
        let (name, commit, head) = (fields.next()?, fields.next()?, fields.next()?);
        let upstream = fields.next().filter(|upstream| !upstream.is_empty());
        Some(Branch { name, commit, current: head == "*", upstream })
    };
    Ok(list.split(|&byte| byte == b'\n').filter_map(parse).collect())
}
