//! The house rules that a machine can check, as pure functions of the project's files.

mod records;
mod rules;

use crate::command::{command, output, root};
use anyhow::{Result, bail};
use std::fs;

/// A text file of the project.
struct File {
    /// From the project's root, with slashes.
    path: String,
    text: String,
}

/// Reads the project's files and demands that every rule holds.
pub fn run() -> Result<()> {
    println!("$ cargo xtask check: house rules");
    let files = project()?;
    let mut problems: Vec<String> = files.iter().flat_map(rules::of_file).collect();
    problems.extend(rules::of_exceptions(&files));
    problems.extend(records::of_index(&files));
    problems.sort();
    if problems.is_empty() {
        return Ok(());
    }
    bail!("house rules are broken:\n  {}", problems.join("\n  "))
}

/// The files that git knows or would add, less those that are not text.
fn project() -> Result<Vec<File>> {
    let listed = output(&mut command(
        "git",
        ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    ))?;
    let mut files = Vec::new();
    for path in listed.split_terminator('\0') {
        // A file that was deleted but not yet committed is still listed.
        let Ok(bytes) = fs::read(root().join(path)) else { continue };
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(File { path: path.to_owned(), text });
        }
    }
    if files.is_empty() {
        bail!("git lists no files: the house rules can be checked in a git work tree only");
    }
    Ok(files)
}
