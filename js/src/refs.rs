//! Moving refs.

use crate::{error::Thrown, repository::Repositories, shapes::asked_update, value::list};
use trunks_core::refs::RefUpdate;
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
        let updates = list(&updates, "updates")?.into_iter().map(asked_update);
        let updates: Vec<RefUpdate> = updates.collect::<Result<_, _>>()?;
        let outcomes = self.open(name)?.update_refs(&updates).await?;
        let told = |outcome: Result<(), _>| match outcome {
            Ok(()) => JsValue::UNDEFINED,
            Err(error) => Thrown::from(error).into(),
        };
        Ok(outcomes.into_iter().map(told).collect())
    }
}
