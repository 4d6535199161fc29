//! Removing what uploads that came to no end have left: the parts of each are kept, and paid for, until
//! somebody aborts it.

use super::{call::Call, dialect::Dialect, failure, key as url, listing, s3, text, write};
use http::{HeaderMap, Method};
use serde::Deserialize;
use trunks_core::store::{Expected, StoreError};

/// A page of uploads in progress, as it came.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    #[serde(default)]
    is_truncated: bool,
    #[serde(default)]
    next_key_marker: String,
    #[serde(default)]
    next_upload_id_marker: String,
    #[serde(default, rename = "Upload")]
    uploads: Vec<Begun>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Begun {
    key: String,
    upload_id: String,
    initiated: String,
}

/// Aborts the uploads to keys of the bucket that begin with `prefix`, if they began `grace_s` seconds
/// ago or earlier. Speaks for S3 and GCS.
///
/// # Source
/// Amazon S3 API, "ListMultipartUploads"; Google Cloud Storage, XML API, "List multipart uploads"
pub(super) async fn uploads<D: Dialect>(
    dialect: &D,
    prefix: &str,
    grace_s: u64,
) -> Result<(), StoreError> {
    let wrong = |what: &str| {
        failure::failed(prefix, format!("the list of uploads in progress cannot be read: {what}"))
    };
    let (mut after_key, mut after_id) = (String::new(), String::new());
    loop {
        let mut query = vec![("prefix", prefix), ("uploads", "")];
        if !after_key.is_empty() {
            query.extend([("key-marker", &*after_key), ("upload-id-marker", &*after_id)]);
        }
        // Signatures want them sorted.
        query.sort_unstable();
        let call = Call { query: url::query(&query), ..Call::new(Method::GET, "") };
        let reply = dialect.wire().send(&call).await.map_err(|error| listing::at(error, prefix))?;
        if !reply.status.is_success() {
            return Err(write::refused(dialect, prefix, &reply));
        }
        let page: Document = text::xml(&reply.body).map_err(|error| wrong(&error))?;
        let now_s = now_s(&reply.headers);
        for Begun { key, upload_id, initiated } in page.uploads {
            let since_s = text::seconds(&initiated).ok_or_else(|| wrong("a time is not one"))?;
            // Not every server heeds the prefix.
            if key.starts_with(prefix) && since_s.saturating_add(grace_s) <= now_s {
                s3::upload::abort(dialect, &key, &upload_id).await?;
            }
        }
        if !page.is_truncated || page.next_key_marker.is_empty() {
            return Ok(());
        }
        (after_key, after_id) = (page.next_key_marker, page.next_upload_id_marker);
    }
}

/// Removes the values that begin with `prefix` and end in `suffix`, if they are `grace_s` seconds old.
pub(super) async fn values<D: Dialect>(
    dialect: &D,
    prefix: &str,
    suffix: &str,
    grace_s: u64,
) -> Result<(), StoreError> {
    let mut after: Option<String> = None;
    loop {
        let (entries, more) =
            listing::list(dialect, prefix, after.as_deref(), listing::PAGE_KEYS).await?;
        after = entries.last().map(|entry| entry.key.clone());
        let now_s = here_s();
        for entry in entries {
            if entry.key.ends_with(suffix) && entry.modified_s.saturating_add(grace_s) <= now_s {
                write::delete(dialect, &entry.key, &Expected::Any).await?;
            }
        }
        if !more || after.is_none() {
            return Ok(());
        }
    }
}

/// The time by the server's clock, or by ours if it does not tell.
fn now_s(headers: &HeaderMap) -> u64 {
    text::header(headers, "date").and_then(text::seconds).unwrap_or_else(here_s)
}

fn here_s() -> u64 {
    std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs())
}
