//! Each loose object against its id and the rules of its kind.

use crate::{
    at_once::join_all,
    object::{self, Kind, ObjectId},
    odb::{Objects, ReadError},
    store::{Entry, Store},
};
use alloc::{format, string::String, vec::Vec};

/// How many objects are looked at at once.
const LOOKS_IN_FLIGHT: usize = 16;

/// Looks at loose objects and adds what is wrong to `problems`.
///
/// One that is in a pack too is looked at there alone: nobody reads it here.
pub(super) async fn check<S: Store>(
    objects: &Objects<S>,
    loose: &[(ObjectId, Entry)],
    problems: &mut Vec<String>,
) -> Result<(), ReadError> {
    for chunk in loose.chunks(LOOKS_IN_FLIGHT) {
        let looks = chunk.iter().map(|(id, _)| look(objects, id));
        for ((_, entry), outcome) in chunk.iter().zip(join_all(looks).await) {
            match outcome {
                Ok(None) => {}
                Ok(Some(problem)) => problems.push(problem),
                Err(error @ ReadError::Store(_)) => return Err(error),
                Err(error) => problems.push(format!("{}: {error}", entry.key)),
            }
        }
    }
    Ok(())
}

async fn look<S: Store>(objects: &Objects<S>, id: &ObjectId) -> Result<Option<String>, ReadError> {
    let mut stream = objects.stream(id).await?;
    let kind = stream.kind;
    if kind == Kind::Blob {
        while stream.next().await?.is_some() {}
        return Ok(None);
    }
    drop(stream);
    let object = objects.read(id).await?;
    let outcome = object::verify(kind, &object.data);
    Ok(outcome.err().map(|error| format!("object {id} is not valid: {error}")))
}
