//! The walk over history: the commits that are reachable from some tips and not from others.

use super::{
    OBJECTS_BEFORE_INDEXES, READS_IN_FLIGHT, WalkError,
    marks::{Flags, Mark, Marks},
    read::{self, CommitLinks},
};
use crate::{
    at_once::join_all,
    object::ObjectId,
    odb::{Objects, ReadError},
    sort,
    sorted::BTreeSet,
    store::Store,
};
use alloc::{collections::BinaryHeap, vec::Vec};
use core::{cmp::Reverse, ops::Range};

/// How many commits are looked at before the old tips are read. Until then an old tip is known by
/// its id alone, which is all that most fetches and pushes need, however many refs there are.
const COMMITS_BEFORE_OLD_TIPS: u32 = 32;
/// How many more commits are looked at when only old ones are left, in case a clock was wrong.
const COMMITS_AFTER_NEW: u32 = 8;

/// Which part of history to walk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tips<'a> {
    /// What is reachable from these commits is new.
    pub(crate) new: &'a [ObjectId],
    /// What is reachable from these is old: commits, or tags that lead to some. Those that are not
    /// stored do not count.
    pub(crate) old: &'a [ObjectId],
    /// Commits that are taken to have no parents.
    pub(crate) shallow: Option<&'a BTreeSet<ObjectId>>,
    /// Commits before this moment are old, in seconds since 1970.
    pub(crate) since_s: Option<u64>,
}

/// The commits of a walk.
#[derive(Debug, Default)]
pub(crate) struct History {
    marks: Marks,
    /// By mark.
    nodes: Vec<Node>,
    /// The parents of all nodes, each a range of it.
    parents: Vec<Mark>,
    /// Those that were new when they were looked at, newest first.
    seen_new: Vec<Mark>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// `None`: not read.
    tree: Option<ObjectId>,
    date_s: u64,
    parents: Range<u32>,
}

impl History {
    /// The new commits, newest first.
    pub(crate) fn new_commits(&self) -> impl Iterator<Item = ObjectId> {
        self.new_marks().map(|mark| self.marks.id(mark))
    }

    /// The trees of the new commits, newest first.
    pub(crate) fn new_trees(&self) -> impl Iterator<Item = ObjectId> {
        self.new_marks().filter_map(|mark| self.nodes.get(mark as usize)?.tree)
    }

    /// The old commits that are parents of new ones.
    pub(crate) fn boundary(&self) -> Vec<ObjectId> {
        let mut marks: Vec<Mark> = self
            .new_marks()
            .flat_map(|mark| self.parents_of(mark))
            .copied()
            .filter(|&parent| self.marks.flags(parent).has(Flags::OLD))
            .collect();
        sort::unstable(&mut marks);
        marks.dedup();
        marks.into_iter().map(|mark| self.marks.id(mark)).collect()
    }

    /// Whether nothing is new.
    pub(crate) fn is_without_new(&self) -> bool {
        self.new_marks().next().is_none()
    }

    /// Whether any of the parents of the new commit `id` is not new.
    pub(crate) fn has_parent_beyond(&self, id: &ObjectId) -> bool {
        self.marks.find(id).is_some_and(|mark| {
            self.parents_of(mark).iter().any(|&parent| !is_new(self.marks.flags(parent)))
        })
    }

    fn new_marks(&self) -> impl Iterator<Item = Mark> {
        self.seen_new.iter().copied().filter(|&mark| is_new(self.marks.flags(mark)))
    }

    fn parents_of(&self, mark: Mark) -> &[Mark] {
        self.nodes
            .get(mark as usize)
            .and_then(|node| {
                self.parents.get(node.parents.start as usize..node.parents.end as usize)
            })
            .unwrap_or_default()
    }

    fn is_read(&self, mark: Mark) -> bool {
        self.nodes.get(mark as usize).is_some_and(|node| node.tree.is_some())
    }

    /// Marks a commit as old, and all of its ancestors that were read.
    fn set_old(&mut self, mark: Mark) {
        let mut pending = Vec::from([mark]);
        while let Some(mark) = pending.pop() {
            if !self.marks.add(mark, Flags::OLD).has(Flags::OLD) {
                pending.extend_from_slice(self.parents_of(mark));
            }
        }
    }

