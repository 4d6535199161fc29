//! The stores that this host can reach, the URLs that name them, and what is said of them besides.

mod any;
mod bucket;
mod disk;
mod object;
mod open;
mod options;
mod place;
mod postgres;
mod sftp;
mod spec;
mod url;

pub use any::AnyStore;
pub use disk::Disk;
pub use object::{
    Addressing, Azure, AzureConfig, ConditionalDelete, Gcs, GcsConfig, S3, S3Config, S3Provider,
};
pub use open::OpenError;
pub use options::{Key, StoreOptions};
pub use postgres::{Postgres, PostgresConfig, SslMode};
pub use sftp::{Sftp, SftpConfig};
pub use spec::StoreSpec;
pub use url::{Password, Provider, RemoteUrl, Server, StoreUrl, UrlError, masked};
