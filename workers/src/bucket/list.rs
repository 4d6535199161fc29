//! Listing keys.

use super::{R2, failure::persist, read};
use trunks_core::store::{Entry, Page, StoreError};
use worker::Include;

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
            let list = r2.bucket.list().prefix(prefix).limit(limit.clamp(1, LONGEST));
            // Whether a value is a tombstone is in its metadata.
            let list = list.include(vec![Include::CustomMetadata]);
            let list = match &after {
                Some(after) => list.start_after(after.as_str()),
                None => list,
            };
            Ok(list.execute().await?)
        });
        let listed = listed.await.map_err(|thrown| thrown.of(prefix))?;
        let objects = listed.objects();
        after = objects.iter().map(worker::Object::key).max().or(after);
        let more = listed.truncated() && !objects.is_empty();
        let present = objects.iter().filter(|object| !read::is_tombstone(object));
        let mut entries: Vec<Entry> = present
            .map(|object| Entry {
                key: object.key(),
                size_bytes: object.size(),
                modified_s: object.uploaded().as_millis() / 1000,
            })
            .collect();
        // A page of tombstones alone is none.
        if !entries.is_empty() || !more {
            entries.sort_by(|one, other| one.key.cmp(&other.key));
            return Ok(Page { entries, more });
        }
    }
}
