//! `cargo xtask bench`: trunks beside stock git over `file://`, in one run, as medians and ratios; with
//! `--s3` beside other remotes on S3, and with `--worker` the Worker beside `git http-backend`.

mod cases;
mod component;
mod fixture;
mod measure;
mod memory;
mod report;
mod s3;

pub use memory::{Program, note_peak};

use crate::{
    command::{self, command},
    servers, setup, worker,
};
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
    /// Compare with other remotes on S3 instead, which are installed first
    #[arg(long)]
    s3: bool,
    /// Compare the Worker in workerd with `git http-backend` instead
    #[arg(long, conflicts_with = "s3")]
    worker: bool,
    /// With --s3: so many pushes of one commit before a last fetch and clone; 0 leaves them out
    #[arg(long, default_value_t = 200, value_name = "N")]
    pushes: usize,
}

/// Measures and prints medians and ratios.
pub fn run(options: &Options) -> Result<()> {
    setup::git()?;
    setup::wasm_targets()?;
    if options.s3 {
        return s3::run(options.pushes);
    }
    if options.worker {
        worker::bundle()?;
        servers::lighttpd()?;
        let words = ["workers/bench/measure.mjs", &options.rounds.to_string()];
        return command::run(&mut command("node", words));
    }
    let fixture = fixture::Fixture::prepare(options.repo.as_deref())?;
    report::heading(&fixture)?;
    report::speed(&cases::speed(&fixture, options.rounds)?);
    report::memory(&memory::peaks(&fixture, options.blob_mib)?);
    component::run_all()?;
    fixture.remove()
}
