//! The bucket's methods as R2 has them: what goes in and comes out is JavaScript's, so that the same bytes can be
//! sent again without copying them.

use super::failure::Thrown;
use js_sys::{Array, ArrayBuffer, Date, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// What a write demands of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    None,
    Absent,
    Tag(String),
}

/// What R2 tells of a value.
#[derive(Debug)]
pub(super) struct Stored(JsValue);

impl Stored {
    fn of(value: JsValue) -> Option<Self> {
        if value.is_null_or_undefined() { None } else { Some(Self(value)) }
    }

    pub fn key(&self) -> String {
        field(&self.0, "key").as_string().unwrap_or_default()
    }

    pub fn size_bytes(&self) -> u64 {
        field(&self.0, "size").as_f64().unwrap_or_default() as u64
    }

    /// Its entity tag.
    ///
    /// # Errors
    /// R2 gave none.
    pub fn tag(&self) -> Result<String, Thrown> {
        let tag = field(&self.0, "etag").as_string();
        tag.ok_or_else(|| Thrown::new("R2 gave no entity tag (0)"))
    }

    /// When it was written, in milliseconds since 1970.
    pub fn written_ms(&self) -> u64 {
        field(&self.0, "uploaded").dyn_ref::<Date>().map_or(0.0, Date::get_time) as u64
    }

    /// A value that was put beside it.
    pub fn metadata(&self, name: &str) -> Option<String> {
        field(&field(&self.0, "customMetadata"), name).as_string()
    }

    /// Its bytes, or of a part of it the part's.
    pub async fn bytes(&self) -> Result<Vec<u8>, Thrown> {
        let buffer = call(&self.0, "arrayBuffer", &[]).await?;
        let buffer = buffer.dyn_into::<ArrayBuffer>();
        let buffer = buffer.map_err(|_| Thrown::new("R2 gave no body"))?;
        Ok(Uint8Array::new(&buffer).to_vec())
    }
}

/// Looks at a value.
pub(super) async fn head(bucket: &JsValue, key: &str) -> Result<Option<Stored>, Thrown> {
    call(bucket, "head", &[key.into()]).await.map(Stored::of)
}

/// Begins to read a value, or `part` of it: where it begins, and its length unless it goes to the end.
pub(super) async fn get(
    bucket: &JsValue,
    key: &str,
    part: Option<(u64, Option<u64>)>,
) -> Result<Option<Stored>, Thrown> {
    let range = part.map_or(JsValue::UNDEFINED, |(start, length)| {
        let length = length.map_or(JsValue::UNDEFINED, |length| (length as f64).into());
        object(&[("offset", (start as f64).into()), ("length", length)])
    });
    let options = object(&[("range", range)]);
    call(bucket, "get", &[key.into(), options]).await.map(Stored::of)
}

