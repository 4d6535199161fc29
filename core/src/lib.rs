//! Git in the user's own storage.
//!
//! This crate holds all of Git and all the rules of trunks; a host brings a [`store::Store`], the
//! time and randomness. It is `no_std`, does no I/O of its own, names no provider and must not panic
//! on any input.
//!
//! | module | what |
//! |---|---|
//! | [`store`] | the seam to storage, and a store in memory |
//! | [`exchange`] | the seam to a Git client's byte stream |
//! | [`object`] | object ids, blobs, trees, commits, tags |
//! | [`pack`] | pack and idx files: entries, deltas, indexing, writing |
//! | [`odb`] | the objects of one repository, wherever they are stored |
//! | [`refs`] | ref names, loose and packed refs, `HEAD`, compare-and-swap |
//! | [`repository`] | the stored layout, creating, listing and deleting |
//! | [`walk`] | history, reachability, connectivity |
//! | [`wire`] | pkt-line, upload-pack, receive-pack |
//! | [`files`] | revisions and paths, reading a file, walking a tree, committing |
//! | [`history`] | the log, branches and tags |
//! | [`diff`] | what differs between two trees |
//! | [`http`] | smart HTTP over all of it, tokens |
//! | [`check`] | fsck of the store and collecting what nothing reaches |
//! | [`code`] | one code for every error
//! | [`limits`] | the bounds on everything that comes from outside |
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod at_once;
pub mod check;
mod checksum;
pub mod code;
pub mod diff;
pub mod exchange;
pub mod files;
pub mod hash;
pub mod history;
pub mod http;
mod json;
pub mod limits;
pub mod object;
pub mod odb;
pub mod pack;
pub mod refs;
pub mod repository;
mod sort;
mod sorted;
pub mod store;
#[cfg(test)]
mod testing;
pub mod walk;
pub mod wire;
pub mod zlib;
