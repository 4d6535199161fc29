//! Multipart uploads.

use super::{Bucket, tombstone};
use crate::store::{
    object::{
        call::{Call, Reply},
        dialect::{Contest, Dialect, Upload, is_spent, spent},
        failure, key as url, text, write,
    },
    place::{Kind, Place},
};
use http::{HeaderValue, Method, header::CONTENT_TYPE};
use serde::Deserialize;
use std::path::Path;
use trunks_core::store::{Expected, PartId, StoreError, Version};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Started {
    upload_id: String,
}

#[derive(Deserialize)]
struct Finished {
    #[serde(rename = "ETag", default)]
    tag: String,
}

/// Begins an upload, and returns the server's name for it. Speaks for GCS too.
pub(in super::super) async fn start<D: Dialect>(
    dialect: &D,
    key: &str,
    mark: &str,
) -> Result<String, StoreError> {
    let mut call = Call { query: "uploads=".to_owned(), ..Call::new(Method::POST, key) };
    call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    let mark = HeaderValue::from_str(mark).expect("a mark is hexadecimal");
    call.headers.insert(D::MARK, mark);
    let reply = dialect.wire().send(&call).await?;
    if !reply.status.is_success() {
        return Err(write::refused(dialect, key, &reply));
    }
    let started: Started = text::xml(&reply.body)
        .map_err(|error| failure::failed(key, format!("the upload did not begin: {error}")))?;
    Ok(started.upload_id)
}

/// Sends a part. Its receipt is its number and its tag. Speaks for GCS too.
pub(in super::super) async fn part<D: Dialect>(
    dialect: &D,
    key: &str,
    id: &str,
    number: u32,
    bytes: Vec<u8>,
) -> Result<PartId, StoreError> {
    let query = url::query(&[("partNumber", &number.to_string()), ("uploadId", id)]);
    let call = Call { query, body: bytes.into(), ..Call::new(Method::PUT, key) };
    let reply = dialect.wire().send(&call).await?;
    if !reply.status.is_success() {
        return Err(write::refused(dialect, key, &reply));
    }
    let tag = text::header(&reply.headers, "etag").map(text::bare_tag);
    let tag = tag.ok_or_else(|| failure::failed(key, "the store gave no receipt for a part"))?;
    Ok(PartId(format!("{number} {tag}")))
}

/// Throws an upload away. Speaks for GCS too.
pub(in super::super) async fn abort<D: Dialect>(
    dialect: &D,
    key: &str,
    id: &str,
) -> Result<(), StoreError> {
    let call = Call { query: url::query(&[("uploadId", id)]), ..Call::new(Method::DELETE, key) };
    let reply = dialect.wire().send(&call).await?;
    if reply.status.is_success() || failure::is_absent(&reply) || is_spent(&reply) {
        return Ok(());
    }
    Err(write::refused(dialect, key, &reply))
}

/// The request that makes the parts one value. Speaks for GCS too.
pub(in super::super) fn completion<'k>(
    key: &'k str,
    id: &str,
    parts: &[PartId],
) -> Result<Call<'k>, StoreError> {
    let mut body = String::from("<CompleteMultipartUpload>");
    for part in parts {
        let receipt = part.0.split_once(' ');
        let (number, tag) =
            receipt.ok_or_else(|| failure::failed(key, "a part's receipt is not whole"))?;
        body += "<Part><PartNumber>";
        body += number;
        body += "</PartNumber><ETag>\"";
        body += tag;
        body += "\"</ETag></Part>";
    }
    body += "</CompleteMultipartUpload>";
    let query = url::query(&[("uploadId", id)]);
    let mut call = Call { query, body: body.into(), ..Call::new(Method::POST, key) };
    call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    Ok(call)
}

/// Makes the parts the value, if the key is as expected.
pub(super) async fn finish(
    bucket: &Bucket,
    upload: &Upload<'_>,
    parts: &[PartId],
    expected: &Expected,
) -> Result<Version, StoreError> {
    let outcome = if parts.is_empty() {
        write::put(bucket, upload.key, Vec::new().into(), expected).await
    } else {
        complete(bucket, upload, parts, expected).await
    };
    // An upload that did not come to its end would be kept, and paid for.
    if outcome.is_err() || parts.is_empty() {
        let _ = abort(bucket, upload.key, upload.id).await;
    }
    outcome
}

