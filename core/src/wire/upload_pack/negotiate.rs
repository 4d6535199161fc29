//! Versions 0 and 1: one conversation from the advertisement to the pack.

use super::{
    Server, WireError,
    common::Common,
    protocol, refused,
    request::{Request, parse_id},
    shown,
};
use crate::{
    exchange::Exchange,
    object::ObjectId,
    refs::Peeled,
    sorted::BTreeSet,
    store::Store,
    walk::unreachable,
    wire::{Session, pktline::Packet, sideband::SideBand},
};
use alloc::{format, string::String, vec::Vec};

/// How much the client wants to hear about what is common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Acks {
    /// The first common object.
    #[default]
    First,
    /// Each.
    Multi,
    /// Each, and when there are enough.
    Detailed,
}

/// What only versions 0 and 1 know.
#[derive(Clone, Copy, Debug, Default)]
struct Terms {
    acks: Acks,
    /// The pack may follow without `done`.
    is_without_done: bool,
}

/// Where a round of the negotiation leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Round,
    Pack,
    /// The client will make another request.
    End,
}

impl<S: Store + Clone, E: Exchange> Server<'_, '_, S, E> {
    /// Serves versions 0 and 1.
    pub(super) async fn serve_v0(&mut self) -> Result<(), WireError> {
        let mut tips = None;
        if self.options.session != Session::Request {
            tips = Some(self.advertise().await?);
        }
        if self.options.session == Session::Advertise {
            return Ok(());
        }
        let Some((mut request, terms)) = self.read_wants().await? else { return Ok(()) };
        self.check_wants(&request.wants, tips).await?;
        let ends = self.ends(&request).await?;
        if request.deepen.is_asked() {
            self.write_ends(&ends).await?;
            self.lines.write_flush();
        }
        request.wants.extend(&ends.wants);
        let mut common = Common::default();
        let mut round = Round::default();
        loop {
            match self.negotiate(&request, terms, &mut common, &mut round).await? {
                Next::Round => {}
                Next::End => return Ok(()),
                Next::Pack => break,
            }
        }
        self.send_pack(&request, &common.ids, &ends.cut).await?;
        if self.side_band != SideBand::None {
            self.lines.write_flush();
        }
        Ok(())
    }

    /// Reads what is wanted; `None` when the client leaves.
    ///
    /// # Source
    /// gitprotocol-pack(5), "Packfile Negotiation"
    async fn read_wants(&mut self) -> Result<Option<(Request, Terms)>, WireError> {
        let mut request = Request::default();
        let mut terms = Terms::default();
        loop {
            let packet = self.next().await?;
            let Some(line) = packet.text() else {
                return Ok(Some((request, terms)).filter(|(request, _)| !request.wants.is_empty()));
            };
            if let Some(want) = line.strip_prefix(b"want ") {
                let want = core::str::from_utf8(want)
                    .map_err(|_| protocol(format!("expected a want, got '{}'", shown(line))))?;
                let (hex, capabilities) = want.split_once(' ').unwrap_or((want, ""));
                if request.wants.is_empty() {
                    self.take_capabilities(capabilities, &mut request, &mut terms)?;
                }
                request.wants.push(parse_id(hex, line)?);
            } else if !request.take_line(line)? {
                let reason = format!("expected a list of wants, got '{}'", shown(line));
                return Err(protocol(reason));
            }
        }
    }

    fn take_capabilities(
        &mut self,
        capabilities: &str,
        request: &mut Request,
        terms: &mut Terms,
    ) -> Result<(), WireError> {
        for capability in capabilities.split_ascii_whitespace() {
            match capability {
                "multi_ack_detailed" => terms.acks = Acks::Detailed,
                "multi_ack" if terms.acks == Acks::First => terms.acks = Acks::Multi,
                "no-done" => terms.is_without_done = true,
                "thin-pack" => request.is_thin = true,
                "ofs-delta" => request.has_ofs_delta = true,
                "include-tag" => request.wants_tags = true,
                "no-progress" => request.is_without_progress = true,
                "deepen-relative" => request.deepen.is_relative = true,
                "side-band-64k" => self.side_band = SideBand::Large,
                "side-band" if self.side_band == SideBand::None => {
                    self.side_band = SideBand::Small;
                }
                _ => {
                    let format = capability.strip_prefix("object-format=");
                    if let Some(format) = format.filter(|&format| format != "sha1") {
                        let reason = format!("object format {format} is not sha1");
                        return Err(refused(reason));
                    }
                }
            }
        }
        Ok(())
    }

    /// Checks that everything wanted is a ref's or is reachable from one.
    async fn check_wants(
        &mut self,
        wants: &[ObjectId],
        tips: Option<Vec<ObjectId>>,
    ) -> Result<(), WireError> {
        let tips = match tips {
            Some(tips) => tips,
            None => self.tips().await?,
        };
        let known: BTreeSet<ObjectId> = tips.iter().copied().collect();
        let other: Vec<ObjectId> =
            wants.iter().filter(|id| !known.contains(*id)).copied().collect();
        if other.is_empty() {
            return Ok(());
        }
        for id in &other {
            if !self.repository.objects.contains(id).await? {
                return Err(not_our_ref(id));
            }
        }
        match unreachable(&self.repository.objects, &tips, &other).await? {
            Some(id) => Err(not_our_ref(&id)),
            None => Ok(()),
        }
    }

