//! The two directions of a byte stream between the core and a Git client.

use alloc::{string::String, vec::Vec};
use core::future::Future;

/// A duplex byte stream: a pipe, a socket, or an HTTP request's body and its response's.
pub trait Exchange {
    /// Reads what has arrived, waiting for at least one byte; empty at the end of the stream.
    fn read(&mut self) -> impl Future<Output = Result<Vec<u8>, ExchangeError>>;

    /// Writes all of `bytes`, waiting while the other side does not read.
    fn write(&mut self, bytes: Vec<u8>) -> impl Future<Output = Result<(), ExchangeError>>;
}

/// The stream broke: the other side went away.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the connection was lost: {reason}")]
pub struct ExchangeError {
    /// What the host said.
    pub reason: String,
}
