//! `git-remote-trunks`: what git runs to reach a repository whose URL begins with `trunks::`.
//!
//! There are two roads. The general one hands the connection to the core, which speaks the server's
//! side of Git's protocol: it does everything. The short one copies packs past the core where that
//! gives the same result sooner: a plain clone, a fetch into it later, and a push.
//!
//! # Source
//! gitremote-helpers(7)

mod error;
mod fetch;
mod git;
mod held;
mod lines;
mod local;
mod options;
mod progress;
mod push;
mod session;
mod storage;
mod temporary;
mod transfer;
mod update;

pub use error::HelperError;

use crate::{
    component::{Core, Guest},
    runtime,
    store::RemoteUrl,
};
use local::PendingConfig;
use session::Session;
use std::{env, process::ExitCode};

/// Serves git on standard input and output, as `git-remote-trunks <remote> <url>`.
pub fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let (Some(remote), Some(url), None) = (arguments.next(), arguments.next(), arguments.next())
    else {
        eprintln!("usage: git-remote-trunks <remote> <url>");
        eprintln!("git runs this itself: clone trunks::local:///dir/my-app");
        return ExitCode::from(USAGE);
    };
    let Some(url) = url.to_str() else {
        eprintln!("trunks: {} is not UTF-8, which a URL must be", url.display());
        return ExitCode::from(USAGE);
    };
    // Only looked up in the environment.
    match serve(&remote.to_string_lossy(), url) {
        Ok(()) => ExitCode::SUCCESS,
        Err(HelperError::Told) => ExitCode::from(FAILED),
        Err(error) => {
            eprintln!("trunks: {error}");
            ExitCode::from(FAILED)
        }
    }
}

const USAGE: u8 = 2;
/// As git's own commands end when they die.
const FAILED: u8 = 128;

fn serve(remote_name: &str, url: &str) -> Result<(), HelperError> {
    runtime::demand_files().map_err(HelperError::Start)?;
    let config = PendingConfig::start();
    let RemoteUrl { store, name } = RemoteUrl::parse(url)?;
    let spec = storage::find(remote_name, store)?;
    let remote = spec.url.join(&name);
    let runtime = runtime::start().map_err(HelperError::Start)?;
    let served = runtime.block_on(async {
        let store = spec.open()?;
        let core = Guest::new(Core::shared()?, store.as_shared());
        Session::new(remote, store, core, config).run().await
    });
    // Not waiting for a read of standard input that nobody needs any more.
    runtime.shutdown_background();
    served
}

/// What git is told that it talks to.
fn agent() -> String {
    format!("trunks/{}", env!("CARGO_PKG_VERSION"))
}
