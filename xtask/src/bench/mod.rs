//! `cargo xtask bench`: what trunks takes, against stock git in the same run.

use anyhow::{Result, bail};
use std::path::PathBuf;

/// What is measured.
#[derive(clap::Args)]
pub struct Options {
    /// The repository to measure with, instead of one that is made
    #[arg(long, value_name = "DIR")]
    pub repo: Option<PathBuf>,
}

/// Measures and prints medians and ratios.
pub fn run(_options: &Options) -> Result<()> {
    bail!("there is nothing to measure yet")
}
