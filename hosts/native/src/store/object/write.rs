//! Conditional writes, until it is known what came of them.
//!
//! Each write puts a mark of its own beside the value. After an answer that was lost, the mark tells
//! whether the value is this write's: a condition that does not hold may be this write's own doing.

use super::{
    call::{Call, Reply},
    dialect::{Contest, Dialect, new_mark},
    failure,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE};
use trunks_core::store::{Expected, StoreError, Version};

/// What is known of a value without reading it.
#[derive(Debug)]
pub(super) struct Head {
    pub size_bytes: u64,
    pub version: Version,
    pub mark: String,
    /// Whether it is being deleted, and counts as gone.
    pub is_gone: bool,
    /// All that the store says of it.
    pub headers: HeaderMap,
}

/// Asks for what is at `key`.
pub(super) async fn head<D: Dialect>(dialect: &D, key: &str) -> Result<Option<Head>, StoreError> {
    let wire = dialect.wire();
    let reply = wire.send(&Call::new(Method::HEAD, key)).await?;
    if failure::is_absent(&reply) {
        return Ok(None);
    }
    if !reply.status.is_success() {
        return Err(refused(dialect, key, &reply));
    }
    let header = |name| super::text::header(&reply.headers, name);
    Ok(Some(Head {
        size_bytes: header("content-length").and_then(|n| n.parse().ok()).unwrap_or(0),
        version: version(dialect, key, &reply)?,
        mark: header(D::MARK).unwrap_or_default().to_owned(),
        is_gone: dialect.is_gone(&reply.headers),
        headers: reply.headers,
    }))
}

/// Writes a value whole.
pub(super) async fn put<D: Dialect>(
    dialect: &D,
    key: &str,
    bytes: Bytes,
    expected: &Expected,
) -> Result<Version, StoreError> {
    let mut call = Call::new(Method::PUT, key);
    dialect.describe(&mut call.headers);
    call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    call.body = bytes;
    send_marked(dialect, call, expected, &new_mark()).await
}

/// Sends a request that makes the value at its key one with this mark, if the key is as expected.
pub(super) async fn send_marked<D: Dialect>(
    dialect: &D,
    mut call: Call<'_>,
    expected: &Expected,
    mark: &str,
) -> Result<Version, StoreError> {
    let (key, plain) = (call.key, insert_mark::<D>(&call.headers, mark));
    let mut demanded = expected.clone();
    loop {
        call.headers = plain.clone();
        if !dialect.demand(&demanded, &mut call.headers) {
            return Err(failure::conflict(key));
        }
        let reply = dialect.wire().send(&call).await?;
        if reply.status.is_success() && !failure::is_conflict(&reply) {
            dialect.note_success(&demanded);
            return version(dialect, key, &reply);
        }
        if !failure::is_conflict(&reply) || *expected == Expected::Any {
            return Err(refused(dialect, key, &reply));
        }
        if let Some(version) = own(dialect, key, mark, &reply).await? {
            return Ok(version);
        }
        demanded = match dialect.contest(key, expected).await? {
            Contest::Lost => return Err(failure::conflict(key)),
            Contest::Again => expected.clone(),
            Contest::Replace(version) => Expected::Is(version),
        };
    }
}

/// The version of the value at `key`, if it is the one that this write has put there.
///
/// `refusal`: of the write; unless an earlier request may have acted, nothing is asked.
pub(super) async fn own<D: Dialect>(
    dialect: &D,
    key: &str,
    mark: &str,
    refusal: &Reply,
) -> Result<Option<Version>, StoreError> {
    if !refusal.is_unsure {
        return Ok(None);
    }
    let head = head(dialect, key).await?;
    Ok(head.filter(|head| head.mark == mark).map(|head| head.version))
}

/// Removes the value at `key`, if it is as expected.
pub(super) async fn delete<D: Dialect>(
    dialect: &D,
    key: &str,
    expected: &Expected,
) -> Result<(), StoreError> {
    match expected {
        Expected::Any => {
            let reply = dialect.wire().send(&Call::new(Method::DELETE, key)).await?;
            if reply.status.is_success() || failure::is_absent(&reply) {
                return Ok(());
            }
            Err(refused(dialect, key, &reply))
        }
        Expected::Is(version) => dialect.delete_if(key, version).await,
        Expected::Absent | Expected::AbsentBeside { .. } => match head(dialect, key).await? {
            Some(head) if !head.is_gone => Err(failure::conflict(key)),
            _ => Ok(()),
        },
    }
}

/// Removes the value at `key` by a request with a condition.
pub(super) async fn delete_if<D: Dialect>(
    dialect: &D,
    key: &str,
    version: &Version,
) -> Result<(), StoreError> {
    let expected = Expected::Is(version.clone());
    loop {
        let mut call = Call::new(Method::DELETE, key);
        if !dialect.demand(&expected, &mut call.headers) {
            return Err(failure::conflict(key));
        }
        let reply = dialect.wire().send(&call).await?;
        if reply.status.is_success() {
            return Ok(());
        }
        if !failure::is_conflict(&reply) {
            return Err(refused(dialect, key, &reply));
        }
        if reply.is_unsure && head(dialect, key).await?.is_none() {
            return Ok(());
        }
        if dialect.contest(key, &expected).await? == Contest::Lost {
            return Err(failure::conflict(key));
        }
    }
}

/// The version that an answer tells.
pub(super) fn version<D: Dialect>(
    dialect: &D,
    key: &str,
    reply: &Reply,
) -> Result<Version, StoreError> {
    dialect.version(&reply.headers).ok_or_else(|| {
        failure::failed(key, "the store does not tell versions (ETag), so it cannot be used")
    })
}

pub(super) fn refused<D: Dialect>(dialect: &D, key: &str, reply: &Reply) -> StoreError {
    failure::refused(key, reply, &dialect.wire().account, D::PAGE)
}

fn insert_mark<D: Dialect>(headers: &HeaderMap, mark: &str) -> HeaderMap {
    let mut headers = headers.clone();
    let value = HeaderValue::from_str(mark).expect("a mark is hexadecimal");
    headers.insert(D::MARK, value);
    headers
}
