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
    let out = PathBuf::from(variable("OUT_DIR")?);
    let module = build_guest(&out.join("guest"))?;
    let component = ComponentEncoder::default()
        .module(&module)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| format!("the guest is not a component: {error:#}"))?;
    write(&out.join("core.wasm"), &component)?;
    write(&out.join("core.cwasm"), &compile(&component)?)
}

/// The guest as a core module, by a cargo of its own: another target, another profile, and another
/// directory, because the outer cargo holds the lock of its own.
fn build_guest(target_dir: &Path) -> Result<Vec<u8>, String> {
    require_target()?;
    let mut cargo = Command::new(variable("CARGO")?);
    cargo
        .args(["build", "--release", "--target", TARGET])
        .args(["--manifest-path", "../../wit/guest/Cargo.toml", "--target-dir"])
        .arg(target_dir);
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
    read(&target_dir.join(TARGET).join("release/trunks_guest.wasm"))
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

fn compile(component: &[u8]) -> Result<Vec<u8>, String> {
    let target = variable("TARGET")?;
    let mut config = config::config();
    config.cranelift_opt_level(OptLevel::Speed);
    // Named even where it is this machine: unnamed, the code would ask for this machine's CPU.
    config.target(&target).map_err(|error| format!("cannot compile for {target}: {error:#}"))?;
    Engine::new(&config)
        .and_then(|engine| engine.precompile_component(component))
        .map_err(|error| format!("the component does not compile for {target}: {error:#}"))
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
