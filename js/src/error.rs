//! The core's errors as JavaScript's.

use js_sys::{Error, Reflect};
use trunks_core::code::{Code, Coded};
use wasm_bindgen::JsValue;

/// What an export throws: an `Error` with a `code` of `wit/repository.wit`.
#[derive(Debug)]
pub struct Thrown {
    code: Code,
    message: String,
}

impl Thrown {
    /// An argument that is not well-formed.
    pub fn invalid(reason: impl ToString) -> Self {
        Self { code: Code::Invalid, message: reason.to_string() }
    }

    /// The core broke off.
    pub fn trapped(reason: &str) -> Self {
        let message = format!("internal error in the core: {reason}; please report it");
        Self { code: Code::Failed, message }
    }
}

impl<E: Coded> From<E> for Thrown {
    fn from(error: E) -> Self {
        Self { code: error.code(), message: error.to_string() }
    }
}

impl From<Thrown> for JsValue {
    fn from(thrown: Thrown) -> Self {
        let error = Error::new(&thrown.message);
        error.set_name("TrunksError");
        Reflect::set(&error, &"code".into(), &thrown.code.as_str().into())
            .expect("a new error takes every field");
        error.into()
    }
}
