//! Real servers for stores to be tried against: started when first asked for, gone with the test.
//!
//! Each is one process for a whole test program, on a free port of the loopback, with its data in a
//! temporary directory; a test takes a bucket, database or directory of its own in it. They can be
//! killed and started again on the same port with the same data. What they need is installed by
//! `cargo xtask servers`, which `cargo xtask test` runs first.

mod azurite;
mod ceph;
mod http;
mod installed;
mod ministack;
mod moto;
mod place;
mod port;
mod postgres;
mod process;
mod s3;
mod s3rver;
mod s3s;
mod sshd;

pub use azurite::Azurite;
pub use place::Place;
pub use postgres::Postgres;
pub use process::Process;
pub use s3::S3;
pub use sshd::Sshd;

#[cfg(test)]
mod tests;
