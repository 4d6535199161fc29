//! The objects of one repository, wherever they are stored.

mod alternates;
mod cache;
mod catalog;
mod copy;
mod error;
mod flights;
mod guess;
mod lookup;
mod loose;
mod objects;
mod pages;
mod search;
mod stream;
mod unpack;

pub use copy::{Extent, Form, StoredEntry};
pub use error::ReadError;
pub use objects::{Location, Objects, Pack};
pub use stream::ObjectStream;

#[cfg(test)]
mod tests;
