//! The stores that this host can reach, and the URLs that name them.

mod any;
mod disk;
mod url;

pub use any::AnyStore;
pub use disk::Disk;
pub use url::{RemoteUrl, StoreUrl, UrlError};
