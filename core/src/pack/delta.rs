//! Applying deltas.

use alloc::vec::Vec;

/// The lengths that a delta begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Length of the base that it is for, in bytes.
    pub base_bytes: u64,
    /// Length of what it makes, in bytes.
    pub result_bytes: u64,
}

impl Sizes {
    /// No encoding of the two lengths is longer, in bytes.
    pub const MAX_BYTES: usize = 2 * 10;

    /// Reads the lengths and gives the instructions that follow them.
    ///
    /// `delta`: a delta, or its first [`Sizes::MAX_BYTES`].
    pub fn decode(delta: &[u8]) -> Result<(Self, &[u8]), DeltaError> {
        let (base_bytes, rest) = decode_size(delta)?;
        let (result_bytes, rest) = decode_size(rest)?;
        Ok((Self { base_bytes, result_bytes }, rest))
    }
}

/// Makes the object that `delta` describes against `base`.
///
/// `limit_bytes`: what the result may have at most; nothing is allocated for a larger one.
///
/// # Source
/// gitformat-pack(5), "Deltified representation"
pub fn apply(base: &[u8], delta: &[u8], limit_bytes: u64) -> Result<Vec<u8>, DeltaError> {
    let (sizes, mut rest) = Sizes::decode(delta)?;
    if sizes.base_bytes != base.len() as u64 {
        return Err(DeltaError::WrongBase);
    }
    if sizes.result_bytes > limit_bytes {
        return Err(DeltaError::TooLarge { size_bytes: sizes.result_bytes });
    }
    let size = usize::try_from(sizes.result_bytes)
        .map_err(|_| DeltaError::TooLarge { size_bytes: sizes.result_bytes })?;
    let mut result = Vec::with_capacity(size);
    while let Some((&instruction, after)) = rest.split_first() {
        let (piece, after) = match instruction {
            0 => return Err(DeltaError::Corrupt),
            1..0x80 => {
                after.split_at_checked(usize::from(instruction)).ok_or(DeltaError::Corrupt)?
            }
            _ => {
                let (copy, after) = decode_copy(instruction, after).ok_or(DeltaError::Corrupt)?;
                (base.get(copy).ok_or(DeltaError::Corrupt)?, after)
            }
        };
        if piece.len() > size - result.len() {
            return Err(DeltaError::Corrupt);
        }
        result.extend_from_slice(piece);
        rest = after;
    }
    if result.len() == size { Ok(result) } else { Err(DeltaError::Corrupt) }
}

/// The range of the base that a copy instruction names, and what follows the instruction.
fn decode_copy(instruction: u8, bytes: &[u8]) -> Option<(core::ops::Range<usize>, &[u8])> {
    const WHEN_ZERO: u32 = 0x10000;
    let mut rest = bytes;
    let mut number = |flags: u8, count: u32| {
        let mut number = 0u32;
        for place in 0..count {
            if flags >> place & 1 != 0 {
                let (&byte, after) = rest.split_first()?;
                number |= u32::from(byte) << (8 * place);
                rest = after;
            }
        }
        Some(number)
    };
    let offset = number(instruction, 4)? as usize;
    let length = number(instruction >> 4 & 7, 3)?;
    let length = if length == 0 { WHEN_ZERO } else { length } as usize;
    Some((offset..offset.checked_add(length)?, rest))
}

fn decode_size(bytes: &[u8]) -> Result<(u64, &[u8]), DeltaError> {
    let mut size = 0u64;
    let mut shift = 0;
    for (index, byte) in bytes.iter().enumerate() {
        let bits = u64::from(byte & 0x7f);
        if shift >= u64::BITS || bits << shift >> shift != bits {
            return Err(DeltaError::Corrupt);
        }
        size |= bits << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return Ok((size, bytes.get(index + 1..).unwrap_or_default()));
        }
    }
    Err(DeltaError::Corrupt)
}

/// Why a delta cannot be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeltaError {
    /// An instruction is cut off, reaches outside the base, or makes too much or too little.
    #[error("a delta is damaged")]
    Corrupt,
    /// It was made for a base of another length.
    #[error("a delta is for another base")]
    WrongBase,
    /// Its result is over the limit.
    #[error("a delta makes {size_bytes} bytes, over the limit")]
    TooLarge {
        /// Length of the result, in bytes.
        size_bytes: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &[u8] = b"0123456789";
    /// Copies 2345, inserts "ab", copies 01.
    const DELTA: &[u8] = &[10, 8, 0x91, 2, 4, 2, b'a', b'b', 0x90, 2];

    #[test]
    fn copies_and_inserts_make_the_result() {
        assert_eq!(apply(BASE, DELTA, 8).unwrap(), b"2345ab01");
        assert_eq!(apply(BASE, DELTA, 7), Err(DeltaError::TooLarge { size_bytes: 8 }));
        assert_eq!(apply(b"012", DELTA, 8), Err(DeltaError::WrongBase));
        let sizes = Sizes { base_bytes: 10, result_bytes: 8 };
        assert_eq!(Sizes::decode(&DELTA[..2]).unwrap().0, sizes);
    }

    #[test]
    fn a_copy_without_a_length_is_of_64_kib() {
        let base = alloc::vec![7; 0x10001];
        let delta = [0x81, 0x80, 0x04, 0x80, 0x80, 0x04, 0x81, 1];
        assert_eq!(apply(&base, &delta, u64::MAX).unwrap(), &base[1..]);
    }

    #[test]
    fn damage_is_refused() {
        for cut in 0..DELTA.len() {
            assert!(apply(BASE, &DELTA[..cut], 100).is_err(), "{cut}");
        }
        let damaged: [&[u8]; 6] = [
            &[10, 1, 0],
            &[10, 2, 1, b'a'],
            &[10, 1, 2, b'a', b'b'],
            &[10, 4, 0x91, 7, 4],
            &[10, 4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[10, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
        ];
        for delta in damaged {
            assert_eq!(apply(BASE, delta, 100), Err(DeltaError::Corrupt), "{delta:?}");
        }
        for position in 0..DELTA.len() {
            for byte in 0..=255 {
                let mut delta = DELTA.to_vec();
                delta[position] = byte;
                let _ = apply(BASE, &delta, 1 << 20);
            }
        }
    }
}
