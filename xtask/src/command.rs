//! Running other programs, each shown before it starts.

use anyhow::{Context, Result, bail};
use std::{
    env,
    ffi::OsStr,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
};

/// The root of the project: the one that cargo runs this in, which need not be the one that it was
/// built in when several work trees share a target directory.
pub fn root() -> PathBuf {
    let xtask = env::var_os("CARGO_MANIFEST_DIR");
    let xtask = xtask.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().expect("xtask/ lies in the project").to_path_buf()
}

/// The directory that everything is built into, in the project unless `CARGO_TARGET_DIR` says
/// otherwise.
pub fn target_dir() -> PathBuf {
    let chosen = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root().join(chosen)
}

/// `program` with `arguments`, to run at the root of the project.
pub fn command<A: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// What cargo says of the package that it runs begins with one of these.
const OF_THIS_PACKAGE: [&str; 2] = ["CARGO_MANIFEST_", "CARGO_PKG_"];

/// `cargo` with the words of `line` as arguments. What is built goes to the one target directory.
///
/// It is not told which package this is: ring's build script asks cargo to build it anew, and with it whatever uses
/// TLS, when that is not what it was at the last build.
pub fn cargo(line: &str) -> Command {
    let mut command = command("cargo", line.split_whitespace());
    command.env("CARGO_TARGET_DIR", target_dir());
    for (name, _) in env::vars_os() {
        let told = name.to_string_lossy();
        if OF_THIS_PACKAGE.iter().any(|start| told.starts_with(start)) {
            command.env_remove(name);
        }
    }
    command
}

/// Shows the command, runs it and demands that it succeeds.
pub fn run(command: &mut Command) -> Result<()> {
    println!("$ {}", shown(command));
    let status = command.status().with_context(|| format!("cannot start {}", shown(command)))?;
    if !status.success() {
        bail!("{} failed: {status}", shown(command));
    }
    Ok(())
}

/// Shows the command, runs it, passes its lines on as they come and hands each to `see`.
pub fn run_seeing(command: &mut Command, mut see: impl FnMut(&str)) -> Result<()> {
    println!("$ {}", shown(command));
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    let stdout = child.stdout.take().expect("it was piped");
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        see(&line);
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("{} failed: {status}", shown(command));
    }
    Ok(())
}

/// Runs the command without showing it and returns what it printed.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    if !output.status.success() {
        bail!("{} failed: {}", shown(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} is not UTF-8", shown(command)))
}

/// The command as it could be typed at the root of the project.
fn shown(command: &Command) -> String {
    let root = format!("{}/", root().display());
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line: Vec<String> = words
        .map(|word| {
            let word = word.to_string_lossy();
            let word = word.strip_prefix(&root).unwrap_or(&word).to_owned();
            if word.contains([' ', '*', '$']) { format!("'{word}'") } else { word }
        })
        .collect();
    line.join(" ")
}
