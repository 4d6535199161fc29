//! The stores that this host can reach, the URLs that name them, and what is said of them besides.

mod any;
mod disk;
mod open;
mod options;
mod postgres;
mod spec;
mod url;

pub use any::AnyStore;
pub use disk::Disk;
pub use open::OpenError;
pub use options::{Key, StoreOptions};
pub use postgres::{Postgres, PostgresConfig, SslMode};
pub use spec::StoreSpec;
pub use url::{Password, Provider, RemoteUrl, Server, StoreUrl, UrlError, masked};
