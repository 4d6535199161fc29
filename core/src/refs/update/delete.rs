//! Deleting refs.
//!
//! The loose file is what a deletion swaps against: a ref that is only packed gets one first, with
//! the value that it has. Then the ref is taken out of `packed-refs`, and at last the loose file is
//! removed, so that no older value shows in between.

use super::{
    super::{
        OldValue, RefError, RefName, Refs,
        loose::Loose,
        packed::{Changes, PackedRefs, Packing},
        read::{ATTEMPTS, PackedFile},
    },
    Task,
};
use crate::{
    at_once::side_by_side,
    object::ObjectId,
    store::{Expected, Store, StoreError, Version},
};
use alloc::{borrow::ToOwned, vec::Vec};
use core::future::Future;

/// A ref that is to be deleted in this round.
#[derive(Debug)]
struct Doomed<'t, 'u> {
    task: &'t mut Task<'u>,
    target: RefName,
    id: ObjectId,
    /// The loose file's version; `None`: it is only packed.
    loose: Option<Version>,
    /// What it is in `packed-refs`.
    packed: Option<ObjectId>,
}

impl<S: Store> Refs<S> {
    pub(super) async fn delete(&self, mut pending: Vec<&mut Task<'_>>) {
        for _ in 0..ATTEMPTS {
            pending.retain(|task| task.outcome.is_none());
            if pending.is_empty() {
                return;
            }
            if let Err(error) = self.delete_round(&mut pending).await {
                pending.retain(|task| task.outcome.is_none());
                pending.into_iter().for_each(|task| task.finish(Err(error.clone())));
                return;
            }
        }
    }

    async fn delete_round(&self, tasks: &mut [&mut Task<'_>]) -> Result<(), RefError> {
        let reads = tasks.iter().map(|task| self.follow(&task.update.name)).collect();
        let states = side_by_side(reads).await;
        let packed = self.read_packed().await?;
        let mut doomed = Vec::new();
        for (task, state) in tasks.iter_mut().zip(states) {
            match state {
                Ok((target, loose)) => doomed.extend(task.doom(target, loose, &packed)),
                Err(error) => task.finish(Err(error)),
            }
        }
        let doomed = self.make_loose(doomed, &packed).await;
        if doomed.is_empty() {
            return Ok(());
        }
        let packed = match self.take_out_of_packed(&doomed, packed).await {
            Ok(packed) => packed,
            Err(RefError::Store(StoreError::Unavailable { .. })) => return Ok(()),
            Err(error) => {
                // Those that got a loose file may have been deleted by others before they got it.
                let made = doomed.iter().filter(|(doomed, _)| doomed.loose.is_none());
                self.delete_loose(made.map(|(doomed, version)| (&doomed.target, version))).await;
                let is_conflict = matches!(error, RefError::Store(StoreError::Conflict { .. }));
                return if is_conflict { Ok(()) } else { Err(error) };
            }
        };
        let all = doomed.iter().map(|(doomed, version)| (&doomed.target, version));
        let deletes = self.delete_loose(all).await;
        let mut gone = Vec::new();
        for ((doomed, _), deleted) in doomed.into_iter().zip(deletes) {
            match deleted {
                Ok(()) => gone.push(doomed),
                Err(error) => doomed.task.failed(error),
            }
        }
        self.keep_out_of_packed(&gone, packed).await?;
        gone.into_iter().for_each(|doomed| doomed.task.finish(Ok(())));
        Ok(())
    }

    /// Removes loose files that still have these versions.
    pub(in super::super) fn delete_loose<'d>(
        &self,
        loose: impl Iterator<Item = (&'d RefName, &'d Version)>,
    ) -> impl Future<Output = Vec<Result<(), StoreError>>> {
        let deletes = loose
            .map(|(name, version)| {
                let (key, expected) = (self.layout.loose_ref(name), Expected::Is(version.clone()));
                async move { self.store.delete(&key, expected).await }
            })
            .collect();
        side_by_side(deletes)
    }

