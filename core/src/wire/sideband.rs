//! The side-band: a pack, progress and a fatal error over one stream of pkt-lines.

use super::pktline::{MAX_DATA_BYTES, PktLines};
use crate::exchange::Exchange;

/// What a band carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Band {
    /// The pack, or a report.
    Data = 1,
    /// Text for the user.
    Progress = 2,
    /// Why the conversation ends here.
    Fatal = 3,
}

/// Which framing the client asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SideBand {
    /// None: data goes out as it is, and there is no room for anything else.
    #[default]
    None,
    /// `side-band`: frames of at most 1000 bytes.
    Small,
    /// `side-band-64k`, and always in version 2: frames of at most 65520 bytes.
    Large,
}

impl SideBand {
    /// How many bytes of a band fit in a frame, behind the length and the band's number.
    fn room_bytes(self) -> usize {
        match self {
            SideBand::None | SideBand::Large => MAX_DATA_BYTES - 1,
            SideBand::Small => 1000 - 5,
        }
    }
}

impl<E: Exchange> PktLines<'_, E> {
    /// Adds `bytes` of a band to what is pending, in as many frames as it takes.
    ///
    /// Without a side-band, data is written as it is and the other bands are left out.
    ///
    /// # Source
    /// gitprotocol-pack(5), "Packfile Data"
    pub fn write_band(&mut self, side_band: SideBand, band: Band, bytes: &[u8]) {
        match (side_band, band) {
            (SideBand::None, Band::Data) => self.write_raw(bytes),
            (SideBand::None, _) => {}
            _ => {
                for piece in bytes.chunks(side_band.room_bytes()) {
                    self.write_parts(&[&[band as u8], piece]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::Script;
    use futures_util::FutureExt;

    fn written(side_band: SideBand, band: Band, bytes: &[u8]) -> alloc::vec::Vec<u8> {
        let mut script = Script::new(&[]);
        let mut lines = PktLines::new(&mut script);
        async {
            lines.write_band(side_band, band, bytes);
            lines.flush().await.unwrap();
        }
        .now_or_never()
        .expect("a script never waits");
        script.sent()
    }

    #[test]
    fn bands_are_numbered() {
        assert_eq!(written(SideBand::Large, Band::Data, b"x"), b"0006\x01x");
        assert_eq!(written(SideBand::Large, Band::Progress, b"x"), b"0006\x02x");
        assert_eq!(written(SideBand::Small, Band::Fatal, b"x"), b"0006\x03x");
    }

    #[test]
    fn without_a_side_band_only_data_is_written() {
        assert_eq!(written(SideBand::None, Band::Data, b"PACK"), b"PACK");
        assert_eq!(written(SideBand::None, Band::Progress, b"x"), b"");
        assert_eq!(written(SideBand::None, Band::Fatal, b"x"), b"");
    }

    #[test]
    fn long_data_is_cut_into_frames() {
        let small = written(SideBand::Small, Band::Data, &[7; 1990]);
        assert_eq!(small.len(), 2 * 1000);
        assert_eq!(&small[..4], b"03e8");
        let large = written(SideBand::Large, Band::Data, &[7; 65516]);
        assert_eq!(large.len(), 65520 + 6);
        assert_eq!(&large[..4], b"fff0");
        assert_eq!(&large[65520..], b"0006\x01\x07");
    }
}
