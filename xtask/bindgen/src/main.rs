//! Makes the JavaScript around a wasm module that was built with wasm-bindgen.
//!
//! A program of its own, so that the other chores need not compile wasm-bindgen's library.
//! Arguments: the module, the target (`nodejs` or `web`) and the directory to write into.

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [module, target, directory] = arguments.as_slice() else {
        bail!("usage: xtask-bindgen MODULE.wasm nodejs|web DIRECTORY");
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name("trunks").typescript(true);
    // What a browser loads does not say what its functions were called.
    bindgen.remove_name_section(true).remove_producers_section(true);
    match target.as_str() {
        "nodejs" => bindgen.nodejs(true)?,
        "web" => bindgen.web(true)?,
        other => bail!("unknown target {other:?}: it must be nodejs or web"),
    };
    bindgen.generate(directory).with_context(|| format!("cannot bind {module} for {target}"))
}
