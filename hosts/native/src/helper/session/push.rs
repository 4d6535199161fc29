//! The part of the conversation that is about a push, and the mirrors that it must reach.

use super::{Next, Road, Session, git, not_understood, say, say_bytes, told};
use crate::{
    helper::{
        HelperError, agent,
        lines::{outcome_lines, text},
        local::LocalRepository,
        push::{Done, Order, Outcomes, Push},
        storage,
        temporary::TemporaryDir,
    },
    mirror::{self, Pushed, Trunk},
};
use trunks_core::{
    code::Code,
    object::ObjectId,
    refs::RefName,
    repository::{CreateOptions, Peel},
    wire::{self, ReceiveOptions, Version},
};

impl Session {
    pub(super) async fn connect_receive_pack(&mut self) -> Result<Next, HelperError> {
        if self.road_of_push()? == Road::Short {
            return say("fallback\n");
        }
        self.require_sha1()?;
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
        let options = ReceiveOptions { version, session, agent: agent(), nonce };
        let served = self.core.receive_pack(&self.remote.name, &options, git()).await;
        served.map_err(told)?;
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

    pub(super) async fn list_for_push(&mut self) -> Result<Next, HelperError> {
        self.ready_mirrors().await?;
        self.listing = self.refs(Peel::Known).await?;
        let mut lines = ":object-format sha1\n".to_owned();
        for found in self.listing.iter().flat_map(|listing| &listing.refs) {
            lines.push_str(&format!("{} {}\n", found.id, found.name.as_str()));
        }
        lines.push('\n');
        say(&lines)
    }

    pub(super) async fn push(&mut self, orders: Vec<Vec<u8>>) -> Result<Next, HelperError> {
        let (named, unnamed): (Vec<_>, Vec<_>) =
            orders.into_iter().partition(|order| text(order).is_ok());
        let parsed: Option<Vec<Order>> =
            named.iter().map(|order| Order::parse(text(order).ok()?)).collect();
        let parsed = parsed.ok_or_else(|| not_understood(&named))?;
        let outcomes = if self.options.atomic && !unnamed.is_empty() {
            parsed.iter().map(|_| Err("atomic push failed".to_owned())).collect()
        } else {
            self.carry_out(&parsed).await?
        };
        say_bytes(&outcome_lines(&parsed, &outcomes, &unnamed))
    }

    async fn carry_out(&mut self, orders: &[Order]) -> Result<Outcomes, HelperError> {
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
        let Done { mut outcomes, packs } = push.run(orders).await?;
        drop(dir);
        self.note(&packs);
        if !self.options.dry_run {
            self.reach_mirrors(orders, &mut outcomes).await;
        }
        Ok(outcomes)
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
}
