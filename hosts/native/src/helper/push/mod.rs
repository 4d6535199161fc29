//! The short way of a push: git makes the pack, the helper stores it, the core moves the refs.

mod deltas;
mod packs;
mod plan;

pub use plan::Order;

use super::{HelperError, options::Options, temporary::TemporaryDir};
use crate::{component::Guest, mirror::map};
use plan::{Plan, Plans};
use std::path::Path;
use trunks_core::{
    code::Code,
    object::ObjectId,
    refs::{Head, RefName, RefUpdate},
    repository::{CreateOptions, RefListing, RepoName},
    store::Store,
};

/// A push that git has asked for.
#[derive(Debug)]
pub struct Push<'a, S> {
    /// The core over the store.
    pub core: &'a Guest,
    /// The store.
    pub store: &'a S,
    /// The repository that is pushed to.
    pub name: &'a RepoName,
    /// Whether it is one that a static file server can serve, if this push makes it.
    pub is_static: bool,
    /// Its refs as git was told them; `None` when it does not exist yet.
    pub listing: Option<&'a RefListing>,
    /// What git asked for.
    pub options: &'a Options,
    /// The local repository's objects.
    pub objects: &'a Path,
    /// The length from which on the user wants no deltas of files, in bytes.
    pub big_file_bytes: u64,
    /// Where packs are made.
    pub dir: &'a TemporaryDir,
    /// The branch that is checked out locally, in full.
    pub local_head: Option<&'a RefName>,
}

/// What became of each order: nothing to say when it was carried out, else why not, in words that
/// git knows where it has some.
pub type Outcomes = Vec<Result<(), String>>;

/// What a push has done.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// What became of each order.
    pub outcomes: Outcomes,
    /// The keys of the packs that hold what was pushed.
    pub packs: Vec<String>,
}

impl<S: Store> Push<'_, S> {
    /// Carries the orders out, each for itself.
    pub async fn run(&self, orders: &[Order]) -> Result<Done, HelperError> {
        let head = Head::Symbolic(RefName::head());
        let empty = RefListing { head, refs: Vec::new(), broken: Vec::new() };
        let listing = self.listing.unwrap_or(&empty);
        let Plans { plans, haves } = Plans::make(orders, listing, self.options)?;
        if self.options.dry_run {
            let outcomes = plans.into_iter().map(|plan| plan.map(drop)).collect();
            return Ok(Done { outcomes, packs: Vec::new() });
        }
        let go_ahead: Vec<&Plan> = plans.iter().flatten().collect();
        let Done { outcomes: moved, packs } = if go_ahead.is_empty() {
            Done::default()
        } else {
            self.carry_out(&go_ahead, listing, &haves).await?
        };
        let mut moved = moved.into_iter();
        let outcomes = plans.iter().map(|plan| match plan {
            Ok(_) => moved.next().unwrap_or_else(|| Err("the core did not answer".into())),
            Err(why) => Err(why.clone()),
        });
        Ok(Done { outcomes: outcomes.collect(), packs })
    }

    async fn carry_out(
        &self,
        plans: &[&Plan],
        listing: &RefListing,
        haves: &[ObjectId],
    ) -> Result<Done, HelperError> {
        if self.listing.is_none() {
            self.create(plans).await?;
        }
        let updates: Vec<RefUpdate> = plans.iter().map(|plan| plan.update.clone()).collect();
        let packs = self.store_objects(&updates, haves).await?;
        // What a ref is to name was just stored, or refs that were listed lead to it.
        let moved = self.core.move_refs(self.name, &updates).await?;
        self.adopt_head(plans, listing).await?;
        let outcomes = moved.into_iter().zip(plans).map(|(outcome, plan)| {
            outcome.map_err(|error| match error.code {
                Code::Conflict => plan.on_conflict.to_owned(),
                _ => error.message,
            })
        });
        Ok(Done { outcomes: outcomes.collect(), packs })
    }

    /// Makes the repository that is pushed to for the first time.
    async fn create(&self, plans: &[&Plan]) -> Result<(), HelperError> {
        let branch = default_branch(plans, self.local_head).map_or(MAIN, RefName::as_str);
        let options = CreateOptions {
            default_branch: branch.strip_prefix(HEADS).unwrap_or(branch).to_owned(),
            is_static: self.is_static,
            id: uuid::Uuid::new_v4().to_string(),
        };
        match self.core.create(self.name, &options).await {
            // Another first push was quicker: theirs serves as well.
            Err(error) if error.code == Code::Exists => Ok(()),
            outcome => Ok(outcome?),
        }
    }

    /// Where there was no branch at all, `HEAD` follows the one that is checked out here, so that a
    /// clone checks it out too; unless somebody has chosen another.
    async fn adopt_head(&self, plans: &[&Plan], listing: &RefListing) -> Result<(), HelperError> {
        if self.listing.is_none() || listing.refs.iter().any(|found| is_branch(&found.name)) {
            return Ok(());
        }
        match (default_branch(plans, self.local_head), &listing.head) {
            (Some(branch), Head::Symbolic(head)) if branch != head && !is_pushed(plans, head) => {
                if map::is_head_chosen(self.store, self.name).await? {
                    return Ok(());
                }
                let head = Head::Symbolic(branch.clone());
                Ok(self.core.set_head(self.name, &head).await?)
            }
            _ => Ok(()),
        }
    }
}

/// Of the branches that are pushed: the one that is checked out, else main, else the first.
fn default_branch<'a>(plans: &'a [&Plan], local_head: Option<&RefName>) -> Option<&'a RefName> {
    let mut branches = plans.iter().map(|plan| &plan.update.name).filter(|name| is_branch(name));
    let wanted = [local_head.map(RefName::as_str), Some(MAIN)];
    let found = wanted
        .into_iter()
        .flatten()
        .find_map(|wanted| branches.clone().find(|branch| branch.as_str() == wanted));
    found.or_else(|| branches.next())
}

fn is_pushed(plans: &[&Plan], name: &RefName) -> bool {
    plans.iter().any(|plan| plan.update.name == *name)
}

fn is_branch(name: &RefName) -> bool {
    name.as_str().starts_with(HEADS)
}

const HEADS: &str = "refs/heads/";
const MAIN: &str = "refs/heads/main";