    async fn tips(&mut self) -> Result<Vec<ObjectId>, WireError> {
        let repository = self.repository;
        let refs = self.look(async { Ok(repository.refs.list_whole(&[]).await?) }).await?;
        let head = self.head(&refs).await?;
        let peeled = refs.iter().filter_map(|found| match found.peeled {
            Peeled::To(id) => Some(id),
            _ => None,
        });
        Ok(refs.iter().map(|found| found.id).chain(peeled).chain(head.id).collect())
    }

    /// Answers what the client has, until it waits for an answer.
    async fn negotiate(
        &mut self,
        request: &Request,
        terms: Terms,
        common: &mut Common,
        round: &mut Round,
    ) -> Result<Next, WireError> {
        let mut haves = Vec::new();
        let end = loop {
            let packet = self.next().await?;
            let have = packet.text().and_then(|line| line.strip_prefix(b"have "));
            let Some(have) = have else { break packet };
            haves.push(parse_id(&String::from_utf8_lossy(have), have)?);
        };
        self.answer_haves(request, terms, common, round, &haves).await?;
        match end {
            Packet::Data(_) if end.text() == Some(b"done") => {
                match round.last {
                    Some(last) if terms.acks != Acks::First => {
                        self.lines.write_line(format_args!("ACK {last}"));
                    }
                    Some(_) => {}
                    None => self.lines.write_line(format_args!("NAK")),
                }
                Ok(Next::Pack)
            }
            Packet::Data(line) => {
                Err(protocol(format!("expected a list of haves, got '{}'", shown(&line))))
            }
            Packet::End if self.options.session == Session::Duplex => {
                Err(protocol("the client left in the middle of the negotiation"))
            }
            // It only wanted to hear where its history will end.
            Packet::End if haves.is_empty() => Ok(Next::End),
            _ => self.end_round(request, terms, common, round).await,
        }
    }

    async fn answer_haves(
        &mut self,
        request: &Request,
        terms: Terms,
        common: &mut Common,
        round: &mut Round,
        haves: &[ObjectId],
    ) -> Result<(), WireError> {
        let objects = &self.repository.objects;
        let are_common = common.note(objects, haves).await?;
        for (id, is_common) in haves.iter().zip(are_common) {
            self.lines.flush_if_large().await?;
            if is_common {
                round.is_common = true;
                let is_first = round.last.replace(*id).is_none();
                match terms.acks {
                    Acks::Detailed => self.lines.write_line(format_args!("ACK {id} common")),
                    Acks::Multi => self.lines.write_line(format_args!("ACK {id} continue")),
                    Acks::First if is_first => self.lines.write_line(format_args!("ACK {id}")),
                    Acks::First => {}
                }
                continue;
            }
            round.is_other = true;
            if terms.acks != Acks::First && common.suffices(objects, &request.wants).await? {
                // "Continue": the client need not follow this one further.
                if terms.acks == Acks::Detailed {
                    round.is_ready = true;
                    self.lines.write_line(format_args!("ACK {id} ready"));
                } else {
                    self.lines.write_line(format_args!("ACK {id} continue"));
                }
            }
        }
        Ok(())
    }

    async fn end_round(
        &mut self,
        request: &Request,
        terms: Terms,
        common: &mut Common,
        round: &mut Round,
    ) -> Result<Next, WireError> {
        let objects = &self.repository.objects;
        if terms.acks == Acks::Detailed
            && round.is_common
            && !round.is_other
            && let Some(last) = round.last
            && common.suffices(objects, &request.wants).await?
        {
            round.is_ready = true;
            self.lines.write_line(format_args!("ACK {last} ready"));
        }
        if round.last.is_none() || terms.acks != Acks::First {
            self.lines.write_line(format_args!("NAK"));
        }
        if terms.is_without_done
            && round.is_ready
            && let Some(last) = round.last
        {
            self.lines.write_line(format_args!("ACK {last}"));
            return Ok(Next::Pack);
        }
        round.is_common = false;
        round.is_other = false;
        match self.options.session {
            Session::Duplex => Ok(Next::Round),
            _ => Ok(Next::End),
        }
    }
}

/// What was said in a round of the negotiation.
#[derive(Clone, Copy, Debug, Default)]
struct Round {
    /// The last common object, of any round.
    last: Option<ObjectId>,
    /// This round brought something common.
    is_common: bool,
    /// This round brought something that is not stored here.
    is_other: bool,
    /// The client was told that enough is common, in any round.
    is_ready: bool,
}

/// The refusal in git's words.
pub(super) fn not_our_ref(id: &ObjectId) -> WireError {
    refused(format!("upload-pack: not our ref {id}"))
}
