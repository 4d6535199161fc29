//! pkt-lines: the frames of Git's wire protocol, in both directions over one exchange.

use super::WireError;
use crate::exchange::Exchange;
use alloc::{format, string::String, vec::Vec};
use core::fmt;

/// Longest pkt-line, its four digits of length included, in bytes.
pub const MAX_PACKET_BYTES: usize = 65520;
/// Longest payload of a pkt-line, in bytes.
pub const MAX_DATA_BYTES: usize = MAX_PACKET_BYTES - LENGTH_BYTES;

const LENGTH_BYTES: usize = 4;
/// Output is handed to the exchange in pieces of about this many bytes.
const PIECE_BYTES: usize = 128 * 1024;

/// One frame that the other side sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// `0004` and up: a payload, possibly empty, with its newline if it had one.
    Data(Vec<u8>),
    /// `0000`: the end of a message.
    Flush,
    /// `0001`: the end of a section of a message.
    Delim,
    /// `0002`: the end of an answer on a connection that goes on.
    ResponseEnd,
    /// No frame: the stream ended, as it may between two of them.
    End,
}

impl Packet {
    /// The payload of a text line, without its newline; `None` of anything but data.
    pub fn text(&self) -> Option<&[u8]> {
        match self {
            Packet::Data(data) => Some(data.strip_suffix(b"\n").unwrap_or(data)),
            _ => None,
        }
    }
}

/// A client's stream cut into pkt-lines, read and written.
///
/// What is written is gathered and sent in large pieces, by [`PktLines::flush_if_large`]; whatever is
/// pending is sent before a read waits, so that two sides never wait for each other. Call
/// [`PktLines::flush`] when done.
#[derive(Debug)]
pub struct PktLines<'e, E> {
    exchange: &'e mut E,
    input: Vec<u8>,
    /// How much of `input` has been given out.
    taken: usize,
    output: Vec<u8>,
}

impl<'e, E: Exchange> PktLines<'e, E> {
    /// Cuts `exchange` into lines. Reads and writes nothing yet.
    pub fn new(exchange: &'e mut E) -> Self {
        Self { exchange, input: Vec::new(), taken: 0, output: Vec::new() }
    }

    /// Reads the next frame.
    ///
    /// # Errors
    /// `Protocol`: a length that is none, is too long, or a stream that ends inside a frame.
    ///
    /// # Source
    /// gitprotocol-common(5), "pkt-line format"
    pub async fn next(&mut self) -> Result<Packet, WireError> {
        if !self.fill(LENGTH_BYTES).await? {
            return match self.pending().len() {
                0 => Ok(Packet::End),
                _ => Err(broken("the stream ended inside a pkt-line")),
            };
        }
        let (digits, _) = self.pending().split_at(LENGTH_BYTES);
        let length = match parse_length(digits)? {
            0 => return Ok(self.control(Packet::Flush)),
            1 => return Ok(self.control(Packet::Delim)),
            2 => return Ok(self.control(Packet::ResponseEnd)),
            length if (LENGTH_BYTES..=MAX_PACKET_BYTES).contains(&length) => length,
            length => return Err(broken(format!("a pkt-line cannot be {length} bytes long"))),
        };
        if !self.fill(length).await? {
            return Err(broken("the stream ended inside a pkt-line"));
        }
        let data = self.pending().get(LENGTH_BYTES..length).unwrap_or_default().to_vec();
        self.taken += length;
        Ok(Packet::Data(data))
    }

    /// Reads bytes that are not framed, such as the pack after the commands of a push: what has
    /// arrived already, else what comes next; empty at the end of the stream.
    pub async fn read_raw(&mut self) -> Result<Vec<u8>, WireError> {
        if self.pending().is_empty() {
            self.flush().await?;
            return Ok(self.exchange.read().await?);
        }
        let mut bytes = core::mem::take(&mut self.input);
        bytes.drain(..core::mem::take(&mut self.taken));
        Ok(bytes)
    }

    /// Adds a frame with this payload to what is pending.
    ///
    /// `data`: at most [`MAX_DATA_BYTES`]; what is longer is cut off.
    pub fn write(&mut self, data: &[u8]) {
        self.write_parts(&[data]);
    }

    /// Adds a frame with this text and a newline.
    pub fn write_line(&mut self, text: fmt::Arguments<'_>) {
        self.write_parts(&[alloc::fmt::format(text).as_bytes(), b"\n"]);
    }

    /// Adds `0000`.
    pub fn write_flush(&mut self) {
        self.write_raw(b"0000");
    }

    /// Adds `0001`.
    pub fn write_delim(&mut self) {
        self.write_raw(b"0001");
    }

    /// Adds bytes without a frame.
    pub fn write_raw(&mut self, bytes: &[u8]) {
        self.reserve();
        self.output.extend_from_slice(bytes);
    }

    /// Tells the client that the conversation is over and why, and sends all that is pending.
    pub async fn write_error(&mut self, message: &str) -> Result<(), WireError> {
        self.write_parts(&[b"ERR ", message.as_bytes(), b"\n"]);
        self.flush().await
    }

    /// Sends all that is pending.
    pub async fn flush(&mut self) -> Result<(), WireError> {
        if !self.output.is_empty() {
            self.exchange.write(core::mem::take(&mut self.output)).await?;
        }
        Ok(())
    }

    /// Sends what is pending once it is a large piece: to be called wherever there may be much to write.
    pub async fn flush_if_large(&mut self) -> Result<(), WireError> {
        if self.output.len() >= PIECE_BYTES { self.flush().await } else { Ok(()) }
    }

