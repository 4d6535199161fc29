//! The conversation with git: commands in lines, each answered before the next.

mod fetch;
mod push;

use super::{
    HelperError,
    held::Held,
    lines::{batch, command, head_line, read_line, text},
    local::{Config, LocalRepository, PendingConfig},
    options::{Answer, Options},
    temporary::TemporaryDir,
};
use crate::{
    component::{CoreError, Exchange, Guest},
    mirror::Mirror,
    store::{AnyStore, RemoteUrl},
};
use std::{
    env,
    io::{self, Write},
};
use trunks_core::{
    code::Code,
    refs::Peeled,
    repository::{Peel, RefListing},
    wire::{self, UploadOptions, Version},
};

const CAPABILITIES: &str = "connect\noption\nfetch\npush\ncheck-connectivity\nobject-format\n\n";

/// The conversation so far.
#[derive(Debug)]
pub struct Session {
    remote: RemoteUrl,
    store: AnyStore,
    core: Guest,
    local: Option<LocalRepository>,
    pending: Option<PendingConfig>,
    config: Config,
    options: Options,
    /// The refs as git was told them, once it takes the short road.
    listing: Option<RefListing>,
    /// The stored packs that are here, where that was noted.
    held: Option<Held>,
    /// Where packs are made for a push.
    dir: Option<TemporaryDir>,
    /// What a push must reach besides.
    mirrors: Vec<Mirror>,
}

/// What is left to do after a command.
enum Next {
    /// Read the next one.
    Command,
    /// Nothing: the connection was handed over and has ended.
    End,
}

/// The road of a push or fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Road {
    /// The core speaks Git's protocol.
    General,
    /// Packs are copied.
    Short,
}

impl Session {
    /// A conversation about the repository at `remote`, which `core` serves out of `store`.
    pub fn new(remote: RemoteUrl, store: AnyStore, core: Guest, config: PendingConfig) -> Self {
        Self {
            remote,
            store,
            core,
            local: LocalRepository::from_environment(),
            pending: Some(config),
            config: Config::default(),
            options: Options::default(),
            listing: None,
            held: None,
            dir: None,
            mirrors: Vec::new(),
        }
    }

    /// Answers git until it has no more commands.
    pub async fn run(mut self) -> Result<(), HelperError> {
        loop {
            // Locked for a line at a time: once the connection is handed over, a thread reads on.
            let line = read_line(&mut io::stdin().lock())?;
            let Some(line) = line.filter(|line| !line.is_empty()) else { return Ok(()) };
            let next = match command(&line) {
                (b"fetch", first) => {
                    self.fetch(batch(&mut io::stdin().lock(), b"fetch ", first)?).await?
                }
                (b"push", first) => {
                    self.push(batch(&mut io::stdin().lock(), b"push ", first)?).await?
                }
                _ => self.answer(text(&line)?).await?,
            };
            if matches!(next, Next::End) {
                return Ok(());
            }
        }
    }

