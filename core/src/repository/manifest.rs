//! `trunk.json`: what trunks knows of a repository beside what Git does.

use super::{CreateOptions, Layout, RepositoryError};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};

/// The one version that there is.
const VERSION: u32 = 1;

/// The content of `trunk.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    version: u32,
    /// A UUID that marks the repository across stores.
    pub(super) id: String,
    /// Whether `info/refs` and `objects/info/packs` are kept.
    #[serde(rename = "static")]
    pub(super) is_static: bool,
    /// The stores that it is in: not looked into here.
    #[serde(default)]
    storages: Vec<serde_json::Value>,
}

impl Manifest {
    pub(super) fn new(options: &CreateOptions) -> Self {
        let CreateOptions { is_static, id, .. } = options;
        Self { version: VERSION, id: id.clone(), is_static: *is_static, storages: Vec::new() }
    }

    /// Reads the file of the repository at `layout`.
    ///
    /// # Errors
    /// `Corrupt`: not a `trunk.json`, or of a version that came later.
    pub(super) fn parse(layout: &Layout, bytes: &[u8]) -> Result<Self, RepositoryError> {
        let corrupt = |reason| RepositoryError::Corrupt { key: layout.manifest(), reason };
        let manifest: Self =
            serde_json::from_slice(bytes).map_err(|error| corrupt(error.to_string()))?;
        match manifest.version {
            VERSION => Ok(manifest),
            later => Err(corrupt(format!("version {later} is not known: use a newer trunks"))),
        }
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_else(|_| "{}".to_owned());
        text.push('\n');
        text.into_bytes()
    }
}
