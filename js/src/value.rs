//! Values as they come from JavaScript and go there.
//!
//! By hand, because the derived forms of the crate for it take five times the code, and what a
//! browser loads must be small.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use std::fmt;
use trunks_core::code::{Code, Coded};
use wasm_bindgen::{JsCast, prelude::*};

/// Lengths and offsets are below the first number that JavaScript would round.
const MOST: f64 = 9_007_199_254_740_991.0;

#[wasm_bindgen]
extern "C" {
    /// Any object, with whatever fields it has.
    #[wasm_bindgen(js_name = Object)]
    #[derive(Debug)]
    pub(crate) type Fields;

    #[wasm_bindgen(constructor, js_class = "Object")]
    fn new() -> Fields;

    #[wasm_bindgen(method, indexing_getter, catch)]
    fn at(this: &Fields, name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, indexing_setter)]
    fn put(this: &Fields, name: &str, value: &JsValue);

    #[wasm_bindgen(js_name = String, catch)]
    fn shown(value: &JsValue) -> Result<String, JsValue>;
}

/// A value that is not what was promised.
#[derive(Debug)]
pub(crate) struct Wrong {
    name: String,
    wanted: &'static str,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, wanted } = self;
        write!(f, "{name} must be {wanted}")
    }
}

impl Coded for Wrong {
    fn code(&self) -> Code {
        Code::Invalid
    }
}

impl Fields {
    /// The fields of `value`, which is called `name`.
    pub(crate) fn of(value: JsValue, name: &str) -> Result<Self, Wrong> {
        if value.is_object() { Ok(value.unchecked_into()) } else { Err(wrong(name, "an object")) }
    }

    /// The value of a field; `None`, if it is not there, `undefined` or `null`.
    pub(crate) fn value(&self, name: &str) -> Option<JsValue> {
        self.at(name).ok().filter(|value| !value.is_null_or_undefined())
    }

    pub(crate) fn text(&self, name: &str) -> Result<String, Wrong> {
        self.maybe_text(name)?.ok_or_else(|| wrong(name, "a text"))
    }

    pub(crate) fn maybe_text(&self, name: &str) -> Result<Option<String>, Wrong> {
        self.value(name).map(|value| text(&value, name)).transpose()
    }

    pub(crate) fn bytes(&self, name: &str) -> Result<Vec<u8>, Wrong> {
        self.maybe_bytes(name)?.ok_or_else(|| wrong(name, "bytes"))
    }

    pub(crate) fn maybe_bytes(&self, name: &str) -> Result<Option<Vec<u8>>, Wrong> {
        let Some(value) = self.value(name) else { return Ok(None) };
        if let Some(bytes) = value.dyn_ref::<Uint8Array>() {
            Ok(Some(bytes.to_vec()))
        } else if value.is_instance_of::<ArrayBuffer>() {
            Ok(Some(Uint8Array::new(&value).to_vec()))
        } else {
            Err(wrong(name, "bytes"))
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, Wrong> {
        let value = self.value(name).and_then(|value| value.as_bool());
        value.ok_or_else(|| wrong(name, "true or false"))
    }

    pub(crate) fn number<N: TryFrom<i64>>(&self, name: &str) -> Result<N, Wrong> {
        let value = self.value(name).unwrap_or_default();
        let number = whole(&value).and_then(|number| number.try_into().ok());
        number.ok_or_else(|| {
            let shown = shown(&value).unwrap_or_default();
            Wrong { name: format!("{name}, which is {shown},"), wanted: "a whole number in range" }
        })
    }

    pub(crate) fn fields(&self, name: &str) -> Result<Self, Wrong> {
        Self::of(self.value(name).unwrap_or_default(), name)
    }

    pub(crate) fn maybe_fields(&self, name: &str) -> Result<Option<Self>, Wrong> {
        self.value(name).map(|value| Self::of(value, name)).transpose()
    }

    pub(crate) fn list(&self, name: &str) -> Result<Vec<Self>, Wrong> {
        list(&self.value(name).unwrap_or_default(), name)
    }
}

fn whole(value: &JsValue) -> Option<i64> {
    let number = value.as_f64()?;
    (number.trunc() == number && number.abs() <= MOST).then_some(number as i64)
}

/// The objects in an array that is called `name`.
pub(crate) fn list(value: &JsValue, name: &str) -> Result<Vec<Fields>, Wrong> {
    let array = value.dyn_ref::<Array>().ok_or_else(|| wrong(name, "an array"))?;
    array.iter().map(|item| Fields::of(item, name)).collect()
}

/// The text of a value that is called `name`.
pub(crate) fn text(value: &JsValue, name: &str) -> Result<String, Wrong> {
    value.as_string().ok_or_else(|| wrong(name, "a text"))
}

pub(crate) fn wrong(name: &str, wanted: &'static str) -> Wrong {
    Wrong { name: name.to_owned(), wanted }
}

/// An object with these fields.
pub(crate) fn object<const N: usize>(fields: [(&str, JsValue); N]) -> JsValue {
    object_of(&fields)
}

fn object_of(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Fields::new();
    for (name, value) in fields {
        object.put(name, value);
    }
    object.into()
}

/// What can be told to JavaScript.
pub(crate) trait Told {
    fn told(self) -> JsValue;
}

impl Told for String {
    fn told(self) -> JsValue {
        self.into()
    }
}

impl Told for &str {
    fn told(self) -> JsValue {
        self.into()
    }
}

impl Told for bool {
    fn told(self) -> JsValue {
        self.into()
    }
}

impl Told for u32 {
    fn told(self) -> JsValue {
        self.into()
    }
}

impl Told for u64 {
    fn told(self) -> JsValue {
        (self as f64).into()
    }
}

impl Told for trunks_core::object::ObjectId {
    fn told(self) -> JsValue {
        self.to_string().into()
    }
}

impl<T: Told> Told for Option<T> {
    fn told(self) -> JsValue {
        self.map_or(JsValue::UNDEFINED, T::told)
    }
}

impl<T: Told> Told for Vec<T> {
    fn told(self) -> JsValue {
        array(self.into_iter().map(T::told))
    }
}

pub(crate) fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

pub(crate) fn array(items: impl Iterator<Item = JsValue>) -> JsValue {
    let array = Array::new();
    items.for_each(|item| {
        array.push(&item);
    });
    array.into()
}
