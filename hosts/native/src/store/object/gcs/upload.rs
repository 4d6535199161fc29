//! Uploads in parts.
//!
//! Google's multipart uploads take no condition. So the parts become a value beside the key, and that one,
//! on the condition, becomes the value: composing an object of one other copies no bytes.

use super::Bucket;
use crate::store::object::{
    call::Call,
    dialect::{Dialect, Upload, is_spent, spent},
    failure, key as url, s3, write,
};
use http::Method;
use trunks_core::store::{Expected, PartId, StoreError, Version};

/// What the keys end in that values have before they are finished. Listings leave them out.
pub(super) const SUFFIX: &str = ".trunks-upload";

/// The key beside `key` where an upload's parts become a value.
fn beside(key: &str, mark: &str) -> String {
    format!("{key}.{mark}{SUFFIX}")
}

pub(super) async fn start(bucket: &Bucket, key: &str, mark: &str) -> Result<String, StoreError> {
    s3::upload::start(bucket, &beside(key, mark), mark).await
}

pub(super) async fn part(
    bucket: &Bucket,
    upload: &Upload<'_>,
    number: u32,
    bytes: Vec<u8>,
) -> Result<PartId, StoreError> {
    let key = beside(upload.key, upload.mark);
    s3::upload::part(bucket, &key, upload.id, number, bytes).await
}

pub(super) async fn abort(bucket: &Bucket, upload: &Upload<'_>) -> Result<(), StoreError> {
    s3::upload::abort(bucket, &beside(upload.key, upload.mark), upload.id).await
}

/// Makes the parts the value, if the key is as expected.
pub(super) async fn finish(
    bucket: &Bucket,
    upload: &Upload<'_>,
    parts: &[PartId],
    expected: &Expected,
) -> Result<Version, StoreError> {
    if parts.is_empty() {
        let put = write::put(bucket, upload.key, Vec::new().into(), expected).await;
        let _ = abort(bucket, upload).await;
        return put;
    }
    let key = beside(upload.key, upload.mark);
    if let Err(error) = complete(bucket, upload, &key, parts).await {
        let _ = abort(bucket, upload).await;
        return Err(error);
    }
    let outcome = compose(bucket, upload, &key, expected).await;
    // Left behind, it is found by its suffix: `docs/backends/gcs.md` says how.
    let _ = write::delete(bucket, &key, &Expected::Any).await;
    outcome
}

async fn complete(
    bucket: &Bucket,
    upload: &Upload<'_>,
    key: &str,
    parts: &[PartId],
) -> Result<(), StoreError> {
    let reply = bucket.wire().send(&s3::upload::completion(key, upload.id, parts)?).await?;
    if reply.status.is_success() && reply.refusal().code.is_empty() {
        return Ok(());
    }
    if write::own(bucket, key, upload.mark, &reply).await?.is_some() {
        return Ok(());
    }
    if is_spent(&reply) || failure::is_absent(&reply) {
        return Err(spent(upload));
    }
    Err(write::refused(bucket, key, &reply))
}

async fn compose(
    bucket: &Bucket,
    upload: &Upload<'_>,
    from: &str,
    expected: &Expected,
) -> Result<Version, StoreError> {
    let name = from.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let body =
        format!("<ComposeRequest><Component><Name>{name}</Name></Component></ComposeRequest>");
    let query = url::query(&[("compose", "")]);
    let call = Call { query, body: body.into(), ..Call::new(Method::PUT, upload.key) };
    write::send_marked(bucket, call, expected, upload.mark).await
}
