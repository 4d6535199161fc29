//! Replies of JSON: a resource, a list, an error.

use super::call::Window;
use crate::http::{error::Refusal, head::ResponseHead};
use alloc::{string::ToString, vec::Vec};
use serde_json::{Value, json};

/// The type of every reply but a file's content.
pub(super) const JSON: &str = "application/json";

/// A reply that is held whole.
pub(super) struct Reply {
    pub head: ResponseHead,
    pub body: Vec<u8>,
}

impl Reply {
    /// A reply with this value.
    pub fn json(status: u16, value: &Value) -> Self {
        let mut body = value.to_string().into_bytes();
        body.push(b'\n');
        Self { head: ResponseHead::new(status, JSON), body }
    }

    /// What `window` shows of all `values`.
    pub fn list(values: &[Value], window: Window) -> Self {
        let data: Vec<&Value> = values.iter().skip(window.offset).take(window.limit).collect();
        let end = window.offset.saturating_add(data.len());
        Self::json(
            200,
            &json!({
                "object": "list",
                "data": data,
                "limit": window.limit,
                "offset": window.offset,
                "total_count": values.len(),
                "has_more": end < values.len(),
            }),
        )
    }

    /// What was deleted.
    pub fn deleted(object: &str, name: &str) -> Self {
        Self::json(200, &json!({ "object": object, "name": name, "deleted": true }))
    }

    /// An error.
    pub fn refusal(refusal: &Refusal) -> Self {
        let value = json!({
            "object": "error",
            "code": refusal.code(),
            "message": refusal.message(),
        });
        let body = Self::json(refusal.status(), &value).body;
        Self { head: refusal.head(JSON), body }
    }
}
