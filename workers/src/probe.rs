//! The bucket, call by call, for the suite that every store must pass. Only in builds for tests.

use crate::bucket::R2;
use serde::Deserialize;
use serde_json::{Value, json};
use trunks_core::{
    code::Coded,
    store::{Expected, PartId, Store, StoreError, UploadId, Version},
};
use worker::{Headers, Request, Response};

/// Where a call is sent to.
pub const PATH: &str = "/-/store";

/// A call, in a header; bytes are in the body.
#[derive(Debug, Deserialize)]
#[serde(tag = "method", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Call {
    Get { key: String, range: Option<Range> },
    Put { key: String, expected: Demanded },
    Delete { key: String, expected: Demanded },
    List { prefix: String, after: Option<String>, limit: u32 },
    UploadStart { key: String },
    UploadPart { upload: String, number: u32 },
    UploadFinish { upload: String, parts: Vec<String>, expected: Demanded },
    UploadAbort { upload: String },
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Range {
    start: u64,
    end: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Demanded {
    Any,
    Absent,
    Is(String),
    AbsentBeside { key: String, version: Option<String> },
}

impl From<Demanded> for Expected {
    fn from(demanded: Demanded) -> Self {
        match demanded {
            Demanded::Any => Self::Any,
            Demanded::Absent => Self::Absent,
            Demanded::Is(version) => Self::Is(Version(version)),
            Demanded::AbsentBeside { key, version } => {
                Self::AbsentBeside { key, version: version.map(Version) }
            }
        }
    }
}

/// Makes the call that a request describes.
pub async fn answer(store: &R2, mut request: Request) -> worker::Result<Response> {
    let call = request.headers().get("x-call")?.unwrap_or_default();
    let call: Call = serde_json::from_str(&call)?;
    let bytes = request.bytes().await?;
    if let Call::Get { key, range } = call {
        return match store.get(&key, range.map(|range| range.start..range.end)).await {
            Ok(None) => Response::error("absent", 404),
            Ok(Some(value)) => {
                let headers = Headers::new();
                headers.set("x-size", &value.size_bytes.to_string())?;
                headers.set("x-version", &value.version.0)?;
                Ok(Response::from_bytes(value.bytes)?.with_headers(headers))
            }
            Err(error) => refused(&error),
        };
    }
    match make(store, call, bytes).await {
        Ok(value) => Response::from_json(&value),
        Err(error) => refused(&error),
    }
}

async fn make(store: &R2, call: Call, bytes: Vec<u8>) -> Result<Value, StoreError> {
    Ok(match call {
        Call::Get { .. } => Value::Null,
        Call::Put { key, expected } => store.put(&key, bytes, expected.into()).await?.0.into(),
        Call::Delete { key, expected } => {
            store.delete(&key, expected.into()).await?;
            Value::Null
        }
        Call::List { prefix, after, limit } => {
            let page = store.list(&prefix, after.as_deref(), limit).await?;
            let entries = page.entries.into_iter().map(|entry| {
                json!({
                    "key": entry.key,
                    "sizeBytes": entry.size_bytes,
                    "modifiedS": entry.modified_s,
                })
            });
            json!({ "entries": entries.collect::<Vec<_>>(), "more": page.more })
        }
        Call::UploadStart { key } => store.upload_start(&key).await?.0.into(),
        Call::UploadPart { upload, number } => {
            store.upload_part(&UploadId(upload), number, bytes).await?.0.into()
        }
        Call::UploadFinish { upload, parts, expected } => {
            let parts = parts.into_iter().map(PartId).collect();
            store.upload_finish(&UploadId(upload), parts, expected.into()).await?.0.into()
        }
        Call::UploadAbort { upload } => {
            store.upload_abort(&UploadId(upload)).await?;
            Value::Null
        }
    })
}

fn refused(error: &StoreError) -> worker::Result<Response> {
    let body = json!({ "code": error.code().as_str(), "message": error.to_string() });
    Ok(Response::from_json(&body)?.with_status(500))
}
