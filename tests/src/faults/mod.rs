//! A faulty network: proxies of our own on the loopback, which count what passes through them and
//! break it where a test says so.
//!
//! [`HttpFaults`] knows requests and can fault the third `PUT` of a key; [`ByteFaults`] knows nothing
//! but bytes, for protocols that are encrypted or that we do not read. Both survive their server being
//! killed: clients that connect meanwhile are cut off.

mod bytes;
mod fault;
mod http;
mod listener;
mod message;

pub use bytes::{ByteFault, ByteFaults};
pub use fault::{Fault, Plan};
pub use http::{Exchange, HttpFaults};

#[cfg(test)]
mod tests;
