//! Replies of JSON: a resource, a list, an error.

use super::call::Window;
use crate::{
    http::{error::Refusal, head::ResponseHead},
    json::{Value, array, object},
};
use alloc::{string::String, vec::Vec};

/// The type of every reply but a file's content.
pub(super) const JSON: &str = "application/json";

/// A reply that is held whole.
pub(super) struct Reply {
    pub head: ResponseHead,
    pub body: Vec<u8>,
}

impl Reply {
    /// A reply with this value, which is JSON.
    pub fn json(status: u16, value: String) -> Self {
        let mut body = value.into_bytes();
        body.push(b'\n');
        Self { head: ResponseHead::new(status, JSON), body }
    }

    /// What `window` shows of all `values`.
    pub fn list(values: &[String], window: Window) -> Self {
        let data = values.get(window.offset..).unwrap_or_default();
        let data = data.get(..window.limit).unwrap_or(data);
        let has_more = window.offset.saturating_add(data.len()) < values.len();
        Self::page(data, window, Value::Json(&values.len()), has_more)
    }

    /// A part of a list.
    pub fn page(data: &[String], window: Window, total: Value<'_>, has_more: bool) -> Self {
        Self::json(
            200,
            object(&[
                ("object", Value::Text(&"list")),
                ("data", Value::Json(&array(data))),
                ("limit", Value::Json(&window.limit)),
                ("offset", Value::Json(&window.offset)),
                ("total_count", total),
                ("has_more", Value::Json(&has_more)),
            ]),
        )
    }

    /// What was deleted.
    pub fn deleted(kind: &str, name: &str) -> Self {
        let (kind, name) = (Value::Text(&kind), Value::Text(&name));
        Self::json(
            200,
            object(&[("object", kind), ("name", name), ("deleted", Value::Json(&true))]),
        )
    }

    /// An error.
    pub fn refusal(refusal: &Refusal) -> Self {
        let value = object(&[
            ("object", Value::Text(&"error")),
            ("code", Value::Text(&refusal.code())),
            ("message", Value::Text(&refusal.message())),
        ]);
        let body = Self::json(refusal.status(), value).body;
        Self { head: refusal.head(JSON), body }
    }
}