/// Values in the order of their keys with their metadata, at most `limit`, and whether there are more.
pub(super) async fn list(
    bucket: &JsValue,
    prefix: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<(Vec<Stored>, bool), Thrown> {
    let include = Array::of1(&"customMetadata".into());
    let options = object(&[
        ("prefix", prefix.into()),
        ("limit", limit.into()),
        ("startAfter", after.map_or(JsValue::UNDEFINED, JsValue::from)),
        ("include", include.into()),
    ]);
    let listed = call(bucket, "list", &[options]).await?;
    let objects = field(&listed, "objects").dyn_into::<Array>();
    let objects = objects.map_err(|_| Thrown::new("R2 gave no list"))?;
    let more = field(&listed, "truncated").as_bool().unwrap_or_default();
    Ok((objects.iter().filter_map(Stored::of).collect(), more))
}

/// Puts a value with metadata. Returns its tag, or `None` when the condition did not hold.
pub(super) async fn put(
    bucket: &JsValue,
    key: &str,
    bytes: &Uint8Array,
    condition: &Condition,
    metadata: &[(&str, &str)],
) -> Result<Option<String>, Thrown> {
    let condition = match condition {
        Condition::None => JsValue::UNDEFINED,
        Condition::Absent => object(&[("etagDoesNotMatch", "*".into())]),
        Condition::Tag(tag) => object(&[("etagMatches", tag.into())]),
    };
    let options = object(&[("onlyIf", condition), ("customMetadata", texts(metadata))]);
    let stored = call(bucket, "put", &[key.into(), bytes.into(), options]).await?;
    Stored::of(stored).map(|stored| stored.tag()).transpose()
}

/// Removes a value.
pub(super) async fn delete(bucket: &JsValue, key: &str) -> Result<(), Thrown> {
    call(bucket, "delete", &[key.into()]).await.map(drop)
}

/// Begins an upload of a value with metadata, and returns R2's name for it.
pub(super) async fn start(
    bucket: &JsValue,
    key: &str,
    metadata: &[(&str, &str)],
) -> Result<String, Thrown> {
    let options = object(&[("customMetadata", texts(metadata))]);
    let upload = call(bucket, "createMultipartUpload", &[key.into(), options]).await?;
    let id = field(&upload, "uploadId").as_string();
    id.ok_or_else(|| Thrown::new("R2 gave no name for an upload (0)"))
}

/// Sends a part, and returns its tag.
pub(super) async fn upload_part(
    bucket: &JsValue,
    key: &str,
    id: &str,
    number: u32,
    bytes: &Uint8Array,
) -> Result<String, Thrown> {
    let upload = resume(bucket, key, id).await?;
    Stored(call(&upload, "uploadPart", &[number.into(), bytes.into()]).await?).tag()
}

/// Makes the parts, numbers and tags, one value, and returns its tag.
pub(super) async fn complete(
    bucket: &JsValue,
    key: &str,
    id: &str,
    parts: &[(u32, &str)],
) -> Result<String, Thrown> {
    let upload = resume(bucket, key, id).await?;
    let part = |(number, tag): &(u32, &str)| {
        object(&[("partNumber", (*number).into()), ("etag", (*tag).into())])
    };
    let parts: Array = parts.iter().map(part).collect();
    Stored(call(&upload, "complete", &[parts.into()]).await?).tag()
}

/// Throws an upload away.
pub(super) async fn abort(bucket: &JsValue, key: &str, id: &str) -> Result<(), Thrown> {
    let upload = resume(bucket, key, id).await?;
    call(&upload, "abort", &[]).await.map(drop)
}

async fn resume(bucket: &JsValue, key: &str, id: &str) -> Result<JsValue, Thrown> {
    call(bucket, "resumeMultipartUpload", &[key.into(), id.into()]).await
}

/// Calls a method, and waits for what it promises.
async fn call(on: &JsValue, method: &str, arguments: &[JsValue]) -> Result<JsValue, Thrown> {
    let promise = begin(on, method, arguments).map_err(thrown)?;
    JsFuture::from(promise).await.map_err(thrown)
}

fn begin(on: &JsValue, method: &str, arguments: &[JsValue]) -> Result<Promise, JsValue> {
    let function: Function = Reflect::get(on, &method.into())?.dyn_into()?;
    let arguments: Array = arguments.iter().collect();
    Ok(Promise::resolve(&function.apply(on, &arguments)?))
}

fn thrown(error: JsValue) -> Thrown {
    let message = field(&error, "message").as_string().or_else(|| error.as_string());
    Thrown::new(message.unwrap_or_else(|| "R2 failed without saying why".to_owned()))
}

fn field(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or_default()
}

fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &(*name).into(), value).expect("a new object takes every field");
    }
    object.into()
}

fn texts(fields: &[(&str, &str)]) -> JsValue {
    let fields: Vec<(&str, JsValue)> =
        fields.iter().map(|(name, text)| (*name, (*text).into())).collect();
    object(&fields)
}
