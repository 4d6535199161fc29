//! `cargo xtask bench`: trunks beside stock git over `file://`, in one run, as medians and ratios.

mod cases;
mod component;
mod fixture;
mod measure;
mod memory;
mod report;

pub use memory::{Program, note_peak};

use crate::setup;
use anyhow::Result;
use std::path::PathBuf;

/// What is measured.
#[derive(clap::Args)]
pub struct Options {
    /// The repository to measure with, instead of one that is made
    #[arg(long, value_name = "DIR")]
    repo: Option<PathBuf>,
    /// Rounds of each pair that count, after one that does not
    #[arg(long, default_value_t = 5, value_name = "N")]
    rounds: usize,
    /// Size of the random blob whose memory is measured, in MiB; 0 leaves it out
    #[arg(long, default_value_t = 300, value_name = "N")]
    blob_mib: u64,
}

/// Measures and prints medians and ratios.
pub fn run(options: &Options) -> Result<()> {
    setup::git()?;
    setup::wasm_targets()?;
    let fixture = fixture::Fixture::prepare(options.repo.as_deref())?;
    report::heading(&fixture)?;
    report::speed(&cases::speed(&fixture, options.rounds)?);
    report::memory(&memory::peaks(&fixture, options.blob_mib)?);
    component::run_all()?;
    fixture.remove()
}
