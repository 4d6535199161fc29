//! Moving refs by compare-and-swap.
//!
//! A round reads what the refs are, decides, and writes on the condition that nothing changed. Those
//! whose condition failed go into another round, where what they find decides. A lost answer leads
//! there too: who finds the value that it wanted to write has written it.

mod conflict;
mod delete;

use super::{
    OldValue, RefError, RefName, RefUpdate, Refs,
    loose::Loose,
    read::{ATTEMPTS, Followed, PackedFile},
};
use crate::{
    at_once::side_by_side,
    object::ObjectId,
    store::{Expected, Store, StoreError, Version},
};
use alloc::{borrow::ToOwned, vec::Vec};

/// So many writes that go unanswered are tried again: the store has tried long enough by itself.
const UNANSWERED: usize = 2;

impl<S: Store> Refs<S> {
    /// Applies the updates, each by compare-and-swap, and says of each whether it went ahead.
    ///
    /// The outcomes are in the order of the updates. Deletions go first, then the others in
    /// parallel; one that fails does not keep back the others. A symbolic ref stays, and its target
    /// moves. The caller has checked that the objects are there.
    pub async fn update(&self, updates: &[RefUpdate]) -> Vec<Result<(), RefError>> {
        let mut tasks: Vec<Task<'_>> = updates.iter().map(Task::new).collect();
        self.delete(tasks.iter_mut().filter(|task| task.update.new.is_none()).collect()).await;
        self.write(tasks.iter_mut().filter(|task| task.update.new.is_some()).collect()).await;
        tasks.into_iter().map(Task::into_outcome).collect()
    }

    /// Creates and moves refs.
    async fn write(&self, mut pending: Vec<&mut Task<'_>>) {
        for round in 0..ATTEMPTS {
            pending.retain(|task| task.outcome.is_none());
            if pending.is_empty() {
                return;
            }
            if let Err(error) = self.write_round(&mut pending, round).await {
                pending.into_iter().for_each(|task| task.finish(Err(error.clone())));
                return;
            }
        }
    }

    async fn write_round(&self, tasks: &mut [&mut Task<'_>], round: usize) -> Result<(), RefError> {
        let reads = tasks
            .iter()
            .map(|task| async {
                match task.update.old {
                    // Most likely there is none: the write finds out.
                    OldValue::Absent if round == 0 && !task.update.name.is_head() => {
                        Ok((task.update.name.clone(), None))
                    }
                    _ => self.follow(&task.update.name).await,
                }
            })
            .collect();
        let states = side_by_side(reads).await;
        let packed = self.read_packed_for(&states).await?;
        let mut plans = Vec::new();
        for (task, state) in tasks.iter_mut().zip(states) {
            match state {
                Ok((target, loose)) => {
                    plans.extend(task.plan(target, loose, &packed, self.unpacked(&packed)));
                }
                Err(error) => task.finish(Err(error)),
            }
        }
        self.refuse_conflicts(&mut plans, &packed).await?;
        let puts = plans.iter().map(|plan| self.put_ref(plan)).collect();
        let puts = side_by_side(puts).await;
        let mut created = Vec::new();
        for (plan, put) in plans.into_iter().zip(puts) {
            match put {
                Ok(version) if plan.is_without_file() => created.push((plan, version)),
                Ok(_) => plan.task.finish(Ok(())),
                Err(error) => plan.task.failed(error),
            }
        }
        self.confirm(created, &packed).await
    }

    /// `packed-refs`, read after the loose refs, if one of them is missing.
    async fn read_packed_for(
        &self,
        states: &[Result<Followed, RefError>],
    ) -> Result<PackedFile, RefError> {
        if states.iter().any(|state| matches!(state, Ok((_, None)))) {
            self.read_packed().await
        } else {
            Ok(PackedFile { refs: super::packed::PackedRefs::empty(), version: None })
        }
    }

    /// What must hold for a ref without a file to be what `packed` says.
    pub(super) fn unpacked(&self, packed: &PackedFile) -> Expected {
        let version = packed.version.clone();
        Expected::AbsentBeside { key: self.layout.packed_refs(), version }
    }

    async fn put_ref(&self, plan: &Plan<'_, '_>) -> Result<Version, StoreError> {
        let key = self.layout.loose_ref(&plan.target);
        self.store.put(&key, Loose::Id(plan.new).write(), plan.expected.clone()).await
    }

    /// Makes sure that the loose refs just created were not in the meantime moved by others who then
    /// packed them, which the absence of a loose file does not show. A store that looks at two keys
    /// at once has refused to create those.
    async fn confirm(
        &self,
        created: Vec<(Plan<'_, '_>, Version)>,
        packed: &PackedFile,
    ) -> Result<(), RefError> {
        if created.is_empty() {
            return Ok(());
        }
        let now = self.read_packed_if_changed(packed).await?;
        let mut outdated = Vec::new();
        for (plan, version) in created {
            let id_in =
                |file: &PackedFile| file.refs.find(plan.target.as_str()).map(|entry| entry.id);
            match &now {
                Some(now) if ![plan.packed, Some(plan.new)].contains(&id_in(now)) => {
                    outdated.push((plan, version));
                }
                _ => plan.task.finish(Ok(())),
            }
        }
        let loose = outdated.iter().map(|(plan, version)| (&plan.target, version));
        let deletes = self.delete_loose(loose).await;
        for ((plan, _), deleted) in outdated.into_iter().zip(deletes) {
            match deleted {
                Ok(()) => {}
                // Someone has built on it already: then it was there.
                Err(StoreError::Conflict { .. }) => plan.task.finish(Ok(())),
                Err(error) => plan.task.finish(Err(error.into())),
            }
        }
        Ok(())
    }
}

/// An update on its way.
#[derive(Debug)]
struct Task<'u> {
    update: &'u RefUpdate,
    /// How many writes went unanswered, each of which may have taken effect.
    unanswered: usize,
    outcome: Option<Result<(), RefError>>,
}

