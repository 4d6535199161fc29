//! SHA-1, in the one place that knows how it is computed.

use crate::object::{Kind, ObjectId};
use core::fmt::{self, Write};
use sha1_checked::Digest;

/// Hashes bytes that need no defence against a forger: files that we name or that we made.
#[derive(Clone, Default)]
pub struct Hasher(plain::Sha1);

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
        ObjectId::from(self.0.digest())
    }
}

#[cfg(not(feature = "small"))]
mod plain {
    #[derive(Clone, Default)]
    pub(super) struct Sha1(sha1_smol::Sha1);

    impl Sha1 {
        pub(super) fn update(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }

        pub(super) fn digest(&self) -> [u8; 20] {
            self.0.digest().bytes()
        }
    }
}

/// What finds collisions out can also hash without looking for them, so one SHA-1 is enough.
#[cfg(feature = "small")]
mod plain {
    use sha1_checked::{Builder, Digest};

    #[derive(Clone)]
    pub(super) struct Sha1(sha1_checked::Sha1);

    impl Default for Sha1 {
        fn default() -> Self {
            Self(Builder::default().detect_collision(false).build())
        }
    }

    impl Sha1 {
        pub(super) fn update(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }

        pub(super) fn digest(&self) -> [u8; 20] {
            (*self.0.clone().try_finalize().hash()).into()
        }
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
    use alloc::{string::ToString, vec::Vec};

    #[test]
    fn ids_are_those_of_git() {
        assert_eq!(object_id(Kind::Tree, b""), ObjectId::EMPTY_TREE);
        let hello = object_id(Kind::Blob, b"hello\n");
        assert_eq!(hello.to_string(), "ce013625030ba8dba906f756967f9e9ca394464a");
        assert_eq!(checked_object_id(Kind::Blob, b"hello\n"), Ok(hello));
    }

    #[test]
    fn pieces_hash_as_the_whole() {
        let data: Vec<u8> = (0..1000u32).map(|i| (i * 7) as u8).collect();
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

    /// What the two files of the first SHA-1 collision begin with: 192 bytes that both have, and two
    /// blocks each.
    ///
    /// # Source
    /// Stevens, Bursztein, Karpman, Albertini, Markov: "The first collision for full SHA-1", 2017
    const COLLIDING: [&str; 3] = [
        "255044462d312e330a25e2e3cfd30a0a0a312030206f626a0a3c3c2f57696474682032203020522f\
        4865696768742033203020522f547970652034203020522f537562747970652035203020522f4669\
        6c7465722036203020522f436f6c6f7253706163652037203020522f4c656e677468203820302052\
        2f42697473506572436f6d706f6e656e7420383e3e0a73747265616d0affd8fffe00245348412d31\
        20697320646561642121212121852fec092339759c39b1a1c63c4c97e1fffe01",
        "7346dc9166b67e118f029ab621b2560ff9ca67cca8c7f85ba84c79030c2b3de218f86db3a90901d5\
        df45c14f26fedfb3dc38e96ac22fe7bd728f0e45bce046d23c570feb141398bb552ef5a0a82be331\
        fea48037b8b5d71f0e332edf93ac3500eb4ddc0decc1a864790c782c76215660dd309791d06bd0af\
        3f98cda4bc4629b1",
        "7f46dc93a6b67e013b029aaa1db2560b45ca67d688c7f84b8c4c791fe02b3df614f86db1690901c5\
        6b45c1530afedfb76038e972722fe7ad728f0e4904e046c230570fe9d41398abe12ef5bc942be335\
        42a4802d98b5d70f2a332ec37fac3514e74ddc0f2cc1a874cd0c78305a21566461309789606bd0bf\
        3f98cda8044629a1",
    ];

    fn bytes(hex: &str) -> Vec<u8> {
        let digits = hex.as_bytes().chunks(2).map(|digits| core::str::from_utf8(digits).unwrap());
        digits.map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect()
    }

    #[test]
    fn a_collision_attack_is_found_out() {
        let [both, one, other] = COLLIDING.map(bytes);
        let files = [one, other].map(|blocks| [&both[..], &blocks].concat());
        assert_ne!(files[0], files[1]);
        let id = "f92d74e3874587aaf443d1db961d4e26dde13e9c".parse().unwrap();
        for file in &files {
            let mut plain = Hasher::new();
            plain.update(file);
            assert_eq!(plain.finish(), id);
            for size in [1, 64, 320] {
                // Without a header, because the attack was on bare files.
                let builder = sha1_checked::Builder::default().safe_hash(false);
                let mut checked = CheckedObjectHasher(builder.build());
                file.chunks(size).for_each(|piece| checked.update(piece));
                assert_eq!(checked.finish(), Err(Collision { id }), "in pieces of {size}");
            }
        }
        // Git's header before them makes them different objects, and the attack none.
        let [one, other] = files.map(|file| checked_object_id(Kind::Blob, &file).unwrap());
        assert_ne!(one, other);
    }
}
