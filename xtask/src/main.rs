//! Chores. Each one does its own set-up on a machine with Rust, Node, Python and git, and says what
//! it runs.

mod bench;
mod check;
mod command;
mod component;
mod demo;
mod javascript;
mod servers;
mod setup;
mod test;
mod tidy;
mod worker;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Push a real repository into a local store, clone it back and have git check both
    Demo(demo::Options),
    /// Everything that CI runs: the checks, then all tests of Rust, the component, JavaScript and the
    /// Worker
    Test(test::Options),
    /// Install the servers that the tests of stores run against, below the target directory
    Servers(servers::Options),
    /// Formatting, lints, the core on every target, the docs and the house rules
    Check,
    /// Measure against stock git
    Bench(bench::Options),
    /// Build the core for JavaScript and test it in Node
    Js,
    /// Bundle the Cloudflare Worker and test it in workerd
    Worker(worker::Options),
    /// Build the component and prove that it imports nothing but the world of `wit/`
    Component,
    /// Run a program for `bench` and note its peak memory
    #[command(hide = true)]
    NotePeak(bench::Program),
}

fn main() -> ExitCode {
    match run(Arguments::parse().chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: Chore) -> Result<()> {
    match chore {
        Chore::Demo(options) => demo::run_all(&options),
        Chore::Test(options) => test::run_all(&options),
        Chore::Servers(options) => servers::install(&options),
        Chore::Check => check::run_all(),
        Chore::Bench(options) => bench::run(&options),
        Chore::Js => javascript::run_all().map(drop),
        Chore::Worker(options) => worker::run_all(&options).map(drop),
        Chore::Component => component::run_all(),
        Chore::NotePeak(program) => bench::note_peak(&program),
    }
}
