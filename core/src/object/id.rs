//! The name of an object: the SHA-1 of its header and content.

use alloc::string::{String, ToString};
use core::{fmt, str::FromStr};

/// An object's name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId([u8; ObjectId::BYTES]);

impl ObjectId {
    /// Length in bytes.
    pub const BYTES: usize = 20;
    /// Length in hexadecimal digits.
    pub const HEX: usize = 2 * Self::BYTES;
    /// All zeros: "no object" in ref updates.
    pub const ZERO: Self = Self([0; Self::BYTES]);
    /// The tree without entries, which every Git knows without storing it.
    pub const EMPTY_TREE: Self = Self([
        0x4b, 0x82, 0x5d, 0xc6, 0x42, 0xcb, 0x6e, 0xb9, 0xa0, 0x60, 0xe5, 0x4b, 0xf8, 0xd6, 0x92,
        0x88, 0xfb, 0xee, 0x49, 0x04,
    ]);

    /// The id with these bytes; `None` unless there are exactly [`ObjectId::BYTES`].
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The id with these hexadecimal digits, lower or upper case.
    pub fn from_hex(hex: &[u8]) -> Result<Self, InvalidId> {
        let invalid = || InvalidId(String::from_utf8_lossy(&hex[..hex.len().min(80)]).to_string());
        if hex.len() != Self::HEX {
            return Err(invalid());
        }
        let mut bytes = [0; Self::BYTES];
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            let digit = |c: u8| (c as char).to_digit(16).map(|d| d as u8).ok_or_else(invalid);
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(bytes))
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// Whether this is [`ObjectId::ZERO`].
    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }
}

impl From<[u8; ObjectId::BYTES]> for ObjectId {
    fn from(bytes: [u8; ObjectId::BYTES]) -> Self {
        Self(bytes)
    }
}

impl FromStr for ObjectId {
    type Err = InvalidId;

    fn from_str(hex: &str) -> Result<Self, InvalidId> {
        Self::from_hex(hex.as_bytes())
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectId({self})")
    }
}

/// Not an object id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an object id of 40 hexadecimal digits: {0:?}")]
pub struct InvalidId(pub String);
