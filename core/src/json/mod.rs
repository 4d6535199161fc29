//! JSON, as far as `trunk.json`, tokens and the resource API need it.
//!
//! What is read is split into members, and what is not understood can be kept to the letter. The general reader
//! and writer, with their trees of values, their numbers of every form and their messages for every type, are an
//! eighth of what a browser or a Worker loads.

mod read;
mod write;

pub(crate) use read::{Members, list, members, text};
pub(crate) use write::{Value, array, object, quoted};
