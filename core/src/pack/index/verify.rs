//! Whether an idx is right in itself.

use super::{Index, MalformedIndex, malformed};
use crate::{hash::Hasher, object::ObjectId};

impl Index {
    /// Checks the idx against its own checksum, and that its ids are in order, in the fanout's
    /// places, and all have an offset.
    pub fn verify(&self) -> Result<(), MalformedIndex> {
        let end = self.bytes.len().saturating_sub(ObjectId::BYTES);
        let (content, checksum) = self.bytes.split_at_checked(end).unwrap_or_default();
        let mut hasher = Hasher::new();
        hasher.update(content);
        if hasher.finish().as_bytes() != checksum {
            return Err(malformed("the idx does not match its checksum"));
        }
        let mut previous = None;
        for place in 0..self.count() {
            let id = self.id(place);
            let [first, ..] = *id.unwrap_or(ObjectId::ZERO).as_bytes();
            if id < previous || !self.shape.places(first).contains(&place) {
                return Err(malformed("the ids in the idx are not in order"));
            }
            if self.offset(place).is_none() {
                return Err(malformed("an object in the idx has no offset"));
            }
            previous = id;
        }
        Ok(())
    }
}
