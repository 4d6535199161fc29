//! What client and server both have.

use super::WireError;
use crate::{
    at_once::join_all,
    object::{Kind, ObjectId},
    odb::{Objects, ReadError},
    sorted::{BTreeMap, BTreeSet},
    store::Store,
    walk::{WalkError, read_links},
};
use alloc::{collections::VecDeque, vec::Vec};

/// How many objects are looked at at once.
const READS_IN_FLIGHT: usize = 32;
/// How many commits are looked at to find out whether enough is common. Past that the client says
/// itself when it has no more to tell.
const COMMITS_LOOKED_AT: usize = 20_000;

/// What client and server both have, as it becomes known.
#[derive(Clone, Debug, Default)]
pub(super) struct Common {
    /// The objects that the client said it has, and that are stored.
    pub(super) ids: Vec<ObjectId>,
    /// Those and their parents.
    reached: BTreeSet<ObjectId>,
    /// The date of the oldest commit among them.
    oldest_s: Option<u64>,
    /// The last answer of [`Common::suffices`], and for how many common objects.
    answer: Option<(usize, bool)>,
}

impl Common {
    /// Notes what the client says it has. Says of each id, in order, whether it is common.
    pub(super) async fn note<S: Store>(
        &mut self,
        objects: &Objects<S>,
        haves: &[ObjectId],
    ) -> Result<Vec<bool>, WireError> {
        let mut are_common = Vec::with_capacity(haves.len());
        for ids in haves.chunks(READS_IN_FLIGHT) {
            let looks = join_all(ids.iter().map(|id| look(objects, id))).await;
            for (id, look) in ids.iter().zip(looks) {
                let look = look?;
                are_common.push(!matches!(look, Look::Absent));
                match look {
                    Look::Absent => {}
                    Look::Commit { date_s, parents } => {
                        self.oldest_s = Some(self.oldest_s.map_or(date_s, |old| old.min(date_s)));
                        if self.reached.insert(*id) {
                            self.ids.push(*id);
                        }
                        self.reached.extend(parents);
                    }
                    Look::Other => {
                        if self.reached.insert(*id) {
                            self.ids.push(*id);
                        }
                    }
                }
            }
        }
        Ok(are_common)
    }

    /// Whether everything wanted leads to something common, so that the client need not tell more.
    pub(super) async fn suffices<S: Store>(
        &mut self,
        objects: &Objects<S>,
        wants: &[ObjectId],
    ) -> Result<bool, WireError> {
        if self.ids.is_empty() {
            return Ok(false);
        }
        if let Some((known, answer)) = self.answer
            && known == self.reached.len()
        {
            return Ok(answer);
        }
        let answer = self.all_lead_here(objects, wants).await?;
        self.answer = Some((self.reached.len(), answer));
        Ok(answer)
    }

    async fn all_lead_here<S: Store>(
        &self,
        objects: &Objects<S>,
        wants: &[ObjectId],
    ) -> Result<bool, WireError> {
        let mut children: BTreeMap<ObjectId, Vec<ObjectId>> = BTreeMap::new();
        let mut seen: BTreeSet<ObjectId> = BTreeSet::new();
        let mut good: Vec<ObjectId> = Vec::new();
        let mut commits: Vec<ObjectId> = Vec::new();
        let mut pending: VecDeque<ObjectId> = VecDeque::new();
        for ids in wants.chunks(READS_IN_FLIGHT) {
            for peeled in join_all(ids.iter().map(|id| crate::walk::peel(objects, id))).await {
                // History says nothing about trees and blobs.
                if let (id, Kind::Commit) = peeled?
                    && seen.insert(id)
                {
                    commits.push(id);
                    pending.push_back(id);
                }
            }
        }
        while !pending.is_empty() {
            if seen.len() > COMMITS_LOOKED_AT {
                return Ok(false);
            }
            let some: Vec<ObjectId> = pending.drain(..pending.len().min(READS_IN_FLIGHT)).collect();
            let (reached, further): (Vec<_>, Vec<_>) =
                some.into_iter().partition(|id| self.reached.contains(id));
            good.extend(reached);
            let links = join_all(further.iter().map(|id| read_links(objects, id))).await;
            for (id, links) in further.iter().zip(links) {
                let links = links?;
                if self.oldest_s.is_some_and(|oldest_s| links.date_s < oldest_s) {
                    continue;
                }
                for parent in links.parents {
                    children.entry(parent).or_default().push(*id);
                    if seen.insert(parent) {
                        pending.push_back(parent);
                    }
                }
            }
        }
        let mut lead_here: BTreeSet<ObjectId> = BTreeSet::new();
        while let Some(id) = good.pop() {
            if lead_here.insert(id) {
                good.extend(children.remove(&id).unwrap_or_default());
            }
        }
        Ok(commits.iter().all(|id| lead_here.contains(id)))
    }
}

enum Look {
    Absent,
    Commit { date_s: u64, parents: Vec<ObjectId> },
    Other,
}

async fn look<S: Store>(objects: &Objects<S>, id: &ObjectId) -> Result<Look, WireError> {
    if !objects.is_known(id).await? {
        return Ok(Look::Absent);
    }
    match read_links(objects, id).await {
        Ok(links) => Ok(Look::Commit { date_s: links.date_s, parents: links.parents }),
        Err(WalkError::Kind { .. } | WalkError::Read(ReadError::TooLarge { .. })) => {
            Ok(Look::Other)
        }
        Err(error) => Err(error.into()),
    }
}