    /// Notes what was read of a commit. Its parents get the marks that they inherit from it.
    fn note(&mut self, mark: Mark, links: CommitLinks, is_shallow: bool) {
        let start = self.parents.len() as u32;
        if !is_shallow {
            for parent in &links.parents {
                let (parent, _) = self.marks.set(parent, Flags::NONE);
                self.parents.push(parent);
            }
        }
        self.nodes.resize_with(self.marks.len() as usize, Node::default);
        if let Some(node) = self.nodes.get_mut(mark as usize) {
            node.tree = Some(links.tree);
            node.date_s = links.date_s;
            node.parents = start..self.parents.len() as u32;
        }
        // What became old before it was read passes that on now.
        if self.marks.flags(mark).has(Flags::OLD) {
            self.set_parents_old(mark);
        }
    }

    fn set_parents_old(&mut self, mark: Mark) {
        for parent in self.parents_of(mark).to_vec() {
            self.set_old(parent);
        }
    }

    fn date_s(&self, mark: Mark) -> u64 {
        self.nodes.get(mark as usize).map_or(0, |node| node.date_s)
    }
}

fn is_new(flags: Flags) -> bool {
    flags.has(Flags::NEW) && !flags.has(Flags::OLD)
}

/// A walk under way: newest commits first.
///
/// A commit whose date is before its parents' may be taken for new although it is old; the reverse
/// does not happen.
pub(crate) struct HistoryWalk<'w, S> {
    objects: &'w Objects<S>,
    tips: Tips<'w>,
    history: History,
    /// Commits that were read and not looked at, newest first.
    queue: BinaryHeap<(u64, Reverse<Mark>)>,
    looked_at: u32,
    grace: u32,
    old_tips: OldTips,
    /// The date of the oldest commit that was new when it was looked at.
    oldest_new_s: u64,
    /// A new commit without parents was looked at.
    has_new_root: bool,
    has_indexes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OldTips {
    Unread,
    Read,
}

impl<'w, S: Store> HistoryWalk<'w, S> {
    /// Begins a walk by reading the new tips.
    ///
    /// # Errors
    /// A new tip is missing, is no commit or is malformed.
    pub(crate) async fn new(objects: &'w Objects<S>, tips: Tips<'w>) -> Result<Self, WalkError> {
        let mut history = History::default();
        for id in tips.old {
            history.marks.set(id, Flags::OLD);
        }
        let mut new = Vec::new();
        for id in tips.new {
            let (mark, before) = history.marks.set(id, Flags::NEW);
            if before == Flags::NONE {
                new.push(mark);
            }
        }
        let mut walk = Self {
            objects,
            tips,
            history,
            queue: BinaryHeap::new(),
            looked_at: 0,
            grace: COMMITS_AFTER_NEW,
            old_tips: OldTips::Unread,
            oldest_new_s: u64::MAX,
            has_new_root: false,
            has_indexes: false,
        };
        walk.enqueue(new).await?;
        Ok(walk)
    }

    /// Goes to the end.
    pub(crate) async fn finish(mut self) -> Result<History, WalkError> {
        while self.advance().await? {}
        Ok(self.history)
    }

    /// Takes a step; false at the end.
    ///
    /// # Errors
    /// A new commit is missing, is no commit or is malformed.
    pub(crate) async fn advance(&mut self) -> Result<bool, WalkError> {
        if self.looked_at >= OBJECTS_BEFORE_INDEXES && !self.has_indexes {
            self.has_indexes = true;
            self.objects.hold_indexes().await?;
        }
        // History that went past all old tips, or round them to a root, may yet be theirs.
        let is_past = self.looked_at >= COMMITS_BEFORE_OLD_TIPS
            || (self.queue.is_empty() && self.has_new_root);
        if is_past && self.old_tips == OldTips::Unread {
            self.old_tips = OldTips::Read;
            self.read_old_tips().await?;
        }
        if self.may_find_more() {
            self.grace = COMMITS_AFTER_NEW;
        } else if self.queue.is_empty() || self.grace == 0 {
            return Ok(false);
        } else {
            self.grace -= 1;
        }
        self.look_at_next().await?;
        Ok(true)
    }

