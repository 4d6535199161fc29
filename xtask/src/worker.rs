//! `cargo xtask worker`: the Cloudflare Worker, bundled as it is deployed, and its tests in workerd.

use crate::{
    command::{cargo, command, root, run, target_dir},
    javascript, servers, setup,
    test::Counts,
};
use anyhow::Result;
use std::{
    fs,
    path::{Path, PathBuf},
};
use trunks_tests::workshop::LONG;

/// The version of what bundles the Worker, as in workers/wrangler.toml.
const WORKER_BUILD: &str = "0.8.7";

/// What is tested besides what always is.
#[derive(Default, clap::Args)]
pub struct Options {
    /// Push and clone a repository of 150 MiB, which takes minutes, instead of a smaller one
    #[arg(long)]
    pub long: bool,
}

/// Builds `workers/build/`, and the same with a probe for tests, and runs the tests of `workers/test/`.
pub fn run_all(options: &Options) -> Result<Counts> {
    setup::node()?;
    setup::wasm_targets()?;
    let python = python()?;
    servers::jgit()?;
    // The suite that every store must pass compares each with the package's store in memory.
    javascript::build()?;
    bundle()?;
    build("build-probe", &["--features", "probe"])?;
    let long = if options.long { "1" } else { "0" };
    let environment = [("TRUNKS_TEST_PYTHON", python.as_path()), (LONG, Path::new(long))];
    let counts = javascript::tests_in("workers/test", &environment)?;
    counts.demand_all_passed()?;
    Ok(counts)
}

/// Builds `workers/build/`, as it is deployed.
pub fn bundle() -> Result<()> {
    tools()?;
    setup::npm_packages(&root().join("workers"))?;
    build("build", &[])
}

/// Bundles the Worker into a directory of `workers/`, with these options of cargo besides.
fn build(directory: &str, options: &[&str]) -> Result<()> {
    let words = ["--release", "--no-opt", "--out-dir", directory];
    let mut build = command(&place().join("bin/worker-build").to_string_lossy(), words);
    build.args(options);
    build.current_dir(root().join("workers"));
    build.env("CARGO_TARGET_DIR", target_dir());
    // Both would be fetched from the network else.
    build.env("WASM_BINDGEN_BIN", target_dir().join("release/xtask-bindgen"));
    build.env("ESBUILD_BIN", root().join("workers/node_modules/esbuild/bin/esbuild"));
    run(&mut build)
}

/// Installs worker-build below the target directory, unless it is there, and builds what it runs as wasm-bindgen.
fn tools() -> Result<()> {
    let installed = fs::read_to_string(place().join(".crates.toml")).unwrap_or_default();
    if !installed.contains(&format!("\"worker-build {WORKER_BUILD} ")) {
        let words = format!("install worker-build --version {WORKER_BUILD} --locked --root");
        run(cargo(&words).arg(place()))?;
    }
    run(&mut cargo("build --quiet --release --package xtask-bindgen"))
}

fn place() -> PathBuf {
    target_dir().join("tools")
}

/// Installs the Git clients written in Python below the target directory, unless they are there.
fn python() -> Result<PathBuf> {
    let place = target_dir().join("clients");
    setup::python_packages(&place, &root().join("workers/test/requirements.txt"))?;
    Ok(place.join("bin/python"))
}
