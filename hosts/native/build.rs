//! Builds the guest for wasm32, makes a component of it and compiles that to machine code, so that
//! the program embeds it ready to run.

#[path = "src/component/config.rs"]
mod config;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};
use wasmtime::{Engine, OptLevel};
use wit_component::ComponentEncoder;

const TARGET: &str = "wasm32-unknown-unknown";

/// Set where the example `speed` is to be run: the core's slowest parts are then built as a module of
/// their own.
const SPEED: &str = "TRUNKS_SPEED";

/// What the component is made from, relative to this package.
const SOURCES: [&str; 6] = [
    "../../Cargo.toml",
    "../../core/Cargo.toml",
    "../../core/src",
    "../../wit",
    "build.rs",
    "src/component/config.rs",
];

fn main() {
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }
    if let Err(reason) = build() {
        println!("cargo::error={reason}");
        std::process::exit(1);
    }
}

fn build() -> Result<(), String> {
    println!("cargo::rerun-if-env-changed={SPEED}");
    require_target()?;
    let out = PathBuf::from(variable("OUT_DIR")?);
    let module = build_guest(&out.join("guest"), &["--lib"], "trunks_guest.wasm")?;
    let component = ComponentEncoder::default()
        .module(&module)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| format!("the guest is not a component: {error:#}"))?;
    let target = variable("TARGET")?;
    let failed = |error| format!("the core does not compile for {target}: {error:#}");
    let engine = engine(&target).map_err(failed)?;
    write(&out.join("core.wasm"), &component)?;
    write(&out.join("core.cwasm"), &engine.precompile_component(&component).map_err(failed)?)?;
    let speed = match env::var_os(SPEED) {
        Some(_) => build_guest(&out.join("guest"), &["--example", "speed"], "examples/speed.wasm")?,
        None => return write(&out.join("speed.cwasm"), &[]),
    };
    write(&out.join("speed.cwasm"), &engine.precompile_module(&speed).map_err(failed)?)
}

/// A part of the guest as a core module, by a cargo of its own: another target, another profile, and
/// another directory, because the outer cargo holds the lock of its own.
fn build_guest(target_dir: &Path, part: &[&str], file: &str) -> Result<Vec<u8>, String> {
    let mut cargo = Command::new(variable("CARGO")?);
    cargo
        .args(["build", "--release", "--target", TARGET])
        .args(["--manifest-path", "../../wit/guest/Cargo.toml", "--target-dir"])
        .arg(target_dir)
        .args(part);
    // What is meant for the program must not reach the guest: flags, and clippy in rustc's place.
    for name in [
        "CARGO_BUILD_TARGET",
        "CARGO_ENCODED_RUSTFLAGS",
        "CLIPPY_ARGS",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTFLAGS",
    ] {
        cargo.env_remove(name);
    }
    let output = cargo.output().map_err(|error| format!("cargo did not start: {error}"))?;
    if !output.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
        return Err("the guest in wit/guest does not build".to_owned());
    }
    read(&target_dir.join(TARGET).join("release").join(file))
}

/// # Errors
/// Names the command that installs the target, because rustc's own message drowns in its output.
fn require_target() -> Result<(), String> {
    let output = Command::new(variable("RUSTC")?)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(|error| format!("rustc did not start: {error}"))?;
    if Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir() {
        return Ok(());
    }
    Err(format!(
        "the core is built for {TARGET}, which is not installed: run `rustup target add {TARGET}`"
    ))
}

/// What compiles for `target`, with the settings of what will run it.
fn engine(target: &str) -> wasmtime::Result<Engine> {
    let mut config = config::config();
    config.cranelift_opt_level(OptLevel::Speed);
    // Named even where it is this machine: unnamed, the code would ask for this machine's CPU.
    config.target(target)?;
    Engine::new(&config)
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}"))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}
