//! `cargo xtask component`: the component is built, and imports nothing but the world of `wit/`.

use crate::{
    command::{cargo, run},
    setup,
};
use anyhow::Result;

/// Builds the component and has its test judge its imports.
pub fn run_all() -> Result<()> {
    setup::wasm_targets()?;
    run(&mut cargo("test --release --package trunks --lib component"))
}
