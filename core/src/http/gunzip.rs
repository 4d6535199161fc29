//! Inflating a request's body piece by piece, within bounds.

use crate::{
    checksum::Crc32,
    zlib::{Inflate, ZlibError},
};
use alloc::vec::Vec;

/// The fixed part of a header, and the trailer, in bytes.
const HEADER_BYTES: usize = 10;
const TRAILER_BYTES: usize = 8;
/// Longest header that is taken: git's has no optional parts.
const LONGEST_HEADER_BYTES: usize = 64 * 1024;
/// What may come out of nothing, in bytes, and how often each byte that came in may.
const FREE_BYTES: u64 = 32 * 1024 * 1024;
const RATIO: u64 = 16;

/// Inflates one gzip member.
///
/// # Source
/// RFC 1952
pub(super) struct Gunzip {
    stage: Stage,
    inflate: Inflate,
    /// What arrived and was not yet enough.
    pending: Vec<u8>,
    crc: Crc32,
    taken_bytes: u64,
    made_bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Header,
    Data,
    Trailer,
    End,
}

impl Gunzip {
    pub fn new() -> Self {
        Self {
            stage: Stage::Header,
            inflate: Inflate::raw(),
            pending: Vec::new(),
            crc: Crc32::new(),
            taken_bytes: 0,
            made_bytes: 0,
        }
    }

    /// Takes `input` and gives at most about `room` bytes of what it inflates to. Call again with
    /// nothing until it gives nothing.
    pub fn feed(&mut self, input: Vec<u8>, room: usize) -> Result<Vec<u8>, GunzipError> {
        self.taken_bytes += input.len() as u64;
        if self.pending.is_empty() {
            self.pending = input;
        } else {
            self.pending.extend_from_slice(&input);
        }
        let mut output = Vec::new();
        if self.stage == Stage::Header {
            match header(&self.pending)? {
                Some(length) => {
                    self.pending.drain(..length);
                    self.stage = Stage::Data;
                }
                None if self.pending.len() > LONGEST_HEADER_BYTES => {
                    return Err(GunzipError::Corrupt);
                }
                None => {}
            }
        }
        if self.stage == Stage::Data {
            let step = self.inflate.step(&self.pending, &mut output, room)?;
            self.pending.drain(..step.consumed);
            self.crc.update(&output);
            self.made_bytes += output.len() as u64;
            if self.made_bytes > FREE_BYTES + RATIO * self.taken_bytes {
                return Err(GunzipError::Bomb);
            }
            if step.is_done {
                self.stage = Stage::Trailer;
            }
        }
        if self.stage == Stage::Trailer && self.pending.len() >= TRAILER_BYTES {
            self.check_trailer()?;
            self.stage = Stage::End;
        }
        if self.stage == Stage::End && !self.pending.is_empty() {
            return Err(GunzipError::Corrupt);
        }
        Ok(output)
    }

    /// Demands that the end was reached.
    pub fn finish(&self) -> Result<(), GunzipError> {
        if self.stage == Stage::End { Ok(()) } else { Err(GunzipError::Truncated) }
    }

    fn check_trailer(&mut self) -> Result<(), GunzipError> {
        let mut trailer = self.pending.drain(..TRAILER_BYTES);
        let mut number = || {
            let mut bytes = [0; 4];
            bytes.iter_mut().zip(&mut trailer).for_each(|(to, from)| *to = from);
            u32::from_le_bytes(bytes)
        };
        let (crc, length) = (number(), number());
        // The length is told in 32 bits, whatever it is.
        if crc != self.crc.finish() || u64::from(length) != self.made_bytes & 0xffff_ffff {
            return Err(GunzipError::Corrupt);
        }
        Ok(())
    }
}

/// Why a body is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum GunzipError {
    #[error("the gzip body is damaged")]
    Corrupt,
    #[error("the gzip body is cut off")]
    Truncated,
    #[error("the gzip body inflates to more than is accepted")]
    Bomb,
}

impl From<ZlibError> for GunzipError {
    fn from(_: ZlibError) -> Self {
        Self::Corrupt
    }
}

