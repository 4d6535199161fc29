//! Counting what a client lacks, and sending it.

use super::{
    Server, Stage, WireError,
    advertise::{peel_all, tag_chain},
    request::Request,
};
use crate::{
    exchange::Exchange,
    object::{Kind, ObjectId},
    pack::write::{self, Counts, Sink, WriteOptions},
    refs::Peeled,
    sorted::BTreeSet,
    store::Store,
    walk::{Found, Selection, Selector},
    wire::{
        pktline::PktLines,
        sideband::{Band, SideBand},
    },
};
use alloc::format;

/// The user is told of progress after so many more objects. There is no clock to go by.
const OBJECTS_A_LINE: usize = 2000;

impl<S: Store + Clone, E: Exchange> Server<'_, '_, S, E> {
    /// Sends the pack of what is wanted and not common.
    pub(super) async fn send_pack(
        &mut self,
        request: &Request,
        haves: &[ObjectId],
        cut: &BTreeSet<ObjectId>,
    ) -> Result<(), WireError> {
        self.stage = Stage::Pack;
        let found = self.count(request, haves, cut).await?;
        let options = WriteOptions {
            has_ofs_delta: request.has_ofs_delta,
            // A client whose history ends early has less than its commits lead to.
            is_thin: request.is_thin && cut.is_empty(),
        };
        let mut sink = PackSink { lines: &mut self.lines, side_band: self.side_band };
        let counts = write::write(&self.repository.objects, found, options, &mut sink).await?;
        let Counts { total, deltas, reused, .. } = counts;
        let text = format!(
            "Total {total} (delta {deltas}), reused {reused} (delta {deltas}), pack-reused 0 (from 0)\n"
        );
        self.progress(request, &text);
        Ok(())
    }

    async fn count(
        &mut self,
        request: &Request,
        haves: &[ObjectId],
        cut: &BTreeSet<ObjectId>,
    ) -> Result<Found, WireError> {
        let objects = &self.repository.objects;
        let selection =
            Selection { wants: &request.wants, haves, shallow: Some(cut), filter: &request.filter };
        let mut selector = Selector::new(objects, selection).await?;
        let mut told = 0;
        while selector.advance().await? {
            if selector.found() >= told + OBJECTS_A_LINE {
                told = selector.found();
                self.progress(request, &format!("Enumerating objects: {told}\r"));
                self.lines.flush().await?;
            }
        }
        if request.wants_tags && selector.found() > 0 {
            let mut tags = self.repository.refs.list(&["refs/tags/"]).await?;
            peel_all(objects, &mut tags).await?;
            for tag in &tags {
                if matches!(&tag.peeled, Peeled::To(peeled) if selector.has_found(peeled)) {
                    for id in tag_chain(objects, &tag.id).await? {
                        selector.add(&id, Kind::Tag);
                    }
                }
            }
        }
        let found = selector.finish().await?;
        let total = found.found.len();
        let text = format!(
            "Enumerating objects: {total}, done.\nCounting objects: 100% ({total}/{total}), done.\n"
        );
        self.progress(request, &text);
        Ok(found)
    }

    fn progress(&mut self, request: &Request, text: &str) {
        if !request.is_without_progress {
            self.lines.write_band(self.side_band, Band::Progress, text.as_bytes());
        }
    }
}

/// The band that a pack is written to.
struct PackSink<'l, 'e, E> {
    lines: &'l mut PktLines<'e, E>,
    side_band: SideBand,
}

impl<E: Exchange> Sink for PackSink<'_, '_, E> {
    type Error = WireError;

    async fn write(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        self.lines.write_band(self.side_band, Band::Data, bytes);
        self.lines.flush_if_large().await
    }

    async fn progress(&mut self, _: &Counts) -> Result<(), WireError> {
        Ok(())
    }
}