    /// Answers a command of one line.
    async fn answer(&mut self, line: &str) -> Result<Next, HelperError> {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("capabilities", "") => say(CAPABILITIES),
            ("option", option) => say(&match self.options.set(option) {
                Answer::Ok => "ok\n".to_owned(),
                Answer::Unsupported => "unsupported\n".to_owned(),
                Answer::Error(why) => format!("error {why}\n"),
            }),
            ("connect", "git-upload-pack") => self.connect_upload_pack().await,
            ("connect", "git-receive-pack") => self.connect_receive_pack().await,
            ("connect", "git-upload-archive") => Err(HelperError::Archive),
            ("connect", _) => say("fallback\n"),
            ("list", "") => self.list().await,
            ("list", "for-push") => self.list_for_push().await,
            _ => Err(HelperError::Command { line: line.to_owned() }),
        }
    }

    async fn connect_upload_pack(&mut self) -> Result<Next, HelperError> {
        if self.road_of_fetch().await? == Road::Short {
            return say("fallback\n");
        }
        self.require_sha1()?;
        let version = self.protocol_version()?;
        say("\n")?;
        let session = wire::Session::Duplex;
        let options = UploadOptions { version, session, agent: crate::helper::agent() };
        let served = self.core.upload_pack(&self.remote.name, &options, git()).await;
        served.map_err(told)?;
        Ok(Next::End)
    }

    async fn list(&mut self) -> Result<Next, HelperError> {
        if self.listing.is_none() {
            let listing = self.refs(Peel::All).await?.ok_or_else(|| self.missing())?;
            self.listing = Some(unbroken(listing)?);
        }
        let mut lines = ":object-format sha1\n".to_owned();
        if let Some(listing) = &self.listing {
            lines.push_str(&head_line(listing));
            for found in &listing.refs {
                lines.push_str(&format!("{} {}\n", found.id, found.name.as_str()));
                if let Peeled::To(peeled) = &found.peeled {
                    lines.push_str(&format!("{peeled} {}^{{}}\n", found.name.as_str()));
                }
            }
        }
        lines.push('\n');
        say(&lines)
    }

    /// The refs; `None` when there is no such repository.
    async fn refs(&self, peel: Peel) -> Result<Option<RefListing>, HelperError> {
        match self.core.refs(&self.remote.name, &[], peel).await {
            Ok(listing) => Ok(Some(listing)),
            Err(error) if error.code == Code::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn config(&mut self) -> Result<&Config, HelperError> {
        if let Some(pending) = self.pending.take() {
            self.config = pending.finish().map_err(HelperError::Streams)?;
        }
        Ok(&self.config)
    }

    /// What the client asked for, in the environment or in its configuration.
    fn protocol_version(&mut self) -> Result<Version, HelperError> {
        let asked = env::var("GIT_PROTOCOL").unwrap_or_default();
        let asked = asked.split(':').filter_map(|part| part.strip_prefix("version="));
        let version = match asked.filter_map(|version| version.parse::<u32>().ok()).max() {
            Some(version) => version,
            None => self.config()?.protocol_version(),
        };
        Ok(match version {
            0 => Version::V0,
            1 => Version::V1,
            _ => Version::V2,
        })
    }

    /// Demands that the repository on this side, if there is one, names objects as the other side does.
    fn require_sha1(&mut self) -> Result<(), HelperError> {
        if self.local.is_none() || self.config()?.is_sha1() {
            return Ok(());
        }
        Err(HelperError::ObjectFormat)
    }

    fn missing(&self) -> HelperError {
        HelperError::Missing { url: self.remote.to_string() }
    }
}

/// Why a conversation ended that the core had with git: in most cases it has told git, and git the user.
fn told(error: CoreError) -> HelperError {
    if error.was_stopped { error.into() } else { HelperError::Told }
}

/// Refuses what lists a ref that cannot be read, for who is to fetch all that there is.
fn unbroken(listing: RefListing) -> Result<RefListing, HelperError> {
    match listing.broken.first() {
        Some(message) => {
            let (code, message) = (Code::Corrupt, message.clone());
            Err(CoreError { code, message, was_stopped: false }.into())
        }
        None => Ok(listing),
    }
}

/// Git at the other end of standard input and output.
fn git() -> Exchange {
    Exchange::new(tokio::io::stdin(), tokio::io::stdout())
}

fn not_understood(orders: &[Vec<u8>]) -> HelperError {
    HelperError::Command { line: orders.join(&b'\n').escape_ascii().to_string() }
}

fn say(text: &str) -> Result<Next, HelperError> {
    say_bytes(text.as_bytes())
}

fn say_bytes(bytes: &[u8]) -> Result<Next, HelperError> {
    let mut output = io::stdout().lock();
    output.write_all(bytes).and_then(|()| output.flush()).map_err(HelperError::Streams)?;
    Ok(Next::Command)
}
