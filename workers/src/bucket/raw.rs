//! The calls that carry bytes to R2, so that the same bytes can be sent again without copying them.

use super::failure::Thrown;
use js_sys::{Array, JsString, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use worker::Bucket;

#[wasm_bindgen]
extern "C" {
    type RawBucket;

    #[wasm_bindgen(method, catch)]
    fn put(
        this: &RawBucket,
        key: &str,
        value: &Uint8Array,
        options: &Object,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = resumeMultipartUpload)]
    fn resume(this: &RawBucket, key: &str, id: &str) -> Result<RawUpload, JsValue>;

    type RawUpload;

    #[wasm_bindgen(method, catch, js_name = uploadPart)]
    fn upload_part(this: &RawUpload, number: u32, value: &Uint8Array) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn complete(this: &RawUpload, parts: &Array) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn abort(this: &RawUpload) -> Result<Promise, JsValue>;
}

/// What a write demands of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    None,
    Absent,
    Tag(String),
}

/// Puts a value with metadata. Returns its tag, or `None` when the condition did not hold.
pub(super) async fn put(
    bucket: &Bucket,
    key: &str,
    bytes: &Uint8Array,
    condition: &Condition,
    metadata: &[(&str, &str)],
) -> Result<Option<String>, Thrown> {
    let condition = match condition {
        Condition::None => JsValue::UNDEFINED,
        Condition::Absent => object(&[("etagDoesNotMatch", &"*".into())]).into(),
        Condition::Tag(tag) => object(&[("etagMatches", &tag.into())]).into(),
    };
    let metadata: Vec<(&str, JsValue)> = metadata.iter().map(|(n, v)| (*n, (*v).into())).collect();
    let metadata: Vec<(&str, &JsValue)> = metadata.iter().map(|(n, v)| (*n, v)).collect();
    let options = object(&[("onlyIf", &condition), ("customMetadata", &object(&metadata))]);
    let stored = settled(raw(bucket).put(key, bytes, &options)).await?;
    if stored.is_null_or_undefined() { Ok(None) } else { tag(&stored).map(Some) }
}

/// Sends a part, and returns its tag.
pub(super) async fn upload_part(
    bucket: &Bucket,
    key: &str,
    id: &str,
    number: u32,
    bytes: &Uint8Array,
) -> Result<String, Thrown> {
    let upload = raw(bucket).resume(key, id).map_err(thrown)?;
    tag(&settled(upload.upload_part(number, bytes)).await?)
}

/// Makes the parts, numbers and tags, one value, and returns its tag.
pub(super) async fn complete(
    bucket: &Bucket,
    key: &str,
    id: &str,
    parts: &[(u32, &str)],
) -> Result<String, Thrown> {
    let upload = raw(bucket).resume(key, id).map_err(thrown)?;
    let parts: Array = parts
        .iter()
        .map(|(number, tag)| object(&[("partNumber", &(*number).into()), ("etag", &(*tag).into())]))
        .collect();
    tag(&settled(upload.complete(&parts)).await?)
}

/// Throws an upload away.
pub(super) async fn abort(bucket: &Bucket, key: &str, id: &str) -> Result<(), Thrown> {
    let upload = raw(bucket).resume(key, id).map_err(thrown)?;
    settled(upload.abort()).await.map(drop)
}

fn raw(bucket: &Bucket) -> RawBucket {
    JsValue::from(bucket.clone()).unchecked_into()
}

async fn settled(call: Result<Promise, JsValue>) -> Result<JsValue, Thrown> {
    match call {
        Ok(promise) => JsFuture::from(promise).await.map_err(thrown),
        Err(error) => Err(thrown(error)),
    }
}

fn tag(stored: &JsValue) -> Result<String, Thrown> {
    let tag = Reflect::get(stored, &"etag".into()).ok().and_then(|tag| tag.as_string());
    tag.ok_or_else(|| Thrown::new("R2 gave no entity tag (0)"))
}

fn thrown(error: JsValue) -> Thrown {
    let message = Reflect::get(&error, &"message".into()).ok().and_then(|text| text.as_string());
    let message = message.or_else(|| error.as_string());
    Thrown::new(
        message.unwrap_or_else(|| String::from(JsString::from("R2 failed without saying why"))),
    )
}

fn object(fields: &[(&str, &JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &(*name).into(), value).expect("a new object takes every field");
    }
    object
}
