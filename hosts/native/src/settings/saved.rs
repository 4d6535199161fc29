//! Options as they are saved: the one place that writes secrets in clear.

use crate::store::{Key, StoreOptions};
use serde::{Deserialize, Deserializer, Serializer, de::Error};
use std::collections::BTreeMap;

/// Whether there is nothing to save.
pub(super) fn is_empty(options: &StoreOptions) -> bool {
    options.in_clear().next().is_none()
}

pub(super) fn serialize<S: Serializer>(
    options: &StoreOptions,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(options.in_clear().map(|(key, value)| (key.name(), value)))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<StoreOptions, D::Error> {
    let mut options = StoreOptions::new();
    for (name, value) in BTreeMap::<String, String>::deserialize(deserializer)? {
        let key = Key::of_name(&name);
        let key = key.ok_or_else(|| D::Error::custom(format!("{name:?} is not known")))?;
        options.set(key, value);
    }
    Ok(options)
}
