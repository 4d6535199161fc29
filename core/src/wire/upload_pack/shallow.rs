//! Where a shallow client's history ends.

use super::{
    Server, WireError, protocol, refused,
    request::{INFINITE_DEPTH, Request},
};
use crate::{
    at_once::join_all,
    exchange::Exchange,
    object::{Kind, ObjectId},
    odb::{Objects, ReadError},
    refs::RefName,
    sorted::{BTreeMap, BTreeSet},
    store::Store,
    walk::{HistoryWalk, Tips, WalkError, peel, read_links},
};
use alloc::{format, vec::Vec};

/// How many commits are read at once.
const READS_IN_FLIGHT: usize = 32;

/// Where a client's history is to end, and what changes for that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ends {
    /// Commits whose parents the client will not have from now on.
    pub(super) shallow: Vec<ObjectId>,
    /// Commits whose parents it will have from now on.
    pub(super) unshallow: Vec<ObjectId>,
    /// Commits that both sides take to have no parents while objects are counted.
    pub(super) cut: BTreeSet<ObjectId>,
    /// The parents that are sent although the client has their children.
    pub(super) wants: Vec<ObjectId>,
}

impl<S: Store + Clone, E: Exchange> Server<'_, '_, S, E> {
    /// Finds where the client's history is to end.
    pub(super) async fn ends(&mut self, request: &Request) -> Result<Ends, WireError> {
        let objects = &self.repository.objects;
        let deepen = &request.deepen;
        let client = known_commits(objects, &request.client_shallow).await?;
        if !deepen.is_asked() {
            return Ok(Ends { cut: client.into_keys().collect(), ..Ends::default() });
        }
        let wants = peel_to_commits(objects, &request.wants).await?;
        let reach = match deepen.depth {
            Some(INFINITE_DEPTH..) => {
                Reach { inside: client.keys().copied().collect(), ends: BTreeSet::new() }
            }
            Some(depth) if deepen.is_relative => {
                let starts = reachable(objects, &wants, &client).await?;
                by_depth(objects, starts, depth.saturating_add(1)).await?
            }
            Some(depth) => by_depth(objects, wants, depth).await?,
            None => {
                let not = self.resolve(&deepen.not).await?;
                by_history(&self.repository.objects, &wants, &not, deepen.since_s).await?
            }
        };
        Ok(reach.compare(&client))
    }

    /// Tells the client of the commits where its history ends, and where it does no longer.
    pub(super) async fn write_ends(&mut self, ends: &Ends) -> Result<(), WireError> {
        let shallow = ends.shallow.iter().map(|id| ("shallow", id));
        let unshallow = ends.unshallow.iter().map(|id| ("unshallow", id));
        for (word, id) in shallow.chain(unshallow) {
            self.lines.write_line(format_args!("{word} {id}"));
            self.lines.flush_if_large().await?;
        }
        Ok(())
    }

    /// The commits that names of refs, perhaps short ones, stand for.
    async fn resolve(&self, names: &[alloc::string::String]) -> Result<Vec<ObjectId>, WireError> {
        let mut ids = Vec::new();
        for name in names {
            let mut found = None;
            for prefix in ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"] {
                if let Ok(full) = RefName::new(&format!("{prefix}{name}"))
                    && let Some(known) = self.repository.refs.find(&full).await?
                {
                    found = Some(known.id);
                    break;
                }
            }
            let unknown = || refused(format!("upload-pack: ambiguous deepen-not: {name}"));
            ids.push(peel(&self.repository.objects, &found.ok_or_else(unknown)?).await?.0);
        }
        Ok(ids)
    }
}

/// A part of history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Reach {
    /// Commits of which all parents are in it too.
    inside: BTreeSet<ObjectId>,
    /// Commits whose parents are not.
    ends: BTreeSet<ObjectId>,
}

impl Reach {
    /// What changes for a client whose history ends at the commits `client`.
    fn compare(self, client: &BTreeMap<ObjectId, Vec<ObjectId>>) -> Ends {
        let shallow: Vec<ObjectId> =
            self.ends.iter().filter(|id| !client.contains_key(*id)).copied().collect();
        let mut ends = Ends { cut: client.keys().copied().collect(), ..Ends::default() };
        for (id, parents) in client.iter().filter(|(id, _)| self.inside.contains(*id)) {
            ends.unshallow.push(*id);
            ends.wants.extend(parents);
        }
        ends.cut.extend(&shallow);
        ends.shallow = shallow;
        ends
    }
}

