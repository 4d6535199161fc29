//! Telling clients which refs there are.

use super::{Server, WireError};
use crate::{
    at_once::join_all,
    exchange::Exchange,
    object::{Kind, ObjectId},
    odb::{Objects, ReadError},
    refs::{Head, Peeled, Ref, peel},
    store::Store,
    walk::WalkError,
    wire::{Session, Version},
};
use alloc::{format, string::String, vec::Vec};

/// How many refs are peeled at once.
const PEELS_IN_FLIGHT: usize = 32;
/// What version 0 always offers.
const CAPABILITIES: &str = "multi_ack thin-pack side-band side-band-64k ofs-delta shallow \
    deepen-since deepen-not deepen-relative no-progress include-tag multi_ack_detailed \
    allow-tip-sha1-in-want allow-reachable-sha1-in-want";

/// `HEAD` as clients are told of it.
#[derive(Clone, Debug)]
pub(super) struct AdvertisedHead {
    pub(super) head: Head,
    /// `None`: the branch that it follows does not exist.
    pub(super) id: Option<ObjectId>,
}

impl<S: Store + Clone, E: Exchange> Server<'_, '_, S, E> {
    /// Reads `HEAD`. `refs` may hold the ref that it follows.
    ///
    /// # Errors
    /// `Missing`: there is no repository.
    pub(super) async fn head(&mut self, refs: &[Ref]) -> Result<AdvertisedHead, WireError> {
        let repository = self.repository;
        let head = self.look(async { Ok(repository.refs.head().await?) }).await?;
        let Some(head) = head else { return Err(repository.absence().await.into()) };
        let id = match &head {
            Head::Detached(id) => Some(*id),
            Head::Symbolic(target) => match refs.iter().find(|known| known.name == *target) {
                Some(known) => Some(known.id),
                None => self.repository.refs.find(target).await?.map(|found| found.id),
            },
        };
        Ok(AdvertisedHead { head, id })
    }

    /// Writes the advertisement of versions 0 and 1, and returns what may be wanted for it.
    ///
    /// # Source
    /// gitprotocol-pack(5), "Reference Discovery"
    pub(super) async fn advertise(&mut self) -> Result<Vec<ObjectId>, WireError> {
        let repository = self.repository;
        let mut refs = self.look(async { Ok(repository.refs.list_whole(&[]).await?) }).await?;
        let head = self.head(&refs).await?;
        peel_all(&self.repository.objects, &mut refs).await?;
        if self.options.version == Version::V1 {
            self.lines.write_line(format_args!("version 1"));
        }
        let mut capabilities = Some(self.capabilities(&head));
        let mut tips = Vec::new();
        if let Some(id) = head.id {
            self.advertise_ref(&id, "HEAD", &mut capabilities);
            tips.push(id);
        }
        for found in &refs {
            self.advertise_ref(&found.id, found.name.as_str(), &mut capabilities);
            tips.push(found.id);
            if let Peeled::To(peeled) = &found.peeled {
                let name = format!("{}^{{}}", found.name.as_str());
                self.advertise_ref(peeled, &name, &mut capabilities);
                tips.push(*peeled);
            }
            self.lines.flush_if_large().await?;
        }
        if capabilities.is_some() {
            self.advertise_ref(&ObjectId::ZERO, "capabilities^{}", &mut capabilities);
        }
        self.lines.write_flush();
        Ok(tips)
    }

    fn advertise_ref(&mut self, id: &ObjectId, name: &str, capabilities: &mut Option<String>) {
        match capabilities.take() {
            Some(capabilities) => {
                self.lines.write_line(format_args!("{id} {name}\0{capabilities}"))
            }
            None => self.lines.write_line(format_args!("{id} {name}")),
        }
    }

    fn capabilities(&self, head: &AdvertisedHead) -> String {
        let no_done = if self.options.session == Session::Duplex { "" } else { " no-done" };
        let symref = match head {
            AdvertisedHead { head: Head::Symbolic(target), id: Some(_) } => {
                format!(" symref=HEAD:{}", target.as_str())
            }
            _ => String::new(),
        };
        let agent = &self.options.agent;
        format!("{CAPABILITIES}{no_done}{symref} filter object-format=sha1 agent={agent}")
    }
}

/// Finds out what all refs lead to. Branches are taken to name commits.
pub(super) async fn peel_all<S: Store>(
    objects: &Objects<S>,
    refs: &mut [Ref],
) -> Result<(), WireError> {
    let is_asked = |found: &Ref| {
        found.peeled == Peeled::Unknown && !found.name.as_str().starts_with("refs/heads/")
    };
    let mut asked: Vec<&mut Ref> = refs.iter_mut().filter(|found| is_asked(found)).collect();
    for some in asked.chunks_mut(PEELS_IN_FLIGHT) {
        let ids: Vec<ObjectId> = some.iter().map(|found| found.id).collect();
        let peeled = join_all(ids.iter().map(|id| peel(objects, id))).await;
        for (found, peeled) in some.iter_mut().zip(peeled) {
            match peeled {
                Ok(peeled) => found.peeled = peeled,
                Err(ReadError::Store(error)) => return Err(ReadError::Store(error).into()),
                // A broken ref must not keep the others from being fetched.
                Err(_) => {}
            }
        }
    }
    Ok(())
}

/// The objects of a chain of tags, and what it ends at.
pub(super) async fn tag_chain<S: Store>(
    objects: &Objects<S>,
    tag: &ObjectId,
) -> Result<Vec<ObjectId>, WalkError> {
    let mut chain = Vec::new();
    let mut id = *tag;
    let (mut kind, _) = objects.header(&id).await?;
    while kind == Kind::Tag {
        chain.push(id);
        (kind, id) = crate::walk::tag_target(objects, &id).await?;
    }
    Ok(chain)
}
