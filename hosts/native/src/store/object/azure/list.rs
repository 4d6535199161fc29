//! Pages of blobs.
//!
//! A listing can be asked to start at a key, but not every server heeds that. So what comes
//! before is left out here too, and where a page ended its marker is kept for the next one.

use super::Container;
use crate::store::object::{call::Call, dialect::Dialect, failure, key, listing, text, write};
use http::Method;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};
use trunks_core::store::{Entry, Page, StoreError};

/// Ends of pages that are kept, at most.
const KEPT: usize = 32;

/// Where pages ended, and how the service goes on from there: prefix, last key, marker.
#[derive(Debug, Default)]
pub(super) struct Markers(Mutex<VecDeque<(String, String, String)>>);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    #[serde(default)]
    blobs: Blobs,
    #[serde(default)]
    next_marker: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Blobs {
    #[serde(default)]
    blob: Vec<Blob>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Blob {
    name: Name,
    properties: Properties,
}

#[derive(Debug, Deserialize)]
struct Name {
    /// Whether the text is percent-encoded, because XML cannot hold it.
    #[serde(rename = "@Encoded", default)]
    encoded: bool,
    #[serde(rename = "$text", default)]
    text: String,
}

#[derive(Debug, Deserialize)]
struct Properties {
    #[serde(rename = "Content-Length")]
    content_length: u64,
    #[serde(rename = "Last-Modified")]
    last_modified: String,
}

/// Lists the blobs that begin with `prefix` and come after `after`.
pub(super) async fn list(
    container: &Container,
    prefix: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<Page, StoreError> {
    let after = after.unwrap_or_default();
    let mut marker = container.markers.find(prefix, after);
    loop {
        let (mut entries, next) = page(container, prefix, after, marker, limit).await?;
        let last = entries.last().map(|entry| entry.key.clone());
        entries.retain(|entry| entry.key.as_str() > after);
        entries.sort_by(|one, other| one.key.cmp(&other.key));
        if !entries.is_empty() || next.is_empty() {
            let more = !next.is_empty();
            if let (true, Some(last)) = (more, last) {
                container.markers.keep(prefix, &last, &next);
            }
            return Ok(Page { entries, more });
        }
        marker = Some(next);
    }
}

async fn page(
    container: &Container,
    prefix: &str,
    after: &str,
    marker: Option<String>,
    limit: u32,
) -> Result<(Vec<Entry>, String), StoreError> {
    let limit = limit.clamp(1, listing::PAGE_KEYS).to_string();
    let mut query = vec![
        ("comp", "list"),
        ("maxresults", &limit),
        ("prefix", prefix),
        ("restype", "container"),
    ];
    match &marker {
        Some(marker) => query.push(("marker", marker)),
        None if after > prefix => query.push(("startFrom", after)),
        None => {}
    }
    let call = Call { query: key::query(&query), ..Call::new(Method::GET, "") };
    let reply = container.wire().send(&call).await.map_err(|error| listing::at(error, prefix))?;
    if !reply.status.is_success() {
        return Err(write::refused(container, prefix, &reply));
    }
    let wrong = |what: &str| failure::failed(prefix, format!("the listing cannot be read: {what}"));
    let document: Document = text::xml(&reply.body).map_err(|error| wrong(&error))?;
    let mut entries = Vec::with_capacity(document.blobs.blob.len());
    for Blob { name, properties } in document.blobs.blob {
        let key = if name.encoded {
            let decoded = percent_decode_str(&name.text).decode_utf8();
            decoded.map_err(|_| wrong("a name is not UTF-8"))?.into_owned()
        } else {
            name.text
        };
        let modified_s = text::seconds(&properties.last_modified);
        let modified_s = modified_s.ok_or_else(|| wrong("a time is not one"))?;
        entries.push(Entry { key, size_bytes: properties.content_length, modified_s });
    }
    Ok((entries, document.next_marker))
}

impl Markers {
    fn find(&self, prefix: &str, after: &str) -> Option<String> {
        let ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = ends.iter().find(|(of, last, _)| of == prefix && last == after);
        found.map(|(_, _, marker)| marker.clone())
    }

    fn keep(&self, prefix: &str, last: &str, marker: &str) {
        let mut ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ends.retain(|(of, key, _)| of != prefix || key != last);
        if ends.len() == KEPT {
            ends.pop_front();
        }
        ends.push_back((prefix.to_owned(), last.to_owned(), marker.to_owned()));
    }
}
