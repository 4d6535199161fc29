//! What stands before a body: of a request, and of a response.

use crate::exchange::{Exchange, ExchangeError};
use alloc::{borrow::ToOwned, string::String, vec, vec::Vec};
use core::{fmt, future::Future};

/// A client's connection: the request's body is read from it, the response is written to it.
pub trait Connection: Exchange {
    /// Begins the response. Called once, before the first write.
    fn begin(&mut self, head: ResponseHead) -> impl Future<Output = Result<(), ExchangeError>>;
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
        ];
        Self { status, headers }
    }

    /// The response with one more header.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
