//! The core as a sandboxed component, run by wasmtime.
//!
//! The component is compiled when the program is built and embedded in it; it imports the two
//! interfaces of `wit/world.wit` and nothing else, so it can touch only the store and the byte stream
//! that it is handed.
//!
//! ```no_run
//! # async fn example() -> Result<(), trunks::component::CoreError> {
//! use std::sync::Arc;
//! use trunks::component::{Core, Exchange, Guest};
//! use trunks_core::{
//!     repository::{Peel, RepoName},
//!     store::Memory,
//!     wire::UploadOptions,
//! };
//!
//! let guest = Guest::new(Core::shared()?, Arc::new(Memory::new()));
//! let name = RepoName::new("team/app").expect("well-formed");
//! let listing = guest.refs(&name, &["refs/heads/"], Peel::Known).await?;
//! let client = Exchange::new(tokio::io::stdin(), tokio::io::stdout());
//! guest.upload_pack(&name, &UploadOptions::default(), client).await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`Core`] is made once a process and holds the machine code. A [`Guest`] is cheap: a store and the
//! bounds for those who use it. Each call runs in an instance of its own, so calls cannot see each
//! other, many may run at once, and one whose future is dropped leaves nothing behind but what it had
//! already written.
//!
//! Any [`SendStore`] will do; [`send_store!`](crate::send_store) makes one of a
//! [`Store`](trunks_core::store::Store) whose futures are `Send`.

mod bindings;
mod bounds;
mod call;
mod config;
mod convert;
mod core;
mod error;
mod exchange;
mod guest;
mod send_store;
mod storage;
#[cfg(test)]
mod tests;
mod ticker;

pub use self::{
    bounds::Bounds,
    core::Core,
    error::CoreError,
    exchange::Exchange,
    guest::{Guest, StoredPack},
    send_store::{Answer, SendStore},
};