async fn complete(
    bucket: &Bucket,
    upload: &Upload<'_>,
    parts: &[PartId],
    expected: &Expected,
) -> Result<Version, StoreError> {
    let key = upload.key;
    match expected {
        _ if bucket.heeds_all() => {}
        Expected::Any => {}
        // Who writes it at the same time writes the same bytes. So nothing need be held, which a client
        // that is killed would leave behind, in the way of the next one.
        Expected::Absent | Expected::AbsentBeside { .. } if is_named_by_content(key) => {
            if write::head(bucket, key).await?.is_some_and(|head| !head.is_gone) {
                return Err(failure::conflict(key));
            }
        }
        Expected::Absent | Expected::AbsentBeside { .. } => {
            return complete_claimed(bucket, upload, parts).await;
        }
        Expected::Is(version) => look(bucket, key, version).await?,
    }
    let mut demanded = expected.clone();
    loop {
        let mut call = completion(key, upload.id, parts)?;
        if !bucket.demand(&demanded, &mut call.headers) {
            return Err(failure::conflict(key));
        }
        let reply = match bucket.wire().send(&call).await {
            Ok(reply) => reply,
            Err(error) => return after_all(bucket, upload, error).await,
        };
        if reply.status.is_success() && reply.refusal().code.is_empty() {
            bucket.note_success(&demanded);
            return finished(bucket, upload, &reply).await;
        }
        if let Some(version) = write::own(bucket, key, upload.mark, &reply).await? {
            return Ok(version);
        }
        if is_spent(&reply) {
            return Err(spent(upload));
        }
        if !failure::is_conflict(&reply) || *expected == Expected::Any {
            return Err(write::refused(bucket, key, &reply));
        }
        demanded = match bucket.contest(key, expected).await? {
            Contest::Lost => return Err(failure::conflict(key)),
            Contest::Again => expected.clone(),
            Contest::Replace(version) => Expected::Is(version),
        };
    }
}

/// Whether equal keys hold equal bytes: those of packs and loose objects.
fn is_named_by_content(key: &str) -> bool {
    Place::new(Path::new(""), key).is_ok_and(|place| place.kind == Kind::Object)
}

/// Makes the parts the value of a key that is absent, where the server may not heed a condition here.
///
/// A tombstone claims the key by a request whose condition is heeded. It is written over by one that was
/// signed before, so that a finisher that wakes up late cannot harm whoever came after it.
async fn complete_claimed(
    bucket: &Bucket,
    upload: &Upload<'_>,
    parts: &[PartId],
) -> Result<Version, StoreError> {
    let key = upload.key;
    let mut completion = completion(key, upload.id, parts)?;
    bucket.wire().sign(&mut completion).await?;
    let claim = tombstone::claim(bucket, key).await?;
    let outcome = match bucket.wire().send(&completion).await {
        Ok(reply) if reply.status.is_success() && reply.refusal().code.is_empty() => {
            return finished(bucket, upload, &reply).await;
        }
        Ok(reply) => match write::own(bucket, key, upload.mark, &reply).await {
            Ok(Some(version)) => return Ok(version),
            Ok(None) if is_spent(&reply) => Err(spent(upload)),
            Ok(None) => Err(write::refused(bucket, key, &reply)),
            Err(error) => Err(error),
        },
        // The value may yet come: what claimed its place must not be removed.
        Err(error) => return after_all(bucket, upload, error).await,
    };
    claim.release(bucket).await;
    outcome
}

/// There was no answer but failures. Ceph answers so, too, when an earlier request was heeded.
async fn after_all(
    bucket: &Bucket,
    upload: &Upload<'_>,
    error: StoreError,
) -> Result<Version, StoreError> {
    match write::head(bucket, upload.key).await {
        Ok(Some(head)) if head.mark == upload.mark => Ok(head.version),
        _ => Err(error),
    }
}

/// Looks whether the value has this version, for servers that may ignore the condition of a completion.
async fn look(bucket: &Bucket, key: &str, version: &Version) -> Result<(), StoreError> {
    match write::head(bucket, key).await? {
        Some(head) if head.version == *version => Ok(()),
        _ => Err(failure::conflict(key)),
    }
}

/// The version that the answer to a completion tells. Ceph tells none, so it is asked.
async fn finished(
    bucket: &Bucket,
    upload: &Upload<'_>,
    reply: &Reply,
) -> Result<Version, StoreError> {
    let key = upload.key;
    let finished: Finished = text::xml(&reply.body)
        .map_err(|error| failure::failed(key, format!("the upload's end is unclear: {error}")))?;
    let tag = text::bare_tag(&finished.tag);
    if !tag.is_empty() {
        return Ok(Version(tag.to_owned()));
    }
    let head = write::head(bucket, key).await?.filter(|head| head.mark == upload.mark);
    // If somebody has replaced it since, its version is one that no value has.
    Ok(head.map_or_else(|| Version(format!("replaced-{}", upload.mark)), |head| head.version))
}
