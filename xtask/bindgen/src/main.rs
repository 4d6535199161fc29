//! Makes the JavaScript around a wasm module that was built with wasm-bindgen.
//!
//! A program of its own, so that the other chores need not compile wasm-bindgen's library, and with the words of
//! wasm-bindgen's own command, so that worker-build can run it in that one's place.

use anyhow::{Context, Result, bail};
use clap::Parser;
use std::path::PathBuf;
use wasm_bindgen_cli_support::Bindgen;

/// Make the JavaScript around a wasm module that was built with wasm-bindgen
#[derive(Parser)]
#[command(name = "wasm-bindgen")]
struct Words {
    /// The module, as cargo built it
    module: PathBuf,
    /// What is to load it: nodejs, web, or module, for bundlers that import wasm
    #[arg(long)]
    target: String,
    /// The directory to write into
    #[arg(long)]
    out_dir: PathBuf,
    /// What the files are called, without their extensions
    #[arg(long)]
    out_name: String,
    /// Write no types of TypeScript
    #[arg(long)]
    no_typescript: bool,
    /// Leave the names of Rust as they are
    #[arg(long)]
    no_demangle: bool,
    /// Export a function that starts the module anew after a panic
    #[arg(long = "experimental-reset-state-function")]
    reset_state: bool,
    /// Notice a panic also where it aborts
    #[arg(long)]
    force_enable_abort_handler: bool,
}

fn main() -> Result<()> {
    let words = Words::parse();
    let mut bindgen = Bindgen::new();
    bindgen.input_path(&words.module).out_name(&words.out_name);
    bindgen.typescript(!words.no_typescript).demangle(!words.no_demangle);
    bindgen.reset_state_function(words.reset_state);
    bindgen.force_enable_abort_handler(words.force_enable_abort_handler);
    // What is loaded over a network does not say what its functions were called.
    bindgen.remove_name_section(true).remove_producers_section(true);
    match words.target.as_str() {
        "nodejs" => bindgen.nodejs(true)?,
        "web" => bindgen.web(true)?,
        "module" => bindgen.module(true)?,
        other => bail!("unknown target {other:?}: it must be nodejs, web or module"),
    };
    let (module, target) = (words.module.display(), &words.target);
    bindgen.generate(&words.out_dir).with_context(|| format!("cannot bind {module} for {target}"))
}