    /// Adds one frame whose payload is all `parts` in a row, cut off at [`MAX_DATA_BYTES`].
    pub(super) fn write_parts(&mut self, parts: &[&[u8]]) {
        let wanted: usize = parts.iter().map(|part| part.len()).sum();
        let mut left = wanted.min(MAX_DATA_BYTES);
        self.reserve();
        self.output.extend_from_slice(format!("{:04x}", left + LENGTH_BYTES).as_bytes());
        for part in parts {
            let (part, _) = part.split_at(left.min(part.len()));
            self.output.extend_from_slice(part);
            left -= part.len();
        }
    }

    fn reserve(&mut self) {
        if self.output.capacity() == 0 {
            self.output.reserve(PIECE_BYTES / 16);
        }
    }

    /// What arrived and was not given out.
    fn pending(&self) -> &[u8] {
        self.input.get(self.taken..).unwrap_or_default()
    }

    fn control(&mut self, packet: Packet) -> Packet {
        self.taken += LENGTH_BYTES;
        packet
    }

    /// Reads until `wanted` bytes are pending; false when the stream ends before.
    async fn fill(&mut self, wanted: usize) -> Result<bool, WireError> {
        while self.pending().len() < wanted {
            self.flush().await?;
            let mut bytes = self.exchange.read().await?;
            if bytes.is_empty() {
                return Ok(false);
            }
            if self.pending().is_empty() {
                self.input = bytes;
            } else {
                self.input.drain(..self.taken);
                self.input.append(&mut bytes);
            }
            self.taken = 0;
        }
        Ok(true)
    }
}

fn parse_length(digits: &[u8]) -> Result<usize, WireError> {
    digits.iter().try_fold(0, |length, &byte| {
        let digit = (byte as char).to_digit(16).ok_or_else(|| {
            broken(format!("a pkt-line begins with {:?}", String::from_utf8_lossy(digits)))
        })?;
        Ok(length << 4 | digit as usize)
    })
}

fn broken(reason: impl Into<String>) -> WireError {
    WireError::Protocol { reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::Script;
    use futures_util::FutureExt;

    fn read_all(pieces: &[&[u8]]) -> Result<Vec<Packet>, WireError> {
        let mut script = Script::new(pieces);
        let mut lines = PktLines::new(&mut script);
        let mut packets = Vec::new();
        loop {
            let packet = lines.next().now_or_never().expect("a script never waits")?;
            if packet == Packet::End {
                return Ok(packets);
            }
            packets.push(packet);
        }
    }

    #[test]
    fn frames_are_read_however_the_stream_is_cut() {
        let whole: &[u8] = b"0006a\n0005b000000010002000400";
        let expected = [
            Packet::Data(b"a\n".to_vec()),
            Packet::Data(b"b".to_vec()),
            Packet::Flush,
            Packet::Delim,
            Packet::ResponseEnd,
            Packet::Data(Vec::new()),
        ];
        let whole = &whole[..whole.len() - 2];
        for size in 1..whole.len() {
            let pieces: Vec<&[u8]> = whole.chunks(size).collect();
            assert_eq!(read_all(&pieces).unwrap(), expected, "in pieces of {size}");
        }
    }

    #[test]
    fn text_is_without_its_newline() {
        assert_eq!(Packet::Data(b"done\n".to_vec()).text(), Some(&b"done"[..]));
        assert_eq!(Packet::Data(b"done".to_vec()).text(), Some(&b"done"[..]));
        assert_eq!(Packet::Flush.text(), None);
    }

    #[test]
    fn broken_frames_are_refused() {
        let broken: [&[u8]; 6] = [b"0003", b"fff1", b"00zz", b"-001", b"00", b"0008abc"];
        for bytes in broken {
            let outcome = read_all(&[bytes]);
            assert!(matches!(outcome, Err(WireError::Protocol { .. })), "{bytes:?}: {outcome:?}");
        }
    }

    #[test]
    fn raw_bytes_follow_the_frames() {
        let mut script = Script::new(&[b"0005a0000PA", b"CK", b"..."]);
        let mut lines = PktLines::new(&mut script);
        let mut raw = Vec::new();
        async {
            while lines.next().await.unwrap() != Packet::Flush {}
            loop {
                let bytes = lines.read_raw().await.unwrap();
                if bytes.is_empty() {
                    break;
                }
                raw.extend(bytes);
            }
        }
        .now_or_never()
        .expect("a script never waits");
        assert_eq!(raw, b"PACK...");
    }

    #[test]
    fn output_is_sent_before_a_read_waits_and_in_large_pieces() {
        let mut script = Script::new(&[b"0000"]);
        let mut lines = PktLines::new(&mut script);
        async {
            lines.write_line(format_args!("one"));
            lines.write(b"two");
            lines.write_flush();
            lines.write_delim();
            lines.flush_if_large().await.unwrap();
            lines.next().await.unwrap();
            lines.write_error("no").await.unwrap();
        }
        .now_or_never()
        .expect("a script never waits");
        assert_eq!(script.written, [&b"0008one\n0007two00000001"[..], b"000bERR no\n"]);
    }

    #[test]
    fn payloads_never_pass_the_longest() {
        let mut script = Script::new(&[]);
        let mut lines = PktLines::new(&mut script);
        async {
            lines.write(&[7; MAX_DATA_BYTES + 1]);
            lines.flush().await.unwrap();
        }
        .now_or_never()
        .expect("a script never waits");
        assert_eq!(script.sent().len(), MAX_PACKET_BYTES);
        assert_eq!(&script.sent()[..4], b"fff0");
    }
}
