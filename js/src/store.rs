//! A JavaScript store as the core's [`Store`].

use crate::value::{Fields, Told, Wrong, object, text};
use js_sys::{Array, Promise, Reflect, Uint8Array};
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
            object([("start", range.start.told()), ("end", range.end.told())])
        });
        let value = call.settled(JsStore::get(self, key, range)).await?;
        if value.is_null_or_undefined() {
            return Ok(None);
        }
        let value = || {
            let got = Fields::of(value, "the value")?;
            let version = Version(got.text("version")?);
            Ok(Value { bytes: got.bytes("bytes")?, size_bytes: got.number("sizeBytes")?, version })
        };
        value().map(Some).map_err(|wrong| call.broken(&wrong))
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
        Ok(Version(call.text(&call.settled(put).await?)?))
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
        let page = || {
            let page = Fields::of(page, "the page")?;
            let entries = page.list("entries")?.iter().map(entry).collect::<Result<_, _>>()?;
            Ok(Page { entries, more: page.flag("more")? })
        };
        page().map_err(|wrong| call.broken(&wrong))
    }

    async fn upload_start(&self, key: &str) -> Result<UploadId, StoreError> {
        let call = Call { key, method: "uploadStart" };
        Ok(UploadId(call.text(&call.settled(JsStore::upload_start(self, key)).await?)?))
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
        Ok(PartId(call.text(&call.settled(part).await?)?))
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
        Ok(Version(call.text(&call.settled(finish).await?)?))
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

    /// The text that the method gave.
    fn text(&self, value: &JsValue) -> Result<String, StoreError> {
        text(value, "it").map_err(|wrong| self.broken(&wrong))
    }

    /// It did not give what it promised.
    fn broken(&self, wrong: &Wrong) -> StoreError {
        StoreError::Failed {
            key: self.key.to_owned(),
            reason: format!(
                "the store's {} gave something else than promised: {wrong}",
                self.method
            ),
        }
    }
}

fn entry(entry: &Fields) -> Result<Entry, Wrong> {
    Ok(Entry {
        key: entry.text("key")?,
        size_bytes: entry.number("sizeBytes")?,
        modified_s: entry.number("modifiedS")?,
    })
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
