//! `cargo xtask component`: the component is built, and imports nothing but the world of `wit/`.

use crate::{setup, test};
use anyhow::Result;

/// Builds the component and has its own tests judge it.
pub fn run_all() -> Result<()> {
    setup::wasm_targets()?;
    test::cargo_tests("--package trunks --lib component")?.demand_all_passed()
}
