//! A JavaScript store as the core's [`Store`].

use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use serde::{Deserialize, de::DeserializeOwned};
use std::ops::Range;
use trunks_core::store::{
    Entry, Expected, Page, PartId, Store, StoreError, UploadId, Value, Version,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(typescript_custom_section)]
const TYPESCRIPT: &str = include_str!("store.d.ts");

#[wasm_bindgen]
extern "C" {
    /// An object with the methods of `store.d.ts`.
    ///
    /// They are declared as giving any value, so that one that throws at once, gives a plain value
    /// or a promise of another make is as good as one that returns a promise.
    #[wasm_bindgen(typescript_type = "Store")]
    #[derive(Clone, Debug)]
    pub type JsStore;

    #[wasm_bindgen(method, structural, catch)]
    fn get(this: &JsStore, key: &str, range: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, structural, catch)]
    fn put(
        this: &JsStore,
        key: &str,
        bytes: Uint8Array,
        expected: JsValue,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, structural, catch)]
    fn delete(this: &JsStore, key: &str, expected: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, structural, catch)]
    fn list(
        this: &JsStore,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, structural, catch, js_name = uploadStart)]
    fn upload_start(this: &JsStore, key: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, structural, catch, js_name = uploadPart)]
    fn upload_part(
        this: &JsStore,
        upload: &str,
        number: u32,
        bytes: Uint8Array,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, structural, catch, js_name = uploadFinish)]
    fn upload_finish(
        this: &JsStore,
        upload: &str,
        parts: Array,
        expected: JsValue,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, structural, catch, js_name = uploadAbort)]
    fn upload_abort(this: &JsStore, upload: &str) -> Result<JsValue, JsValue>;
}

impl Store for JsStore {
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Value>, StoreError> {
        let call = Call { key, method: "get" };
        let range = range.map_or(JsValue::UNDEFINED, |range| {
            object([("start", number(range.start)), ("end", number(range.end))])
        });
        let value = call.settled(JsStore::get(self, key, range)).await?;
        if value.is_null_or_undefined() {
            return Ok(None);
        }
        let JsGot { bytes, size_bytes, version } = call.given(value)?;
        Ok(Some(Value { bytes, size_bytes, version: Version(version) }))
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        let call = Call { key, method: "put" };
        let put = JsStore::put(self, key, Uint8Array::from(bytes.as_slice()), demanded(expected));
        drop(bytes);
        Ok(Version(call.given(call.settled(put).await?)?))
    }

    async fn delete(&self, key: &str, expected: Expected) -> Result<(), StoreError> {
        let call = Call { key, method: "delete" };
        call.settled(JsStore::delete(self, key, demanded(expected))).await.map(drop)
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        let call = Call { key: prefix, method: "list" };
        let page = call.settled(JsStore::list(self, prefix, after, limit)).await?;
        let JsPage { entries, more } = call.given(page)?;
        let entries = entries.into_iter().map(|JsEntry { key, size_bytes, modified_s }| Entry {
            key,
            size_bytes,
            modified_s,
        });
        Ok(Page { entries: entries.collect(), more })
    }

    async fn upload_start(&self, key: &str) -> Result<UploadId, StoreError> {
        let call = Call { key, method: "uploadStart" };
        Ok(UploadId(call.given(call.settled(JsStore::upload_start(self, key)).await?)?))
    }

    async fn upload_part(
        &self,
        upload: &UploadId,
        number: u32,
        bytes: Vec<u8>,
    ) -> Result<PartId, StoreError> {
        let call = Call { key: &upload.0, method: "uploadPart" };
        let part =
            JsStore::upload_part(self, &upload.0, number, Uint8Array::from(bytes.as_slice()));
        drop(bytes);
        Ok(PartId(call.given(call.settled(part).await?)?))
    }

    async fn upload_finish(
        &self,
        upload: &UploadId,
        parts: Vec<PartId>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        let call = Call { key: &upload.0, method: "uploadFinish" };
        let parts = parts.iter().map(|part| JsValue::from_str(&part.0)).collect::<Array>();
        let finish = JsStore::upload_finish(self, &upload.0, parts, demanded(expected));
        Ok(Version(call.given(call.settled(finish).await?)?))
    }

    async fn upload_abort(&self, upload: &UploadId) -> Result<(), StoreError> {
        let call = Call { key: &upload.0, method: "uploadAbort" };
        call.settled(JsStore::upload_abort(self, &upload.0)).await.map(drop)
    }
}

/// One call of the store, to say in errors.
struct Call<'c> {
    /// The key, prefix or upload.
    key: &'c str,
    method: &'static str,
}

impl Call<'_> {
    /// What the method came to in the end.
    async fn settled(&self, returned: Result<JsValue, JsValue>) -> Result<JsValue, StoreError> {
        let promise = returned.map(|value| Promise::resolve(&value));
        match promise {
            Ok(promise) => JsFuture::from(promise).await,
            Err(thrown) => Err(thrown),
        }
        .map_err(|thrown| self.error(&thrown))
    }

    /// What was thrown, by its `code`.
    fn error(&self, thrown: &JsValue) -> StoreError {
        let text = |name: &str| Reflect::get(thrown, &name.into()).ok().and_then(|v| v.as_string());
        let key = self.key.to_owned();
        let reason = text("message")
            .or_else(|| thrown.as_string())
            .unwrap_or_else(|| format!("{} failed without saying why", self.method));
        match text("code").as_deref() {
            Some("conflict") => StoreError::Conflict { key },
            Some("unavailable") => StoreError::Unavailable { key, reason },
            Some("denied") => StoreError::Denied { key, reason },
            _ => StoreError::Failed { key, reason },
        }
    }

    /// What the method gave, as what it promised.
    fn given<T: DeserializeOwned>(&self, value: JsValue) -> Result<T, StoreError> {
        serde_wasm_bindgen::from_value(value).map_err(|error| StoreError::Failed {
            key: self.key.to_owned(),
            reason: format!(
                "the store's {} gave something else than promised: {error}",
                self.method
            ),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsGot {
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
    size_bytes: u64,
    version: String,
}

#[derive(Deserialize)]
struct JsPage {
    entries: Vec<JsEntry>,
    more: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsEntry {
    key: String,
    size_bytes: u64,
    modified_s: u64,
}

fn demanded(expected: Expected) -> JsValue {
    match expected {
        Expected::Any => "any".into(),
        Expected::Absent => "absent".into(),
        Expected::Is(version) => object([("is", version.0.into())]),
        Expected::AbsentBeside { key, version } => {
            let version = version.map_or(JsValue::UNDEFINED, |version| version.0.into());
            let beside = object([("key", key.into()), ("version", version)]);
            object([("absentBeside", beside)])
        }
    }
}

/// Lengths and offsets are far below the first number that JavaScript would round.
fn number(number: u64) -> JsValue {
    JsValue::from_f64(number as f64)
}

fn object<const N: usize>(fields: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &name.into(), &value).expect("a new object takes every field");
    }
    object.into()
}