/// The length of the header that `bytes` begin with; `None` when more of it must come.
fn header(bytes: &[u8]) -> Result<Option<usize>, GunzipError> {
    const HAS_CRC: u8 = 2;
    const HAS_EXTRA: u8 = 4;
    const HAS_NAME: u8 = 8;
    const HAS_COMMENT: u8 = 16;
    let Some((fixed, _)) = bytes.split_at_checked(HEADER_BYTES) else { return Ok(None) };
    let [0x1f, 0x8b, 8, flags, ..] = fixed else { return Err(GunzipError::Corrupt) };
    let mut at = HEADER_BYTES;
    if flags & HAS_EXTRA != 0 {
        let Some(&[low, high]) = bytes.get(at..at + 2) else { return Ok(None) };
        at += 2 + usize::from(u16::from_le_bytes([low, high]));
    }
    for flag in [HAS_NAME, HAS_COMMENT] {
        if flags & flag != 0 {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(length) = rest.iter().position(|byte| *byte == 0) else { return Ok(None) };
            at += length + 1;
        }
    }
    if flags & HAS_CRC != 0 {
        at += 2;
    }
    Ok((bytes.len() >= at).then_some(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zlib::deflate;
    use alloc::vec;

    /// A member with a file's name in its header, as gzip writes it.
    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut crc = Crc32::new();
        crc.update(data);
        let zlib = deflate(data);
        let mut bytes = vec![0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3, b'a', 0];
        // A zlib stream is 2 bytes, deflated data, and a checksum of 4.
        bytes.extend_from_slice(&zlib[2..zlib.len() - 4]);
        bytes.extend_from_slice(&crc.finish().to_le_bytes());
        bytes.extend_from_slice(&(data.len() as u32).to_le_bytes());
        bytes
    }

    fn gunzip(bytes: &[u8], piece: usize) -> Result<Vec<u8>, GunzipError> {
        let mut gunzip = Gunzip::new();
        let mut output = Vec::new();
        for piece in bytes.chunks(piece) {
            let mut input = piece.to_vec();
            loop {
                let made = gunzip.feed(core::mem::take(&mut input), 1000)?;
                if made.is_empty() {
                    break;
                }
                output.extend(made);
            }
        }
        gunzip.finish().map(|()| output)
    }

    #[test]
    fn a_member_comes_out_however_it_is_cut() {
        let data: Vec<u8> = (0..20_000_u32).flat_map(|n| (n * n).to_le_bytes()).collect();
        for data in [&b""[..], b"hello", &data] {
            let bytes = gzip(data);
            for piece in [1, 7, 1000, bytes.len()] {
                assert_eq!(gunzip(&bytes, piece).as_deref(), Ok(data), "in pieces of {piece}");
            }
        }
    }

    #[test]
    fn what_is_damaged_or_cut_off_is_refused() {
        let bytes = gzip(b"hello, hello, hello");
        for length in 0..bytes.len() {
            assert_eq!(gunzip(&bytes[..length], 5), Err(GunzipError::Truncated), "{length}");
        }
        for at in [0, 1, 2, bytes.len() - 8, bytes.len() - 1] {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            assert_eq!(gunzip(&bytes, 100), Err(GunzipError::Corrupt), "{at}");
        }
        let twice = [bytes.clone(), bytes].concat();
        assert_eq!(gunzip(&twice, 1000), Err(GunzipError::Corrupt));
    }

    #[test]
    fn a_bomb_is_refused() {
        let bytes = gzip(&vec![0; 40 * 1024 * 1024]);
        assert!(bytes.len() < 64 * 1024);
        let mut gunzip = Gunzip::new();
        let mut made = 0;
        let mut input = bytes;
        let error = loop {
            match gunzip.feed(core::mem::take(&mut input), 65536) {
                Ok(output) => made += output.len(),
                Err(error) => break error,
            }
        };
        assert_eq!(error, GunzipError::Bomb);
        assert!(made < 34 * 1024 * 1024);
    }
}
