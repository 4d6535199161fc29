//! CRC-32, in a form that is fast, or in one whose tables take 1 KiB instead of 16.

/// The CRC-32 of bytes, fed piece by piece.
#[derive(Clone, Debug, Default)]
pub struct Crc32(by::Hasher);

impl Crc32 {
    /// Begins one.
    pub fn new() -> Self {
        Self::default()
    }

    /// The checksum of `bytes`.
    pub fn of(bytes: &[u8]) -> u32 {
        let mut crc32 = Self::new();
        crc32.update(bytes);
        crc32.finish()
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum of all bytes so far.
    pub fn finish(&self) -> u32 {
        self.0.clone().finalize()
    }
}

#[cfg(not(feature = "small"))]
mod by {
    pub(super) use crc32fast::Hasher;
}
#[cfg(feature = "small")]
use small as by;

#[cfg(any(feature = "small", test))]
mod small {
    /// What each byte adds, by gzip's polynomial with its bits reversed.
    ///
    /// # Source
    /// RFC 1952, section 8
    static TABLE: [u32; 256] = table();

    const fn table() -> [u32; 256] {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let mut crc = byte as u32;
            let mut bit = 0;
            while bit < 8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
                bit += 1;
            }
            table[byte] = crc;
            byte += 1;
        }
        table
    }

    /// The checksum so far, its bits flipped.
    #[derive(Clone, Debug)]
    pub(super) struct Hasher(u32);

    impl Default for Hasher {
        fn default() -> Self {
            Self(u32::MAX)
        }
    }

    impl Hasher {
        pub(super) fn update(&mut self, bytes: &[u8]) {
            for byte in bytes {
                let added = TABLE.get((self.0 as u8 ^ byte) as usize).copied().unwrap_or_default();
                self.0 = self.0 >> 8 ^ added;
            }
        }

        pub(super) fn finalize(self) -> u32 {
            !self.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_small_checksum_is_that_of_the_fast_one() {
        let data: [u8; 1000] = core::array::from_fn(|at| (at * at / 7) as u8);
        for length in [0, 1, 2, 255, 1000] {
            let mut small = small::Hasher::default();
            data[..length].chunks(7).for_each(|piece| small.update(piece));
            assert_eq!(small.finalize(), crc32fast::hash(&data[..length]));
            assert_eq!(Crc32::of(&data[..length]), crc32fast::hash(&data[..length]));
        }
    }
}
