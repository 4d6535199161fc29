//! Git repositories in an R2 bucket, served by a Cloudflare Worker that holds nothing else.
//!
//! All that is known of Git, of HTTP and of who may do what is in the core; here are the bucket, and the
//! bytes that go both ways.
//!
//! | module | what |
//! |---|---|
//! | [`bucket`] | the bucket as the core's store |
//! | [`client`] | a request and its response as the core's connection |
//! | [`fetch`] | the handler |
//! | `probe` | the bucket's calls, in builds for tests |
//! | [`settings`] | what the Worker was configured with |

pub mod bucket;
pub mod client;
pub mod fetch;
#[cfg(feature = "probe")]
pub mod probe;
pub mod settings;
