//! The component: its size, how soon it runs, and how fast it hashes and inflates.

use crate::command::{cargo, run};
use anyhow::Result;

/// Has the native host's own example measure and print them.
pub fn run_all() -> Result<()> {
    // The build makes the module that is measured only when asked.
    run(cargo("run --quiet --release --package trunks --example speed").env("TRUNKS_SPEED", "1"))
}
