//! What each order of a push comes to, before anything is written.

use crate::helper::{
    git::{GitError, LocalObject, find_objects},
    options::Options,
};
use std::collections::{BTreeSet, HashMap};
use trunks_core::{
    object::ObjectId,
    refs::{Head, OldValue, RefName, RefUpdate},
    repository::RefListing,
};

/// One ref that git wants moved: `[+][source]:destination`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Whether it may lose history.
    pub forced: bool,
    /// What it is to name, in words that git understands; `None` deletes it.
    pub source: Option<String>,
    /// Its full name.
    pub destination: String,
}

impl Order {
    /// Reads what follows `push `.
    pub fn parse(text: &str) -> Option<Self> {
        let (forced, text) = match text.strip_prefix('+') {
            Some(text) => (true, text),
            None => (false, text),
        };
        let (source, destination) = text.rsplit_once(':')?;
        let source = (!source.is_empty()).then(|| source.to_owned());
        Some(Self { forced, source, destination: destination.to_owned() })
    }
}

/// An order that may be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What it does.
    pub update: RefUpdate,
    /// What to say if another writer was first.
    pub on_conflict: &'static str,
}

/// What the orders come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plans {
    /// For each order what to do, or why not, in words that git knows where it has some.
    pub plans: Vec<Result<Plan, String>>,
    /// The ids that the other side names and the local repository has.
    pub haves: Vec<ObjectId>,
}

impl Plans {
    /// Judges the orders by what is listed and what is in the local repository.
    pub fn make(
        orders: &[Order],
        listing: &RefListing,
        options: &Options,
    ) -> Result<Self, GitError> {
        let tips: BTreeSet<ObjectId> = listing.refs.iter().map(|found| found.id).collect();
        let listed = listed(listing);
        let local = Local::look_up(orders, &tips, &listed)?;
        let judge = Judge { listing, listed, options, local: &local };
        let mut plans: Vec<_> = orders.iter().map(|order| judge.judge(order)).collect();
        if options.atomic {
            refuse_half(&mut plans);
        }
        let haves = tips.into_iter().filter(|id| local.has(id)).collect();
        Ok(Self { plans, haves })
    }
}

fn listed(listing: &RefListing) -> HashMap<&str, ObjectId> {
    listing.refs.iter().map(|found| (found.name.as_str(), found.id)).collect()
}

/// An atomic push of one ref is like any other; of several, each moves for itself here, so that
/// nothing less than a refusal keeps the promise.
fn refuse_half(plans: &mut [Result<Plan, String>]) {
    let why = if plans.iter().any(Result::is_err) {
        "atomic push failed"
    } else if plans.len() > 1 {
        "atomic push of several refs is not supported"
    } else {
        return;
    };
    for plan in plans.iter_mut().filter(|plan| plan.is_ok()) {
        *plan = Err(why.to_owned());
    }
}

/// What the local repository has of what was asked about.
struct Local(HashMap<String, LocalObject>);

impl Local {
    fn look_up(
        orders: &[Order],
        tips: &BTreeSet<ObjectId>,
        listed: &HashMap<&str, ObjectId>,
    ) -> Result<Self, GitError> {
        let mut local = Self(HashMap::new());
        let sources = orders.iter().filter_map(|order| order.source.clone());
        local.add(tips.iter().map(ObjectId::to_string).chain(sources).collect())?;
        // Asked only of tags that are moved or put in another's place: of one that leads to no commit
        // git complains to the user as well.
        let moved = orders.iter().flat_map(|order| {
            let old = listed.get(order.destination.as_str()).map(ObjectId::to_string);
            order.source.clone().filter(|_| old.is_some()).into_iter().chain(old)
        });
        let is_tag = |name: &String| local.find(name).is_some_and(|found| found.kind == "tag");
        let tags: BTreeSet<String> = moved.filter(is_tag).map(|name| commit_of(&name)).collect();
        local.add(tags)?;
        Ok(local)
    }

    fn add(&mut self, names: BTreeSet<String>) -> Result<(), GitError> {
        if names.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = names.into_iter().collect();
        let found = find_objects(&names)?;
        let found = names.into_iter().zip(found);
        self.0.extend(found.filter_map(|(name, object)| Some((name, object?))));
        Ok(())
    }

    fn find(&self, name: &str) -> Option<&LocalObject> {
        self.0.get(name)
    }

    fn has(&self, id: &ObjectId) -> bool {
        self.0.contains_key(&id.to_string())
    }

    fn is_commitish(&self, name: &str) -> bool {
        self.find(name).is_some_and(|found| match found.kind.as_str() {
            "commit" => true,
            "tag" => self.0.contains_key(&commit_of(name)),
            _ => false,
        })
    }
}

fn commit_of(name: &str) -> String {
    format!("{name}^{{commit}}")
}

struct Judge<'a> {
    listing: &'a RefListing,
    listed: HashMap<&'a str, ObjectId>,
    options: &'a Options,
    local: &'a Local,
}

impl Judge<'_> {
    fn judge(&self, order: &Order) -> Result<Plan, String> {
        let name = order.destination.as_str();
        let full = RefName::new(name).ok().filter(|name| !name.is_head());
        let full = full.ok_or("funny refname")?;
        let old = self.listed.get(name).copied();
        let lease = self.options.leases.get(name);
        if lease.is_some_and(|expected| *expected != old.unwrap_or(ObjectId::ZERO)) {
            return Err("stale info".into());
        }
        let new = match &order.source {
            Some(source) => Some(self.new_id(source, name)?),
            None if self.listing.head == Head::Symbolic(full.clone()) => {
                return Err("deletion of the current branch prohibited".into());
            }
            None => None,
        };
        if let (Some(source), Some(old)) = (&order.source, old)
            && !order.forced
            && lease.is_none()
        {
            self.keeps_history(source, name, &old)?;
        }
        let on_conflict = match (lease, order.forced || new.is_none()) {
            (Some(_), _) => "stale info",
            (None, true) => "another push moved it meanwhile: try again",
            (None, false) => "fetch first",
        };
        let old = old.map_or(OldValue::Absent, OldValue::Is);
        let update = RefUpdate { name: full, old, new };
        Ok(Plan { update, on_conflict })
    }

    fn new_id(&self, source: &str, name: &str) -> Result<ObjectId, String> {
        let object = self.local.find(source);
        let object = object.ok_or_else(|| format!("{source} is not in the local repository"))?;
        if name.starts_with("refs/heads/") && object.kind != "commit" {
            return Err(format!("a branch names a commit, and {source} is a {}", object.kind));
        }
        Ok(object.id)
    }

    /// Git has compared histories where it could and orders the rest all the same: that is judged
    /// here as `git push` judges it elsewhere.
    fn keeps_history(&self, source: &str, name: &str, old: &ObjectId) -> Result<(), String> {
        if name.starts_with("refs/tags/") {
            return Err("already exists".into());
        }
        if !self.local.has(old) {
            return Err("fetch first".into());
        }
        if !self.local.is_commitish(&old.to_string()) || !self.local.is_commitish(source) {
            return Err("needs force".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
