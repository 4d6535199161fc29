//! The description of the API that is served with it.

use super::reply::{JSON, Reply};
use crate::http::head::ResponseHead;

/// OpenAPI 3.1.
const DESCRIPTION: &str = include_str!("openapi.json");

/// The description.
pub(super) fn reply() -> Reply {
    Reply { head: ResponseHead::new(200, JSON), body: DESCRIPTION.as_bytes().to_vec() }
}