/// The history of `starts`, so many commits deep, each as near as it can be.
async fn by_depth<S: Store>(
    objects: &Objects<S>,
    starts: Vec<ObjectId>,
    depth: u32,
) -> Result<Reach, WireError> {
    let mut reach = Reach::default();
    let mut seen: BTreeSet<ObjectId> = starts.iter().copied().collect();
    let mut level: Vec<ObjectId> = seen.iter().copied().collect();
    let mut level_depth = 1;
    while !level.is_empty() && level_depth < depth {
        let mut next = Vec::new();
        for ids in level.chunks(READS_IN_FLIGHT) {
            let commits = join_all(ids.iter().map(|id| read_links(objects, id))).await;
            for (id, commit) in ids.iter().zip(commits) {
                reach.inside.insert(*id);
                next.extend(commit?.parents.into_iter().filter(|parent| seen.insert(*parent)));
            }
        }
        level = next;
        level_depth += 1;
    }
    reach.ends.extend(level);
    Ok(reach)
}

/// The history of `wants` without what `not` leads to and what is older than `since_s`.
async fn by_history<S: Store>(
    objects: &Objects<S>,
    wants: &[ObjectId],
    not: &[ObjectId],
    since_s: Option<u64>,
) -> Result<Reach, WireError> {
    let tips = Tips { new: wants, old: not, shallow: None, since_s };
    let history = HistoryWalk::new(objects, tips).await?.finish().await?;
    let (ends, inside): (BTreeSet<_>, BTreeSet<_>) =
        history.new_commits().partition(|id| history.has_parent_beyond(id));
    if ends.is_empty() && inside.is_empty() {
        return Err(refused("no commits selected for shallow requests"));
    }
    Ok(Reach { inside, ends })
}

/// Those of the client's ends that `wants` lead to.
async fn reachable<S: Store>(
    objects: &Objects<S>,
    wants: &[ObjectId],
    client: &BTreeMap<ObjectId, Vec<ObjectId>>,
) -> Result<Vec<ObjectId>, WireError> {
    let mut seen: BTreeSet<ObjectId> = wants.iter().copied().collect();
    let mut pending: Vec<ObjectId> = seen.iter().copied().collect();
    let mut found = Vec::new();
    while !pending.is_empty() && found.len() < client.len() {
        let some = pending.split_off(pending.len().saturating_sub(READS_IN_FLIGHT));
        found.extend(some.iter().filter(|id| client.contains_key(*id)));
        for links in join_all(some.iter().map(|id| read_links(objects, id))).await {
            pending.extend(links?.parents.into_iter().filter(|parent| seen.insert(*parent)));
        }
    }
    Ok(found)
}

/// The client's ends with their parents; those that are not stored do not matter.
async fn known_commits<S: Store>(
    objects: &Objects<S>,
    ids: &[ObjectId],
) -> Result<BTreeMap<ObjectId, Vec<ObjectId>>, WireError> {
    let mut known = BTreeMap::new();
    for ids in ids.chunks(READS_IN_FLIGHT) {
        let commits = join_all(ids.iter().map(|id| read_links(objects, id))).await;
        for (id, commit) in ids.iter().zip(commits) {
            match commit {
                Ok(links) => {
                    known.insert(*id, links.parents);
                }
                Err(WalkError::Read(ReadError::Missing { .. })) => {}
                Err(WalkError::Kind { .. }) => {
                    return Err(protocol(format!("invalid shallow object {id}")));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(known)
}

async fn peel_to_commits<S: Store>(
    objects: &Objects<S>,
    ids: &[ObjectId],
) -> Result<Vec<ObjectId>, WireError> {
    let mut commits = Vec::new();
    for ids in ids.chunks(READS_IN_FLIGHT) {
        for peeled in join_all(ids.iter().map(|id| peel(objects, id))).await {
            if let (id, Kind::Commit) = peeled? {
                commits.push(id);
            }
        }
    }
    Ok(commits)
}