/// A write that is to be done in this round.
#[derive(Debug)]
struct Plan<'t, 'u> {
    task: &'t mut Task<'u>,
    /// The ref at the end of the chain of symbolic refs.
    target: RefName,
    /// What it is in `packed-refs`.
    packed: Option<ObjectId>,
    expected: Expected,
    new: ObjectId,
}

impl Plan<'_, '_> {
    fn is_creation(&self) -> bool {
        self.packed.is_none() && self.is_without_file()
    }

    fn is_without_file(&self) -> bool {
        matches!(self.expected, Expected::AbsentBeside { .. })
    }
}

impl<'u> Task<'u> {
    fn new(update: &'u RefUpdate) -> Self {
        Self { update, unanswered: 0, outcome: None }
    }

    fn finish(&mut self, outcome: Result<(), RefError>) {
        self.outcome = Some(outcome);
    }

    /// Leaves the decision to the next round, where there is one to be made.
    fn failed(&mut self, error: StoreError) {
        match error {
            StoreError::Conflict { .. } => {}
            StoreError::Unavailable { .. } if self.unanswered < UNANSWERED => self.unanswered += 1,
            error => self.finish(Err(error.into())),
        }
    }

    fn stale(&self) -> RefError {
        RefError::Stale { name: self.update.name.as_str().to_owned() }
    }

    fn into_outcome(self) -> Result<(), RefError> {
        let stale = self.stale();
        self.outcome.unwrap_or(Err(stale))
    }

    /// What must be written, now that the ref is known to be `loose`, or else what `packed` says;
    /// `None` when that decides the outcome. `unpacked`: what must hold if it is not loose.
    fn plan<'t>(
        &'t mut self,
        target: RefName,
        loose: Option<(ObjectId, Version)>,
        packed: &PackedFile,
        unpacked: Expected,
    ) -> Option<Plan<'t, 'u>> {
        let new = self.update.new?;
        let packed = match loose {
            Some(_) => None,
            None => packed.refs.find(target.as_str()).map(|entry| entry.id),
        };
        let current = loose.as_ref().map(|(id, _)| *id).or(packed);
        let is_expected = match self.update.old {
            OldValue::Any => true,
            OldValue::Absent => current.is_none(),
            OldValue::Is(old) => current == Some(old),
        };
        if current == Some(new) && (is_expected || self.unanswered > 0) {
            self.finish(Ok(()));
        } else if !is_expected {
            self.finish(Err(self.stale()));
        } else if target.is_head() && loose.is_none() {
            self.finish(Err(RefError::Missing { name: target.as_str().to_owned() }));
        } else {
            let expected = loose.map_or(unpacked, |(_, version)| Expected::Is(version));
            return Some(Plan { task: self, target, packed, expected, new });
        }
        None
    }
}

#[cfg(test)]
mod tests;
