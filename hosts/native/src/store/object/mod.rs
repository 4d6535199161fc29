//! Object stores: S3 and what speaks its protocol, Google Cloud Storage, Azure Blob Storage.
//!
//! A key of the seam is a key of the bucket, letter for letter, so a bucket can be copied to a disk
//! and read there by git. Each family has a module for what is its own, [`adapter`] does what all
//! share, and [`call`] sends requests. Credentials and signatures come from the crate `object_store`;
//! `docs/adr/0010-object-stores-by-their-rest-calls.md` says why no more of it is used.

mod adapter;
mod azure;
mod call;
mod connect;
mod dialect;
mod failure;
mod gcs;
mod key;
mod listing;
mod s3;
mod sweep;
mod tag;
mod text;
mod write;

pub use azure::{Azure, AzureConfig};
pub use gcs::{Gcs, GcsConfig};
pub use s3::{Addressing, ConditionalDelete, S3, S3Config, S3Provider};

use std::time::Duration;

/// How long a call may take, unless a configuration says otherwise; more for what is large.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;
