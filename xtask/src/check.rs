//! `cargo xtask check`: the house rules, formatting, the core on every target, lints and the docs.

use crate::{
    command::{cargo, run},
    setup, tidy,
};
use anyhow::Result;

/// The crates that are workspaces of their own, because they are built for wasm only.
const GUESTS: [&str; 3] = ["wit/guest", "js", "workers"];

/// Checks everything that needs no test to run, the quickest first.
pub fn run_all() -> Result<()> {
    setup::rust_components()?;
    setup::wasm_targets()?;
    tidy::run()?;
    formatting()?;
    core_everywhere()?;
    lints()?;
    docs()
}

fn formatting() -> Result<()> {
    run(&mut cargo("fmt --all --check"))?;
    for guest in GUESTS {
        run(&mut cargo(&format!("fmt --check --manifest-path {guest}/Cargo.toml")))?;
    }
    Ok(())
}

/// Builds the core where it must build: on the machine, in a browser or component, and where there
/// is no standard library at all.
fn core_everywhere() -> Result<()> {
    run(&mut cargo("build --release --package trunks-core"))?;
    for target in setup::WASM_TARGETS {
        run(&mut cargo(&format!("build --release --package trunks-core --target {target}")))?;
    }
    Ok(())
}

fn lints() -> Result<()> {
    run(&mut cargo("clippy --release --workspace --all-targets -- --deny warnings"))?;
    for guest in GUESTS {
        run(&mut cargo(&format!(
            "clippy --release --manifest-path {guest}/Cargo.toml --target wasm32-unknown-unknown \
             -- --deny warnings"
        )))?;
    }
    Ok(())
}

/// The docs are read by those who work here, so private items are in them and may be linked to.
fn docs() -> Result<()> {
    run(cargo("doc --release --workspace --no-deps --document-private-items")
        .env("RUSTDOCFLAGS", "--deny warnings --allow rustdoc::private-intra-doc-links"))
}