    /// Whether a commit that may be new is still to be looked at, or one that may make old what
    /// was new when it was looked at.
    ///
    /// One of the first nearly always is, so this rarely goes through the whole queue.
    fn may_find_more(&self) -> bool {
        let is_before_new = |&(date_s, _): &(u64, _)| date_s >= self.oldest_new_s;
        self.queue.peek().is_some_and(is_before_new)
            || self.queue.iter().any(|&(_, Reverse(mark))| is_new(self.history.marks.flags(mark)))
    }

    /// Looks at the newest commits of the queue: passes their marks on to their parents and puts
    /// those in the queue.
    async fn look_at_next(&mut self) -> Result<(), WalkError> {
        // Order matters only where old commits are to be met; else several go at once.
        let at_once = if self.tips.old.is_empty() { READS_IN_FLIGHT } else { 1 };
        let mut unread = Vec::new();
        for _ in 0..at_once {
            let Some((date_s, Reverse(mark))) = self.queue.pop() else { break };
            self.looked_at = self.looked_at.saturating_add(1);
            if self.tips.since_s.is_some_and(|since_s| date_s < since_s) {
                self.history.set_old(mark);
            }
            let is_new = is_new(self.history.marks.flags(mark));
            if is_new {
                self.history.seen_new.push(mark);
                self.oldest_new_s = self.oldest_new_s.min(date_s);
                self.has_new_root |= self.history.parents_of(mark).is_empty();
            }
            for parent in self.history.parents_of(mark).to_vec() {
                let before = self.history.marks.flags(parent);
                if is_new {
                    self.history.marks.add(parent, Flags::NEW);
                } else {
                    self.history.set_old(parent);
                }
                // An old tip is not read because a new commit leads to it: its id says enough.
                let is_known = before.has(Flags::NEW) || before.has(Flags::OLD);
                if !is_known || (!is_new && !self.history.is_read(parent)) {
                    unread.push(parent);
                }
            }
        }
        self.enqueue(unread).await
    }

    /// Reads commits and puts them in the queue.
    async fn enqueue(&mut self, mut marks: Vec<Mark>) -> Result<(), WalkError> {
        sort::unstable(&mut marks);
        marks.dedup();
        for marks in marks.chunks(READS_IN_FLIGHT) {
            let ids: Vec<ObjectId> =
                marks.iter().map(|&mark| self.history.marks.id(mark)).collect();
            let results = join_all(ids.iter().map(|id| read::commit(self.objects, id))).await;
            for ((&mark, id), result) in marks.iter().zip(&ids).zip(results) {
                match result {
                    Ok(links) => self.note(mark, id, links),
                    // What is old need not be there.
                    Err(WalkError::Read(ReadError::Missing { .. }))
                        if self.history.marks.flags(mark).has(Flags::OLD) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    async fn read_old_tips(&mut self) -> Result<(), WalkError> {
        for ids in self.tips.old.chunks(READS_IN_FLIGHT) {
            let unread = |id: &&ObjectId| {
                self.history.marks.find(id).is_some_and(|mark| !self.history.is_read(mark))
            };
            let reads = ids.iter().filter(unread).map(|id| read::peel_to_commit(self.objects, id));
            for result in join_all(reads).await {
                match result {
                    Ok(Some((id, links))) => {
                        let (mark, _) = self.history.marks.set(&id, Flags::OLD);
                        self.note(mark, &id, links);
                    }
                    Ok(None) | Err(WalkError::Read(ReadError::Missing { .. })) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    fn note(&mut self, mark: Mark, id: &ObjectId, links: CommitLinks) {
        let is_shallow = self.tips.shallow.is_some_and(|shallow| shallow.contains(id));
        self.history.note(mark, links, is_shallow);
        self.queue.push((self.history.date_s(mark), Reverse(mark)));
    }
}
