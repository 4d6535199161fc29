//! What git says of two repositories that should be the same.

use crate::command::{command, output};
use anyhow::{Context, Result, bail};
use std::{collections::BTreeSet, path::Path, process::Command};

/// How much a repository holds, in words.
pub fn described(repository: &Path) -> Result<String> {
    let commits = output(&mut git(repository, ["rev-list", "--count", "--all"]))?;
    let merges = output(&mut git(repository, ["rev-list", "--count", "--merges", "--all"]))?;
    let (objects, refs) = (reachable(repository)?.len(), refs(repository)?.lines().count());
    Ok(format!(
        "{} commits ({} merges), {objects} objects, {refs} refs",
        commits.trim(),
        merges.trim()
    ))
}

/// Demands that `git fsck` finds nothing in `copy` that it does not find in `source`.
pub fn fsck(source: &Path, copy: &Path) -> Result<()> {
    let original: BTreeSet<String> = complaints(source)?.into_iter().collect();
    println!("$ git --git-dir={} fsck --full --strict", copy.display());
    let new: Vec<String> =
        complaints(copy)?.into_iter().filter(|line| !original.contains(line)).collect();
    if !new.is_empty() {
        bail!("git fsck says of {}:\n  {}", copy.display(), new.join("\n  "));
    }
    println!("git has nothing to complain about");
    Ok(())
}

/// Demands that both have the same refs and reachable objects.
pub fn same(source: &Path, copy: &Path) -> Result<()> {
    if refs(source)? != refs(copy)? {
        bail!("the refs of {} and {} differ", source.display(), copy.display());
    }
    let (ours, theirs) = (reachable(source)?, reachable(copy)?);
    if ours != theirs {
        let difference = ours.symmetric_difference(&theirs).count();
        bail!("{difference} objects of {} and {} differ", source.display(), copy.display());
    }
    println!("the same refs and the same objects");
    Ok(())
}

fn complaints(repository: &Path) -> Result<Vec<String>> {
    let mut fsck =
        git(repository, ["fsck", "--full", "--strict", "--no-dangling", "--no-progress"]);
    let said = fsck.output().context("cannot start git fsck")?;
    let mut lines: Vec<String> = [said.stdout, said.stderr]
        .iter()
        .flat_map(|text| {
            String::from_utf8_lossy(text).lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    if !said.status.success() && lines.is_empty() {
        lines.push(format!("it failed: {}", said.status));
    }
    Ok(lines)
}

fn refs(repository: &Path) -> Result<String> {
    output(&mut git(repository, ["for-each-ref", "--format=%(objectname) %(refname)"]))
}

/// The ids of all objects that refs reach.
fn reachable(repository: &Path) -> Result<BTreeSet<String>> {
    let listed =
        output(&mut git(repository, ["rev-list", "--objects", "--no-object-names", "--all"]))?;
    Ok(listed.lines().map(str::to_owned).collect())
}

fn git<const N: usize>(repository: &Path, arguments: [&str; N]) -> Command {
    let mut git = command("git", [] as [&str; 0]);
    git.arg(format!("--git-dir={}", repository.display())).args(arguments);
    git
}
