//! Following a chain of annotated tags to what it leads to.

use super::Peeled;
use crate::{
    object::{Kind, ObjectId, Tag},
    odb::{Objects, ReadError},
    store::Store,
};
use alloc::{format, string::ToString};

/// The longest chain of tags that is followed. Each names the next by its hash, so there is no
/// cycle; but nobody needs so long a chain either.
const LONGEST: usize = 1024;

/// What the object `id` leads to: the first in its chain of tags that is no tag, which is not read
/// itself.
///
/// # Errors
/// `Missing`, `Corrupt`: a tag of the chain cannot be read.
pub async fn peel<S: Store>(objects: &Objects<S>, id: &ObjectId) -> Result<Peeled, ReadError> {
    let (kind, _) = objects.header(id).await?;
    if kind != Kind::Tag {
        return Ok(Peeled::NoTag);
    }
    let mut at = *id;
    for _ in 0..LONGEST {
        let object = objects.read(&at).await?;
        let tag = Tag::parse(&object.data)
            .map_err(|error| ReadError::Corrupt { id: at, reason: error.to_string() })?;
        at = tag.target;
        if tag.target_kind != Kind::Tag {
            return Ok(Peeled::To(at));
        }
    }
    Err(ReadError::Corrupt { id: *id, reason: format!("a chain of more than {LONGEST} tags") })
}
