//! Moving refs.

use crate::{error::Thrown, repository::Repositories, shapes::taken};
use serde::Deserialize;
use trunks_core::refs::{self, OldValue, RefName};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(wasm_bindgen_futures = crate::promise)]
impl Repositories {
    /// Moves refs, each by compare-and-swap, if the objects that they are to name are stored. Resolves
    /// to an error or nothing for each, in order.
    #[wasm_bindgen(js_name = updateRefs, unchecked_return_type = "(TrunksError | undefined)[]")]
    pub async fn update_refs(
        &self,
        name: &str,
        #[wasm_bindgen(unchecked_param_type = "RefUpdate[]")] updates: JsValue,
    ) -> Result<Vec<JsValue>, Thrown> {
        let updates: Vec<RefUpdate> = taken(updates)?;
        let updates: Vec<refs::RefUpdate> =
            updates.into_iter().map(RefUpdate::asked).collect::<Result<_, _>>()?;
        let outcomes = self.open(name)?.update_refs(&updates).await?;
        let told = |outcome: Result<(), _>| match outcome {
            Ok(()) => JsValue::UNDEFINED,
            Err(error) => Thrown::from(error).into(),
        };
        Ok(outcomes.into_iter().map(told).collect())
    }
}

#[derive(Deserialize)]
struct RefUpdate {
    name: String,
    old: JsOldValue,
    new: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum JsOldValue {
    Any,
    Absent,
    Is(String),
}

impl RefUpdate {
    fn asked(self) -> Result<refs::RefUpdate, Thrown> {
        Ok(refs::RefUpdate {
            name: RefName::new(&self.name)?,
            old: match self.old {
                JsOldValue::Any => OldValue::Any,
                JsOldValue::Absent => OldValue::Absent,
                JsOldValue::Is(id) => OldValue::Is(id.parse()?),
            },
            new: self.new.map(|id| id.parse()).transpose()?,
        })
    }
}
