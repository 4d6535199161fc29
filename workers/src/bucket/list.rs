//! Listing keys.

use super::{R2, failure::persist, raw, read};
use trunks_core::store::{Entry, Page, StoreError};

/// R2 gives no more at once.
const LONGEST: u32 = 1000;

/// Lists the keys behind `after`, leaving out tombstones.
pub(super) async fn page(
    r2: &R2,
    prefix: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<Page, StoreError> {
    let mut after = after.map(str::to_owned);
    loop {
        let listed = persist(async || {
            let _call = r2.call().await;
            // Whether a value is a tombstone is in its metadata.
            raw::list(&r2.bucket, prefix, after.as_deref(), limit.clamp(1, LONGEST)).await
        });
        let (objects, more) = listed.await.map_err(|thrown| thrown.of(prefix))?;
        after = objects.iter().map(raw::Stored::key).max().or(after);
        let more = more && !objects.is_empty();
        let present = objects.iter().filter(|object| !read::is_tombstone(object));
        let mut entries: Vec<Entry> = present
            .map(|object| Entry {
                key: object.key(),
                size_bytes: object.size_bytes(),
                modified_s: object.written_ms() / 1000,
            })
            .collect();
        // A page of tombstones alone is none.
        if !entries.is_empty() || !more {
            entries.sort_by(|one, other| one.key.cmp(&other.key));
            return Ok(Page { entries, more });
        }
    }
}
