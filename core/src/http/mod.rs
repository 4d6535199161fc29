//! HTTP, routed here: a request in, a response out, bodies streamed both ways.
//!
//! A host hands over a [`RequestHead`], a [`Connection`] and a store, and copies bytes; which
//! repositories there are, who may do what and what is answered is decided here, so that every host
//! answers alike.
//!
//! | request | answer |
//! |---|---|
//! | `GET /<name>.git/info/refs?service=git-upload-pack` | what there is to fetch |
//! | `GET /<name>.git/info/refs?service=git-receive-pack` | what there is to push to |
//! | `POST /<name>.git/git-upload-pack` | a fetch or clone |
//! | `POST /<name>.git/git-receive-pack` | a push |
//! | `/v1/…` | the resource API |
//!
//! The `.git` may be left out.

pub mod access;
mod api;
mod body;
mod error;
mod git;
mod gunzip;
mod head;
mod route;
mod serve;
#[cfg(test)]
mod tests;

pub use head::{Connection, RequestHead, ResponseHead};
pub use serve::{Host, serve};
