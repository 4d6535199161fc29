//! The conversation with git: commands in lines, each answered before the next.

mod fetch;

use super::{
    HelperError,
    held::Held,
    lines::{batch, head_line, outcome_lines, read_line},
    local::{Config, LocalRepository, PendingConfig},
    options::{Answer, Options},
    push::{Done, Order, Outcomes, Push},
    storage,
    temporary::TemporaryDir,
};
use crate::{
    component::{CoreError, Exchange, Guest},
    mirror::{self, Mirror, Pushed, Trunk},
    store::{AnyStore, RemoteUrl},
};
use std::{
    env,
    io::{self, Write},
};
use trunks_core::{
    code::Code,
    object::ObjectId,
    refs::{Peeled, RefName},
    repository::{CreateOptions, Peel, RefListing},
    wire::{self, ReceiveOptions, UploadOptions, Version},
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
            let (command, argument) = line.split_once(' ').unwrap_or((&line, ""));
            let next = match (command, argument) {
                ("capabilities", "") => say(CAPABILITIES)?,
                ("option", option) => say(&match self.options.set(option) {
                    Answer::Ok => "ok\n".to_owned(),
                    Answer::Unsupported => "unsupported\n".to_owned(),
                    Answer::Error(why) => format!("error {why}\n"),
                })?,
                ("connect", "git-upload-pack") => self.connect_upload_pack().await?,
                ("connect", "git-receive-pack") => self.connect_receive_pack().await?,
                ("connect", _) => say("fallback\n")?,
                ("list", "") => self.list().await?,
                ("list", "for-push") => self.list_for_push().await?,
                ("fetch", _) => {
                    self.fetch(batch(&mut io::stdin().lock(), "fetch ", argument)?).await?
                }
                ("push", _) => {
                    self.push(batch(&mut io::stdin().lock(), "push ", argument)?).await?
                }
                _ => return Err(HelperError::Command { line }),
            };
            if matches!(next, Next::End) {
                return Ok(());
            }
        }
    }

    async fn connect_upload_pack(&mut self) -> Result<Next, HelperError> {
        if self.road_of_fetch().await? == Road::Short {
            return say("fallback\n");
        }
        let version = self.protocol_version()?;
        say("\n")?;
        let session = wire::Session::Duplex;
        let options = UploadOptions { version, session, agent: super::agent() };
        let served = self.core.upload_pack(&self.remote.name, &options, git()).await;
        served.map_err(|error| self.explain(error))?;
        Ok(Next::End)
    }

    async fn connect_receive_pack(&mut self) -> Result<Next, HelperError> {
        if self.road_of_push()? == Road::Short {
            return say("fallback\n");
        }
        self.create().await?;
        self.ready_mirrors().await?;
        let version = match self.protocol_version()? {
            Version::V1 => Version::V1,
            _ => Version::V0,
        };
        say("\n")?;
        let session = wire::Session::Duplex;
        let mut nonce = [0; 20];
        getrandom::fill(&mut nonce).map_err(|error| HelperError::Streams(error.into()))?;
        let options = ReceiveOptions { version, session, agent: super::agent(), nonce };
        let served = self.core.receive_pack(&self.remote.name, &options, git()).await;
        served.map_err(|error| self.explain(error))?;
        // Git has its answer already: that a mirror was missed is left to say by failing.
        mirror::follow_all(&self.mirrors, &self.trunk(), Pushed::default()).await?;
        Ok(Next::End)
    }

    /// A push goes the short way where git can make the pack without asking anyone.
    fn road_of_push(&mut self) -> Result<Road, HelperError> {
        if self.dir.is_some() {
            return Ok(Road::Short);
        }
        let Some(local) = self.local.clone() else { return Ok(Road::General) };
        let config = self.config()?;
        if local.is_shallow() || config.is_partial_clone() || !config.is_sha1() {
            return Ok(Road::General);
        }
        match TemporaryDir::new(local.objects()) {
            Ok(dir) => {
                self.dir = Some(dir);
                Ok(Road::Short)
            }
            // Nothing can be made there: the general road makes its pack in a pipe.
            Err(_) => Ok(Road::General),
        }
    }

    async fn list(&mut self) -> Result<Next, HelperError> {
        if self.listing.is_none() {
            let listing = self.all_refs().await?;
            self.listing = Some(listing);
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

    async fn list_for_push(&mut self) -> Result<Next, HelperError> {
        self.ready_mirrors().await?;
        self.listing = self.refs(Peel::Known).await?;
        let mut lines = ":object-format sha1\n".to_owned();
        for found in self.listing.iter().flat_map(|listing| &listing.refs) {
            lines.push_str(&format!("{} {}\n", found.id, found.name.as_str()));
        }
        lines.push('\n');
        say(&lines)
    }

    async fn push(&mut self, orders: Vec<String>) -> Result<Next, HelperError> {
        let parsed: Option<Vec<Order>> = orders.iter().map(|order| Order::parse(order)).collect();
        let parsed = parsed.ok_or_else(|| HelperError::Command { line: orders.join("\n") })?;
        let big_file_bytes = self.config()?.big_file_bytes();
        let (Some(dir), Some(local)) = (self.dir.take(), &self.local) else {
            return Err(HelperError::Command { line: "push before connect".into() });
        };
        if !self.options.dry_run {
            self.make_store().await?;
        }
        let local_head = local.head();
        let push = Push {
            core: &self.core,
            store: &self.store,
            name: &self.remote.name,
            is_static: self.remote.store.is_directory(),
            listing: self.listing.as_ref(),
            options: &self.options,
            objects: local.objects(),
            big_file_bytes,
            dir: &dir,
            local_head: local_head.as_ref(),
        };
        let Done { mut outcomes, packs } = push.run(&parsed).await?;
        drop(dir);
        self.note(&packs);
        if !self.options.dry_run {
            self.reach_mirrors(&parsed, &mut outcomes).await;
        }
        say(&outcome_lines(&parsed, &outcomes))
    }

    /// Brings the mirrors in line with the primary before a push: one that cannot be reached stops it
    /// before anything has moved, and one that was away catches up, also where nothing is to be pushed.
    async fn ready_mirrors(&mut self) -> Result<(), HelperError> {
        let primary = self.trunk();
        self.mirrors = mirror::find(&primary, storage::settings()?.as_ref()).await?;
        Ok(mirror::follow_all(&self.mirrors, &primary, Pushed::default()).await?)
    }

    /// Has the mirrors follow a push. Where one does not, no ref counts as pushed: the primary has
    /// them, and the next push brings the mirror in line.
    async fn reach_mirrors(&self, orders: &[Order], outcomes: &mut Outcomes) {
        if outcomes.iter().all(Result::is_err) {
            return;
        }
        let gone = orders.iter().filter(|order| order.source.is_none());
        let gone: Vec<RefName> =
            gone.filter_map(|order| RefName::new(&order.destination).ok()).collect();
        let had: Vec<ObjectId> =
            self.listing.iter().flat_map(|listing| &listing.refs).map(|found| found.id).collect();
        let pushed = Pushed { gone: &gone, had: &had };
        if let Err(error) = mirror::follow_all(&self.mirrors, &self.trunk(), pushed).await {
            for outcome in outcomes.iter_mut().filter(|outcome| outcome.is_ok()) {
                *outcome = Err(format!("{error} (the primary has it: push again)"));
            }
        }
    }

    fn trunk(&self) -> Trunk {
        let Self { remote, store, core, .. } = self;
        Trunk { remote: remote.clone(), store: store.clone(), core: core.clone() }
    }

    /// Makes the repository for a push by the general road, if there is none.
    async fn create(&mut self) -> Result<(), HelperError> {
        self.make_store().await?;
        let head = self.local.as_ref().and_then(LocalRepository::head);
        let branch = head.as_ref().and_then(|head| head.as_str().strip_prefix("refs/heads/"));
        let options = CreateOptions {
            default_branch: branch.unwrap_or("main").to_owned(),
            is_static: self.remote.store.is_directory(),
            id: uuid::Uuid::new_v4().to_string(),
        };
        match self.core.create(&self.remote.name, &options).await {
            Err(error) if error.code == Code::Exists => Ok(()),
            outcome => Ok(outcome?),
        }
    }

    async fn make_store(&self) -> Result<(), HelperError> {
        Ok(self.store.make_place_unasked().await?)
    }

    /// The refs, for who is to fetch all that there is: one that cannot be read is not passed over.
    async fn all_refs(&mut self) -> Result<RefListing, HelperError> {
        unbroken(self.refs(Peel::All).await?.ok_or_else(|| self.missing())?)
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

    fn explain(&self, error: CoreError) -> HelperError {
        if error.code == Code::NotFound { self.missing() } else { error.into() }
    }

    fn missing(&self) -> HelperError {
        HelperError::Missing { url: self.remote.to_string() }
    }
}

/// Refuses what lists a ref that cannot be read, for who is to fetch all that there is.
fn unbroken(listing: RefListing) -> Result<RefListing, HelperError> {
    match listing.broken.first() {
        Some(message) => Err(CoreError { code: Code::Corrupt, message: message.clone() }.into()),
        None => Ok(listing),
    }
}

/// Git at the other end of standard input and output.
fn git() -> Exchange {
    Exchange::new(tokio::io::stdin(), tokio::io::stdout())
}

fn say(text: &str) -> Result<Next, HelperError> {
    let mut output = io::stdout().lock();
    output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
        .map_err(HelperError::Streams)?;
    Ok(Next::Command)
}
