//! Pages of keys, as S3 and GCS list them: `ListObjectsV2`.

use super::{
    call::{Call, Reply},
    dialect::Dialect,
    failure, key, text, write,
};
use http::Method;
use serde::Deserialize;
use trunks_core::store::{Entry, Page, StoreError};

/// Keys that a server puts on a page, at most.
pub(super) const PAGE_KEYS: u32 = 1000;

/// A page as it came: `is_truncated` says whether more keys follow the last one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    #[serde(default)]
    is_truncated: bool,
    #[serde(default)]
    contents: Vec<Contents>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Contents {
    key: String,
    size: u64,
    last_modified: String,
}

/// A page of the values whose keys begin with `prefix` and come after `after`, in byte order: the first that is
/// not empty, if there is one.
pub(super) async fn living<D: Dialect>(
    dialect: &D,
    prefix: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<Page, StoreError> {
    let mut after = after.map(str::to_owned);
    loop {
        let (entries, more) = list(dialect, prefix, after.as_deref(), limit).await?;
        let last = entries.last().map(|entry| entry.key.clone());
        let entries = dialect.living(entries).await?;
        if !entries.is_empty() || !more || last.is_none() {
            return Ok(Page { more: more && !entries.is_empty(), entries });
        }
        after = last;
    }
}

/// Asks for the keys of the bucket that begin with `prefix` and come after `after`.
///
/// Returns them in byte order, and whether more follow.
pub(super) async fn list<D: Dialect>(
    dialect: &D,
    prefix: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<(Vec<Entry>, bool), StoreError> {
    let limit = limit.clamp(1, PAGE_KEYS).to_string();
    let mut query = vec![("list-type", "2"), ("max-keys", &limit), ("prefix", prefix)];
    query.extend(after.filter(|after| !after.is_empty()).map(|after| ("start-after", after)));
    // Signatures want them sorted.
    query.sort_unstable();
    let call = Call { query: key::query(&query), ..Call::new(Method::GET, "") };
    let reply = dialect.wire().send(&call).await.map_err(|error| at(error, prefix))?;
    if !reply.status.is_success() {
        return Err(write::refused(dialect, prefix, &reply));
    }
    read(&reply, prefix)
}

fn read(reply: &Reply, prefix: &str) -> Result<(Vec<Entry>, bool), StoreError> {
    let wrong = |what: &str| failure::failed(prefix, format!("the listing cannot be read: {what}"));
    let document: Document = text::xml(&reply.body).map_err(|error| wrong(&error))?;
    let mut entries = Vec::with_capacity(document.contents.len());
    for Contents { key, size, last_modified } in document.contents {
        let modified_s = text::seconds(&last_modified).ok_or_else(|| wrong("a time is not one"))?;
        entries.push(Entry { key, size_bytes: size, modified_s });
    }
    Ok((entries, document.is_truncated))
}

/// A listing's error names its prefix.
pub(super) fn at(mut error: StoreError, prefix: &str) -> StoreError {
    if let StoreError::Unavailable { key, .. }
    | StoreError::Denied { key, .. }
    | StoreError::Failed { key, .. } = &mut error
    {
        *key = if prefix.is_empty() { "/" } else { prefix }.to_owned();
    }
    error
}
