//! The engine's settings: what the build compiles the component for, and what the program runs it
//! with. `build.rs` includes this file, because the two must be the same.

use wasmtime::Config;

/// The settings, without those that only a compiler has.
pub fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model_async(true)
        .epoch_interruption(true)
        // An eighth of the machine code's length, for offsets in stack traces that nobody would read.
        .generate_address_map(false);
    config
}
