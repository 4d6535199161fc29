//! How large the component is, how soon it runs, and how fast it hashes and inflates beside native
//! code. `cargo xtask bench` runs it; on its own: `TRUNKS_SPEED=1 cargo run --release --example speed`.

#[path = "../../../wit/guest/examples/speed.rs"]
#[expect(unsafe_code, reason = "the module's functions are exported by name")]
mod native;

#[path = "../src/component/config.rs"]
mod config;

use std::{
    error::Error,
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};
use trunks::component::{Core, Guest};
use trunks_core::{object::ObjectId, repository::RepoName, store::Memory};
use wasmtime::{Engine, Instance, Module, Store, TypedFunc};

/// Runs of each measurement; the median counts.
const RUNS: usize = 9;
/// Rounds of work in each run, of which the first is not counted.
const ROUNDS: u32 = 16;

/// The module with the core's slowest parts; empty unless the build was asked for it.
static MODULE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/speed.cwasm"));

fn main() -> Result<(), Box<dyn Error>> {
    println!("component: {} KiB of machine code", Core::machine_code_bytes() / 1024);
    let load = median(|| timed(|| black_box(Core::load()).is_ok()));
    println!("loading it: {} µs", load.as_micros());
    println!("instance and call: {} µs", call()?.as_micros());
    if MODULE.is_empty() {
        println!("hashing and inflating: not built in, set TRUNKS_SPEED=1");
        return Ok(());
    }
    let mut module = Wasm::load()?;
    println!("{:<22}{:>10}{:>10}{:>8}", "MiB/s", "wasm", "native", "ratio");
    let parts: [(&str, &str, extern "C" fn(u32) -> u32); 3] = [
        ("SHA-1", "sha1", native::sha1),
        ("SHA-1, checked", "sha1_checked", native::sha1_checked),
        ("inflate", "inflate", native::inflate),
    ];
    for (title, export, function) in parts {
        let function = |rounds| function(rounds);
        let (wasm, native) = (rate(module.function(export)?), rate(function));
        println!("{title:<22}{wasm:>10.0}{native:>10.0}{:>8.2}", native / wasm);
    }
    Ok(())
}

/// How long the smallest call takes, its instance included.
fn call() -> Result<Duration, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let guest = Guest::new(Core::shared()?, Arc::new(Memory::new()));
    let name = RepoName::new("speed")?;
    Ok(median(|| timed(|| runtime.block_on(guest.pack_keys(&name, &ObjectId::EMPTY_TREE)).is_ok())))
}

/// The module, in an engine with the component's settings.
struct Wasm {
    store: Store<()>,
    instance: Instance,
}

impl Wasm {
    fn load() -> wasmtime::Result<Self> {
        let engine = Engine::new(&config::config())?;
        // SAFETY: the bytes were made by this version of wasmtime in `build.rs`.
        #[expect(unsafe_code, reason = "machine code cannot be checked, only trusted")]
        let module = unsafe { Module::deserialize(&engine, MODULE)? };
        let mut store = Store::new(&engine, ());
        store.set_epoch_deadline(u64::MAX / 2);
        let instance = Instance::new(&mut store, &module, &[])?;
        Ok(Self { store, instance })
    }

    fn function(&mut self, name: &str) -> wasmtime::Result<impl FnMut(u32) -> u32> {
        let function: TypedFunc<u32, u32> = self.instance.get_typed_func(&mut self.store, name)?;
        let store = &mut self.store;
        Ok(move |rounds| function.call(&mut *store, rounds).expect("it cannot trap"))
    }
}

/// MiB that a function works through in a second.
fn rate(mut function: impl FnMut(u32) -> u32) -> f64 {
    let mut run = |rounds| {
        median(|| {
            let started = Instant::now();
            black_box(function(black_box(rounds)));
            started.elapsed()
        })
    };
    let (first, all) = (run(1), run(ROUNDS));
    let mib = (native::ROUND_BYTES >> 20) as f64 * f64::from(ROUNDS - 1);
    mib / all.saturating_sub(first).as_secs_f64()
}

fn timed(work: impl FnOnce() -> bool) -> Duration {
    let started = Instant::now();
    assert!(work(), "what is measured must work");
    started.elapsed()
}

fn median(mut measure: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS).map(|_| measure()).collect();
    times.sort();
    times[RUNS / 2]
}
