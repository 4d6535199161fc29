//! receive-pack: the server's side of `git push`.
//!
//! The order that keeps a repository whole: the pack is stored, then what each new value leads to is
//! looked for, and only then do refs move, each on its own by compare-and-swap. A client that goes
//! away in between leaves a pack that nothing names.

mod advertise;
mod commands;
mod judge;
mod report;
#[cfg(test)]
mod tests;

use super::{Session, Version, WireError, pktline::PktLines};
use crate::{
    at_once::join3,
    exchange::Exchange,
    object::ObjectId,
    pack::incoming::{Incoming, IncomingError, Received, Source},
    refs::RefUpdate,
    repository::{Repository, RepositoryError},
    store::Store,
};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use commands::Request;
use judge::Judge;
use report::Outcome;

/// How receive-pack behaves.
#[derive(Clone, Debug, Default)]
pub struct ReceiveOptions {
    /// The protocol's version; V2 has no push and is answered as V0.
    pub version: Version,
    /// How much of the conversation this call holds.
    pub session: Session,
    /// The `agent` that is told to clients.
    pub agent: String,
    /// Random bytes from the host: the name of a pack too large to be named by its checksum.
    pub nonce: [u8; 20],
}

/// Serves one push.
///
/// That a ref could not be moved is told to the client and is no error here.
///
/// # Source
/// gitprotocol-pack(5)
pub async fn receive_pack<S: Store + Clone, E: Exchange>(
    repository: &Repository<S>,
    exchange: &mut E,
    options: &ReceiveOptions,
) -> Result<(), WireError> {
    let mut lines = PktLines::new(exchange);
    match converse(repository, &mut lines, options).await {
        Ok(outcome) => {
            lines.flush().await?;
            outcome.map_err(|error| WireError::Refused { reason: error.to_string() })
        }
        Err(error) => {
            if !matches!(error, WireError::Exchange(_)) {
                // What fails from here on is a lost connection, and the first error says more.
                let _ = lines.write_error(&error.to_string()).await;
            }
            Err(error)
        }
    }
}

/// Has the conversation. What is wrong with the pack was told in the report.
async fn converse<S: Store + Clone, E: Exchange>(
    repository: &Repository<S>,
    lines: &mut PktLines<'_, E>,
    options: &ReceiveOptions,
) -> Result<Result<(), IncomingError>, WireError> {
    let (exists, format, refs) =
        join3(repository.exists(), repository.format(), repository.refs.list(&[])).await;
    if !exists.map_err(RepositoryError::from)? {
        return Err(repository.absence().await.into());
    }
    format?;
    let refs = refs?;
    if options.session != Session::Request {
        advertise::write(lines, &refs, options).await?;
    }
    if options.session == Session::Advertise {
        return Ok(Ok(()));
    }
    let Some(request) = commands::read(lines, repository.objects.limits()).await? else {
        return Ok(Ok(()));
    };
    let present: Vec<ObjectId> = refs.iter().map(|found| found.id).collect();
    drop(refs);
    Push { repository, options, request: &request }.serve(lines, &present).await
}

/// One push whose commands were read.
struct Push<'p, S> {
    repository: &'p Repository<S>,
    options: &'p ReceiveOptions,
    request: &'p Request,
}

impl<S: Store + Clone> Push<'_, S> {
    async fn serve<E: Exchange>(
        &self,
        lines: &mut PktLines<'_, E>,
        present: &[ObjectId],
    ) -> Result<Result<(), IncomingError>, WireError> {
        let unpacked = if self.request.has_pack() { self.unpack(lines).await } else { Ok(None) };
        let unpacked = match unpacked {
            Err(IncomingError::Exchange(error)) => return Err(error.into()),
            unpacked => unpacked,
        };
        let outcomes = match &unpacked {
            Ok(received) => self.apply(received.as_ref(), present).await,
            Err(_) => {
                let refused = || Err(Outcome::quiet("unpacker error"));
                self.request.commands.iter().map(|_| refused()).collect()
            }
        };
        let unpack = unpacked.as_ref().map(|_| ()).map_err(ToString::to_string);
        report::write(lines, self.request, unpack, &outcomes);
        Ok(unpacked.map(drop))
    }

    async fn unpack<E: Exchange>(
        &self,
        lines: &mut PktLines<'_, E>,
    ) -> Result<Option<Received>, IncomingError> {
        let repository = self.repository;
        let incoming = Incoming {
            objects: &repository.objects,
            store: repository.store(),
            layout: repository.layout(),
            limits: repository.objects.limits(),
            nonce: self.options.nonce,
        };
        let tips: Vec<ObjectId> = self.request.commands.iter().map(|command| command.new).collect();
        let mut source = Pieces { lines };
        let received = incoming.receive(&mut source, &tips).await?;
        if received.name.is_some() {
            repository.objects.refresh().await?;
        }
        Ok(Some(received))
    }

    /// Moves the refs that may be moved.
    async fn apply(
        &self,
        received: Option<&Received>,
        present: &[ObjectId],
    ) -> Vec<Result<(), Outcome>> {
        let judge = Judge::new(self.repository, self.request, received, present);
        let verdicts = judge.all().await;
        let updates: Vec<RefUpdate> =
            verdicts.iter().filter_map(|verdict| verdict.as_ref().ok()).cloned().collect();
        let mut moved = self.repository.refs.update(&updates).await.into_iter();
        let outcomes: Vec<Result<(), Outcome>> = verdicts
            .into_iter()
            .map(|verdict| {
                let update = verdict?;
                moved.next().unwrap_or(Ok(())).map_err(|error| Outcome::of_ref(&update, &error))
            })
            .collect();
        if outcomes.iter().any(Result::is_ok) {
            // What is derived is made again by the next push or by maintenance.
            let _ = self.repository.update_server_info_for(&updates).await;
        }
        outcomes
    }
}

/// The pack behind the commands.
struct Pieces<'p, 'e, E> {
    lines: &'p mut PktLines<'e, E>,
}

impl<E: Exchange> Source for Pieces<'_, '_, E> {
    async fn piece(&mut self) -> Result<Vec<u8>, IncomingError> {
        self.lines.read_raw().await.map_err(|error| match error {
            WireError::Exchange(error) => IncomingError::Exchange(error),
            error => IncomingError::Exchange(crate::exchange::ExchangeError {
                reason: error.to_string(),
            }),
        })
    }
}
