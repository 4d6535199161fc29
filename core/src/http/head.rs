//! What stands before a body: of a request, and of a response.

use crate::exchange::{Exchange, ExchangeError};
use alloc::{borrow::ToOwned, string::String, vec, vec::Vec};
use core::{fmt, future::Future};

/// A client's connection: the request's body is read from it, the response is written to it.
pub trait Connection: Exchange {
    /// Begins the response. Called once, before the first write.
    fn begin(&mut self, head: ResponseHead) -> impl Future<Output = Result<(), ExchangeError>>;

    /// Breaks off a response that has begun, so that the client sees that it is not whole.
    fn fail(&mut self, reason: &str);
}

/// A request without its body.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RequestHead {
    /// The method, in capitals.
    pub method: String,
    /// The path, as it was sent: still percent-encoded, with the leading slash.
    pub path: String,
    /// What stands behind the question mark, still percent-encoded; empty when there is none.
    pub query: String,
    /// Names in small letters, and values.
    pub headers: Vec<(String, String)>,
}

/// A response without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseHead {
    /// The status code.
    pub status: u16,
    /// Names in small letters, and values.
    pub headers: Vec<(&'static str, String)>,
}

/// What pages of other origins may see of a response.
const EXPOSED: &str =
    "etag, content-range, accept-ranges, x-git-mode, x-git-commit, www-authenticate";

impl RequestHead {
    /// The first header called `name`, which is in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The first parameter of the query called `name`, as it was sent.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

/// Without the values of headers and of the query, among which are secrets.
impl fmt::Debug for RequestHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl ResponseHead {
    /// A response that nobody may keep, with a body of this type.
    pub(super) fn new(status: u16, content_type: &str) -> Self {
        let headers = vec![
            ("content-type", content_type.to_owned()),
            ("cache-control", "no-cache, max-age=0, must-revalidate".to_owned()),
            ("expires", "Fri, 01 Jan 1980 00:00:00 GMT".to_owned()),
            ("pragma", "no-cache".to_owned()),
            // Pages of other origins may ask: they know no secret that the one who asks does not.
            ("access-control-allow-origin", "*".to_owned()),
            ("access-control-expose-headers", EXPOSED.to_owned()),
        ];
        Self { status, headers }
    }

    /// What a page of another origin is told before it asks.
    pub(super) fn preflight() -> Self {
        Self::new(204, "text/plain")
            .with("access-control-allow-methods", "GET, POST, PATCH, DELETE")
            .with(
                "access-control-allow-headers",
                "authorization, content-type, git-protocol, if-none-match, if-range, range",
            )
            .with("access-control-max-age", "86400")
    }

    /// The response with one more header.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
