//! `trunks storage …`

mod add;
mod connect;
mod mirror;
mod ping;
mod probe;
mod remote;
mod remove;
mod show;

pub use connect::mirrors as connect_mirrors;
pub use remote::{REMOTE, configure_git};

use super::{CliError, Exit, arguments, output::Output};

/// Adds, lists, shows, tests or removes storage.
pub fn run(command: arguments::Storage, output: &Output) -> Result<Exit, CliError> {
    match command {
        arguments::Storage::Add(arguments) => add::run(&arguments, output)?,
        arguments::Storage::List(window) => show::list(window, output)?,
        arguments::Storage::Show { name } => show::one(&name, output)?,
        arguments::Storage::Ping { target, access } => {
            ping::run(target.as_deref(), &access, output)?;
        }
        arguments::Storage::Remove { name } => remove::run(&name, output)?,
    }
    Ok(Exit::Done)
}
