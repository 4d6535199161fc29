//! A mirror that is any repository git can push to: GitHub, a server, a bare repository on a disk.

use super::{
    MirrorError, Pushed, Trunk,
    follow::{ROUNDS, Refs, known_to, listing, refs_of, updates},
};
use crate::store::{Key, StoreOptions};
use secrecy::ExposeSecret;
use std::{
    env,
    path::PathBuf,
    process::{Command, Output, Stdio},
};
use tokio::task::spawn_blocking;
use trunks_core::refs::{OldValue, RefName, RefUpdate};

/// A repository that git can push to.
#[derive(Clone, Debug)]
pub struct GitRemote {
    /// As git takes it, without a password.
    url: String,
    options: StoreOptions,
    /// The repository that is pushed from; `None`: the one that git has put us into.
    from: Option<PathBuf>,
}

/// The refs that are mirrored: what else a server keeps is its own.
const PREFIXES: [&str; 3] = ["refs/heads/", "refs/tags/", "refs/notes/"];

impl GitRemote {
    /// The repository at `url`; of `options` the password counts.
    pub fn new(url: String, options: StoreOptions) -> Self {
        Self { url, options, from: None }
    }

    /// The same, pushed to from the repository around `dir`.
    pub fn from(self, dir: PathBuf) -> Self {
        Self { from: Some(dir), ..self }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Asks it for its refs, to see that it is there and lets us in.
    ///
    /// # Errors
    /// What git said.
    pub async fn ping(&self) -> Result<(), String> {
        self.refs().await.map(drop)
    }

    /// Brings it in line with the primary. Its refs that the primary does not have stay, but for those
    /// that were deleted.
    pub(super) async fn follow(
        &self,
        primary: &Trunk,
        name: &str,
        pushed: Pushed<'_>,
    ) -> Result<(), MirrorError> {
        let missed =
            |reason| MirrorError::Missed { name: name.to_owned(), url: self.url.clone(), reason };
        for _ in 0..ROUNDS {
            let there = self.refs().await.map_err(missed)?;
            let Some(wanted) = listing(primary).await? else { return Ok(()) };
            let mut wanted = refs_of(&wanted);
            wanted
                .retain(|name, _| PREFIXES.iter().any(|prefix| name.as_str().starts_with(prefix)));
            let mut updates = updates(&there, &wanted);
            updates.retain(|update| update.new.is_some() || pushed.gone.contains(&update.name));
            if updates.is_empty() {
                return Ok(());
            }
            if let Some((reference, id)) = known_to(primary, &updates, pushed).await? {
                let (name, url) = (name.to_owned(), self.url.clone());
                return Err(MirrorError::Foreign { name, url, reference, id: id.to_string() });
            }
            self.push(primary, updates).await.map_err(missed)?;
        }
        Err(missed("it was pushed to all the time: push again".to_owned()))
    }

    async fn refs(&self) -> Result<Refs, String> {
        let mut command = self.command("ls-remote");
        command.args(["--quiet", "--refs", "--", &self.url]);
        let output = run(command).await?;
        let list = String::from_utf8_lossy(&output.stdout).into_owned();
        let refs = list.lines().filter_map(|line| {
            let (id, name) = line.split_once('\t')?;
            let known = PREFIXES.iter().any(|prefix| name.starts_with(prefix));
            known.then_some((RefName::new(name).ok()?, id.parse().ok()?))
        });
        Ok(refs.collect())
    }

    async fn push(&self, primary: &Trunk, updates: Vec<RefUpdate>) -> Result<(), String> {
        self.fetch_missing(primary, &updates).await?;
        let mut command = self.command("push");
        // The user's hook has been asked already, and the lease says all that force is to mean.
        command.args(["--quiet", "--no-verify"]);
        for update in &updates {
            let old = match update.old {
                OldValue::Is(old) => old.to_string(),
                _ => String::new(),
            };
            command.arg(format!("--force-with-lease={}:{old}", update.name.as_str()));
        }
        command.args(["--", &self.url]);
        for update in &updates {
            let new = update.new.map(|id| id.to_string()).unwrap_or_default();
            command.arg(format!("{new}:{}", update.name.as_str()));
        }
        run(command).await.map(drop)
    }

    /// Others have pushed to the primary what this repository has not fetched yet.
    async fn fetch_missing(&self, primary: &Trunk, updates: &[RefUpdate]) -> Result<(), String> {
        let mut missing = Vec::new();
        for update in updates {
            let Some(new) = update.new else { continue };
            let mut command = self.command("cat-file");
            command.args(["-e", &new.to_string()]);
            if run(command).await.is_err() {
                missing.push(update.name.as_str().to_owned());
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let mut command = self.command("fetch");
        command.args(["--quiet", "--no-tags", "--no-write-fetch-head", "--"]);
        command.arg(format!("trunks::{}", primary.remote)).args(missing);
        run(command).await.map(drop)
    }

    fn command(&self, name: &str) -> Command {
        let mut command = crate::cli::git_command();
        if let Some(dir) = &self.from {
            command.current_dir(dir);
        }
        command.arg(name).stdin(Stdio::null());
        if let Some(password) = self.options.secret(Key::Password) {
            // Git asks a program of ours, which finds it in its environment: not in an argument.
            let next: usize =
                env::var("GIT_CONFIG_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or(0);
            command
                .env("GIT_CONFIG_COUNT", (next + 1).to_string())
                .env(format!("GIT_CONFIG_KEY_{next}"), "credential.helper")
                .env(format!("GIT_CONFIG_VALUE_{next}"), ANSWER)
                .env("TRUNKS_MIRROR_PASSWORD", password.expose_secret());
            if !self.url.contains('@') {
                command.env("TRUNKS_MIRROR_USER", "git");
            }
        }
        command
    }
}

/// A credential helper.
///
/// # Source
/// gitcredentials(7), "CUSTOM HELPERS"
const ANSWER: &str = "!f() { test \"$1\" = get || return 0; \
     test -z \"$TRUNKS_MIRROR_USER\" || printf 'username=%s\\n' \"$TRUNKS_MIRROR_USER\"; \
     printf 'password=%s\\n' \"$TRUNKS_MIRROR_PASSWORD\"; }; f";

/// Runs git, and gives what it said on stderr where it fails.
async fn run(mut command: Command) -> Result<Output, String> {
    let ran = spawn_blocking(move || command.output()).await;
    let output = ran.map_err(|error| error.to_string())?;
    let output = output.map_err(|error| format!("git could not be run: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Err(if said.is_empty() { format!("git: {}", output.status) } else { said.join("; ") })
}
