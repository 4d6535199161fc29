//! SHA-1, in the one place that knows how it is computed.

use crate::object::{Kind, ObjectId};
use core::fmt::{self, Write};
use sha1_checked::Digest;

/// Hashes bytes that need no defence against a forger: files that we name or that we made.
#[derive(Clone, Default)]
pub struct Hasher(sha1_smol::Sha1);

impl Hasher {
    /// Begins a hash.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all bytes so far.
    pub fn finish(&self) -> ObjectId {
        ObjectId::from(self.0.digest().bytes())
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").finish_non_exhaustive()
    }
}

/// Hashes an object that was checked when it came in, or that we make ourselves.
#[derive(Clone, Debug)]
pub struct ObjectHasher(Hasher);

impl ObjectHasher {
    /// Begins the hash of an object with `size_bytes` of content.
    pub fn new(kind: Kind, size_bytes: u64) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(Header::new(kind, size_bytes).as_bytes());
        Self(hasher)
    }

    /// Adds content.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The id of the object with all content so far.
    pub fn finish(&self) -> ObjectId {
        self.0.finish()
    }
}

/// Hashes an object that comes from outside, and finds out when it was made to collide.
///
/// Takes about twice as long as [`ObjectHasher`].
#[derive(Clone, Debug)]
pub struct CheckedObjectHasher(sha1_checked::Sha1);

impl CheckedObjectHasher {
    /// Begins the hash of an object with `size_bytes` of content.
    pub fn new(kind: Kind, size_bytes: u64) -> Self {
        let mut hasher = sha1_checked::Builder::default().safe_hash(false).build();
        hasher.update(Header::new(kind, size_bytes).as_bytes());
        Self(hasher)
    }

    /// Adds content.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The id of the object with all content so far.
    ///
    /// # Errors
    /// [`Collision`]: refuse the object.
    pub fn finish(self) -> Result<ObjectId, Collision> {
        let outcome = self.0.try_finalize();
        let id = ObjectId::from(<[u8; ObjectId::BYTES]>::from(*outcome.hash()));
        if outcome.has_collision() { Err(Collision { id }) } else { Ok(id) }
    }
}

/// Content that was made so that other content has the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("object {id} is part of a SHA-1 collision attack")]
pub struct Collision {
    /// The id that both have.
    pub id: ObjectId,
}

/// The id of an object that we make ourselves.
pub fn object_id(kind: Kind, data: &[u8]) -> ObjectId {
    let mut hasher = ObjectHasher::new(kind, data.len() as u64);
    hasher.update(data);
    hasher.finish()
}

/// The id of an object that comes from outside.
///
/// # Errors
/// [`Collision`]: refuse the object.
pub fn checked_object_id(kind: Kind, data: &[u8]) -> Result<ObjectId, Collision> {
    let mut hasher = CheckedObjectHasher::new(kind, data.len() as u64);
    hasher.update(data);
    hasher.finish()
}

/// What stands before the content when an object is hashed or written loose: `blob 12\0`.
///
/// # Source
/// gitformat-loose(5), "Loose objects"
#[derive(Clone, Debug)]
pub(crate) struct Header {
    bytes: [u8; Self::ROOM],
    length: usize,
}

impl Header {
    /// Room for the longest kind, a space, the largest 64-bit number and the zero.
    const ROOM: usize = 6 + 1 + 20 + 1;

    pub(crate) fn new(kind: Kind, size_bytes: u64) -> Self {
        let mut header = Self { bytes: [0; Self::ROOM], length: 0 };
        write!(header, "{} {size_bytes}\0", kind.as_str()).expect("the room fits every header");
        header
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Write for Header {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn ids_are_those_of_git() {
        assert_eq!(object_id(Kind::Tree, b""), ObjectId::EMPTY_TREE);
        let hello = object_id(Kind::Blob, b"hello\n");
        assert_eq!(hello.to_string(), "ce013625030ba8dba906f756967f9e9ca394464a");
        assert_eq!(checked_object_id(Kind::Blob, b"hello\n"), Ok(hello));
    }

    #[test]
    fn pieces_hash_as_the_whole() {
        let data: alloc::vec::Vec<u8> = (0..1000u32).map(|i| (i * 7) as u8).collect();
        for size in [1, 63, 64, 65, 999] {
            let mut plain = ObjectHasher::new(Kind::Blob, 1000);
            let mut checked = CheckedObjectHasher::new(Kind::Blob, 1000);
            for piece in data.chunks(size) {
                plain.update(piece);
                checked.update(piece);
            }
            assert_eq!(plain.finish(), object_id(Kind::Blob, &data));
            assert_eq!(checked.finish(), Ok(object_id(Kind::Blob, &data)));
        }
    }

    #[test]
    fn the_longest_header_fits() {
        let header = Header::new(Kind::Commit, u64::MAX);
        assert_eq!(header.as_bytes(), b"commit 18446744073709551615\0");
    }
}