    /// Gives those that are packed a loose file that nobody else will remove. Leaves out those that someone else is moving.
    async fn make_loose<'t, 'u>(
        &self,
        doomed: Vec<Doomed<'t, 'u>>,
        packed: &PackedFile,
    ) -> Vec<(Doomed<'t, 'u>, Version)> {
        let puts = doomed
            .iter()
            .map(|doomed| async {
                let expected = match &doomed.loose {
                    None => self.unpacked(packed),
                    Some(version) if doomed.packed.is_none() => return Ok(version.clone()),
                    // Someone who packed it may have removed the file since, or be about to.
                    Some(version) => Expected::Is(version.clone()),
                };
                let key = self.layout.loose_ref(&doomed.target);
                self.store.put(&key, Loose::Id(doomed.id).write(), expected).await
            })
            .collect();
        let puts = side_by_side(puts).await;
        let mut loose = Vec::new();
        for (doomed, put) in doomed.into_iter().zip(puts) {
            match put {
                Ok(version) => loose.push((doomed, version)),
                // Unanswered or not, the ref has the value that it had.
                Err(StoreError::Conflict { .. } | StoreError::Unavailable { .. }) => {}
                Err(error) => doomed.task.finish(Err(error.into())),
            }
        }
        loose
    }

    /// Rewrites `packed-refs` without the refs in it.
    async fn take_out_of_packed(
        &self,
        doomed: &[(Doomed<'_, '_>, Version)],
        packed: PackedFile,
    ) -> Result<PackedFile, RefError> {
        let changes: Changes = doomed
            .iter()
            .filter(|(doomed, _)| doomed.packed.is_some())
            .map(|(doomed, _)| (doomed.target.as_str().to_owned(), None))
            .collect();
        if changes.is_empty() {
            return Ok(packed);
        }
        let packing = packed.refs.packing();
        self.put_packed(&packed, &changes, packing).await
    }

    /// Makes sure that nobody who was packing refs at the same time brings the deleted ones back.
    async fn keep_out_of_packed(
        &self,
        gone: &[Doomed<'_, '_>],
        mut seen: PackedFile,
    ) -> Result<(), RefError> {
        if gone.is_empty() {
            return Ok(());
        }
        for _ in 0..ATTEMPTS {
            match self.read_packed_if_changed(&seen).await? {
                Some(now) => seen = now,
                None if seen.refs.packing() == Packing::Idle => return Ok(()),
                None => {}
            }
            let changes: Changes = gone
                .iter()
                .filter(|doomed| {
                    let entry = seen.refs.find(doomed.target.as_str());
                    entry.is_some_and(|entry| entry.id == doomed.id)
                })
                .map(|doomed| (doomed.target.as_str().to_owned(), None))
                .collect();
            if changes.is_empty() && seen.refs.packing() == Packing::Idle {
                return Ok(());
            }
            match self.put_packed(&seen, &changes, Packing::Idle).await {
                Err(RefError::Store(
                    StoreError::Conflict { .. } | StoreError::Unavailable { .. },
                )) => {}
                done => return done.map(drop),
            }
        }
        Err(StoreError::Conflict { key: self.layout.packed_refs() }.into())
    }

    /// Replaces `packed-refs` by compare-and-swap.
    pub(in super::super) async fn put_packed(
        &self,
        packed: &PackedFile,
        changes: &Changes,
        packing: Packing,
    ) -> Result<PackedFile, RefError> {
        let key = self.layout.packed_refs();
        let bytes = packed.refs.rewrite(changes, packing);
        let version = self.store.put(&key, bytes.clone(), packed.expected()).await?;
        Ok(PackedFile { refs: PackedRefs::parse(&key, bytes)?, version: Some(version) })
    }
}

impl<'u> Task<'u> {
    /// The ref to delete, now that it is known to be `loose`, or else what `packed` says; `None` when
    /// that decides the outcome.
    fn doom<'t>(
        &'t mut self,
        target: RefName,
        loose: Option<(ObjectId, Version)>,
        packed: &PackedFile,
    ) -> Option<Doomed<'t, 'u>> {
        if target.is_head() {
            let (name, reason) = (target.as_str().to_owned(), "HEAD cannot be deleted");
            self.finish(Err(crate::refs::InvalidRefName { name, reason }.into()));
            return None;
        }
        let packed = packed.refs.find(target.as_str()).map(|entry| entry.id);
        let (id, loose) = match loose {
            Some((id, version)) => (Some(id), Some(version)),
            None => (packed, None),
        };
        let is_done = self.unanswered > 0 || !matches!(self.update.old, OldValue::Is(_));
        match (self.update.old, id) {
            (_, None) if is_done => self.finish(Ok(())),
            (OldValue::Is(old), Some(id)) if id != old => self.finish(Err(self.stale())),
            (OldValue::Absent, Some(_)) | (_, None) => self.finish(Err(self.stale())),
            (_, Some(id)) => {
                return Some(Doomed { task: self, target, id, loose, packed });
            }
        }
        None
    }
}
