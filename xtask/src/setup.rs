//! What a chore needs of the machine: looked for, installed when it can be, asked for when not.

use crate::command::{cargo, command, output, run};
use anyhow::{Context, Result, bail};
use std::{fs, path::Path, process::Command};

/// The targets that the core is built for besides the machine's own.
pub const WASM_TARGETS: [&str; 2] = ["wasm32-unknown-unknown", "wasm32v1-none"];

/// Sees that the standard libraries of [`WASM_TARGETS`] are there.
pub fn wasm_targets() -> Result<()> {
    let sysroot = output(&mut command("rustc", ["--print", "sysroot"]))?;
    for target in WASM_TARGETS {
        if !Path::new(sysroot.trim()).join("lib/rustlib").join(target).is_dir() {
            run(&mut command("rustup", ["target", "add", target]))?;
        }
    }
    Ok(())
}

/// Sees that rustfmt and clippy are there.
pub fn rust_components() -> Result<()> {
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if output(&mut cargo(&format!("{subcommand} --version"))).is_err() {
            run(&mut command("rustup", ["component", "add", component]))?;
        }
    }
    Ok(())
}

/// Sees that git is there and new enough for what the tests ask of it.
pub fn git() -> Result<()> {
    let said = output(&mut command("git", ["--version"])).context("git 2.39 or later is needed")?;
    demand(&said, "git version ", [2, 39])
}

/// Sees that Node is there and new enough to run the tests.
pub fn node() -> Result<()> {
    let said = output(&mut command("node", ["--version"])).context("Node 20 or later is needed")?;
    demand(&said, "v", [20, 0])
}

/// Installs what the `package-lock.json` in `directory` names into its `node_modules`, unless that was done.
pub fn npm_packages(directory: &Path) -> Result<()> {
    unless_installed(&directory.join("node_modules"), &directory.join("package-lock.json"), || {
        let words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
        run(command("npm", words).current_dir(directory))
    })
}

/// Installs what `list` names, a `requirements.txt`, in an environment of Python's at `place`, unless that was done.
pub fn python_packages(place: &Path, list: &Path) -> Result<()> {
    unless_installed(place, list, || {
        run(Command::new("python3").args(["-m", "venv"]).arg(place))?;
        let mut pip = Command::new(place.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
        run(pip.arg(list))
    })
}

/// Runs `install`, which makes the directory `place`, unless it has run to its end for what is in `list` now.
fn unless_installed(place: &Path, list: &Path, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let wanted = fs::read_to_string(list).with_context(|| list.display().to_string())?;
    let mark = place.join("installed");
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    if place.exists() {
        fs::remove_dir_all(place).context("what was installed before cannot be removed")?;
    }
    if let Some(directory) = place.parent() {
        fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
    }
    install()?;
    Ok(fs::write(mark, wanted)?)
}

/// Demands that a program which `said` its version after `prefix` is at least `least`.
fn demand(said: &str, prefix: &str, least: [u32; 2]) -> Result<()> {
    let numbers = said.trim().strip_prefix(prefix).unwrap_or_default();
    let mut numbers = numbers.split('.').map_while(|number| number.parse().ok());
    let [major, minor] = least;
    if (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < (major, minor) {
        bail!("{:?} is too old: {major}.{minor} or later is needed", said.trim());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::demand;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(demand("git version 2.47.1\n", "git version ", [2, 39]).is_ok());
        assert!(demand("git version 2.47.1 (some vendor)\n", "git version ", [2, 39]).is_ok());
        assert!(demand("git version 2.9.5\n", "git version ", [2, 39]).is_err());
        assert!(demand("v20.0.0\n", "v", [20, 0]).is_ok());
        assert!(demand("v18.20.4\n", "v", [20, 0]).is_err());
        assert!(demand("something else", "v", [20, 0]).is_err());
    }
}
