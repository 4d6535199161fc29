//! What a chore needs of the machine: looked for, installed when it can be, asked for when not.

use crate::command::{cargo, command, output, root, run};
use anyhow::{Context, Result, bail};
use std::{fs, path::Path};

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

/// Installs what `directory`'s `package-lock.json` names into its `node_modules`, unless that was done.
pub fn npm_packages(directory: &str) -> Result<()> {
    let directory = root().join(directory);
    let wanted =
        fs::read_to_string(directory.join("package-lock.json")).context("package-lock.json")?;
    let mark = directory.join("node_modules/installed");
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
    run(command("npm", words).current_dir(&directory))?;
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
