//! What the helper has git do: name objects, make packs and index them.

use super::temporary::TemporaryDir;
use crate::runtime::hint;
use std::{
    env,
    ffi::OsString,
    io::{self, BufRead, BufReader, Read, Write},
    path::{self, Path},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    thread,
};
use trunks_core::object::ObjectId;

/// Why git did not do what it was run for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// It could not be run, or the pipe to it broke.
    #[error("git {command} could not be run: {source}{}", hint(source))]
    Io {
        /// The command.
        command: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// It ended with an error of its own, which it wrote to stderr.
    #[error("git {command} failed: {status}")]
    Failed {
        /// The command.
        command: &'static str,
        /// How it ended.
        status: ExitStatus,
    },
    /// It said something that was not expected.
    #[error("git {command} said {said:?}, which was not expected")]
    Unexpected {
        /// The command.
        command: &'static str,
        /// What it said.
        said: String,
    },
}

/// An object that is in the local repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalObject {
    /// Its id.
    pub id: ObjectId,
    /// `commit`, `tree`, `blob` or `tag`.
    pub kind: String,
}

/// Looks names, ids and expressions up in the local repository. An answer for each, in order;
/// `None` where there is no such object.
pub fn find_objects(names: &[String]) -> Result<Vec<Option<LocalObject>>, GitError> {
    const COMMAND: &str = "cat-file";
    let failed = |source| GitError::Io { command: COMMAND, source };
    let mut child = git(&[COMMAND, "--batch-check", "--buffer"], Stdio::piped(), Stdio::piped())
        .map_err(failed)?;
    let output = child.stdout.take().expect("it was piped");
    let mut input = child.stdin.take().expect("it was piped");
    let mut list = String::new();
    for name in names {
        list.push_str(name);
        list.push('\n');
    }
    let write = move || input.write_all(list.as_bytes());
    let writer = thread::Builder::new().spawn(write).map_err(failed)?;
    let mut found = Vec::with_capacity(names.len());
    for line in BufReader::new(output).lines() {
        found.push(parse_found(&line.map_err(failed)?));
    }
    let written = writer.join().unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()));
    succeed(COMMAND, child.wait().map_err(failed)?)?;
    written.map_err(failed)?;
    if found.len() != names.len() {
        let said = format!("{} lines for {} names", found.len(), names.len());
        return Err(GitError::Unexpected { command: COMMAND, said });
    }
    Ok(found)
}

fn parse_found(line: &str) -> Option<LocalObject> {
    let mut words = line.split(' ');
    let (id, kind, size, rest) = (words.next()?, words.next()?, words.next()?, words.next());
    let id = id.parse().ok()?;
    let is_found = rest.is_none() && size.bytes().all(|byte| byte.is_ascii_digit());
    is_found.then(|| LocalObject { id, kind: kind.to_owned() })
}

/// Whether all that `tips` lead to is in the local repository. What its refs lead to is taken to be.
pub fn is_connected<'t>(tips: impl IntoIterator<Item = &'t ObjectId>) -> Result<bool, GitError> {
    const COMMAND: &str = "rev-list";
    let failed = |source| GitError::Io { command: COMMAND, source };
    let words = ["--objects", "--stdin", "--not", "--all", "--quiet", "--alternate-refs"];
    let mut command = command(&[COMMAND]);
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(failed)?;
    let list: String = tips.into_iter().map(|tip| format!("{tip}\n")).collect();
    // It reads all before it says anything; where a tip is missing it stops at once.
    let written = child.stdin.take().expect("it was piped").write_all(list.as_bytes());
    let is_success = child.wait().map_err(failed)?.success();
    Ok(is_success && written.is_ok())
}

/// The newest commits that the local repository's refs lead to.
pub fn recent_commits(limit: usize) -> Result<Vec<ObjectId>, GitError> {
    const COMMAND: &str = "rev-list";
    let limit = format!("--max-count={limit}");
    let mut command = command(&[COMMAND, "--all", &limit]);
    command.stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().map_err(|source| GitError::Io { command: COMMAND, source })?;
    succeed(COMMAND, output.status)?;
    let list = String::from_utf8_lossy(&output.stdout);
    Ok(list.lines().filter_map(|line| line.parse().ok()).collect())
}

/// Whether git tells the user how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meter {
    /// It does, on stderr.
    Shown,
    /// It does not.
    Hidden,
}

/// What to do with the deltas that the local packs hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldDeltas {
    /// Copy those that can be.
    Reused,
    /// Make all anew, within the limits that hold now.
    MadeAnew,
}

/// What is to be packed, and how.
#[derive(Clone, Copy, Debug)]
pub struct Packing<'p> {
    /// Where the packs are made.
    pub dir: &'p TemporaryDir,
    /// The repository's own objects.
    pub objects: &'p Path,
    /// The packs hold what these reach,
    pub wants: &'p [ObjectId],
    /// and these do not.
    pub haves: &'p [ObjectId],
    /// No delta is made of a longer object, in bytes.
    pub delta_limit_bytes: u64,
    /// Whether git tells how far it is.
    pub meter: Meter,
}

/// Makes packs with their idx files.
///
/// Returns the checksums that name the packs: `pack-<checksum>.pack`. None when there is nothing to
/// pack; several where the user's configuration limits their size.
pub fn pack_objects(
    packing: &Packing<'_>,
    old_deltas: OldDeltas,
) -> Result<Vec<ObjectId>, GitError> {
    const COMMAND: &str = "pack-objects";
    let failed = |source| GitError::Io { command: COMMAND, source };
    let Packing { dir, wants, haves, .. } = *packing;
    let meter: &[&str] = match packing.meter {
        Meter::Shown => &["--progress", "--all-progress-implied"],
        Meter::Hidden => &["-q"],
    };
    let old_deltas: &[&str] = match old_deltas {
        OldDeltas::Reused => &[],
        OldDeltas::MadeAnew => &["--no-reuse-delta"],
    };
    let threshold = format!("core.bigFileThreshold={}", packing.delta_limit_bytes);
    let mut command = command(&["-c", "pack.writeReverseIndex=false", "-c", &threshold, COMMAND]);
    command
        .args(["--revs", "--delta-base-offset", "--non-empty", "--index-version=2"])
        .args(old_deltas)
        .args(meter)
        .arg(dir.path().join("pack"))
        // Git's own temporary files lie in the directory too, and go with it.
        .env("GIT_OBJECT_DIRECTORY", dir.path())
        .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", alternates(packing.objects));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
    let ends_with_us = dir.end_with_us(&child);
    let mut list = String::new();
    for want in wants {
        list.push_str(&format!("{want}\n"));
    }
    for have in haves {
        list.push_str(&format!("^{have}\n"));
    }
    // It reads all before it writes a word.
    let mut input = child.stdin.take().expect("it was piped");
    let written = input.write_all(list.as_bytes());
    drop(input);
    let mut said = String::new();
    let mut output = child.stdout.take().expect("it was piped");
    output.read_to_string(&mut said).map_err(failed)?;
    drop(ends_with_us);
    succeed(COMMAND, child.wait().map_err(failed)?)?;
    written.map_err(failed)?;
    let checksum = |line: &str| {
        line.parse().map_err(|_| GitError::Unexpected { command: COMMAND, said: line.to_owned() })
    };
    said.lines().map(checksum).collect()
}

/// The repository's objects as an alternate of others, before those that the environment names.
///
/// # Source
/// git(1), "GIT_ALTERNATE_OBJECT_DIRECTORIES"
fn alternates(objects: &Path) -> OsString {
    let absolute = path::absolute(objects).unwrap_or_else(|_| objects.to_owned());
    let mut list = quoted(absolute.into_os_string());
    if let Some(others) = env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES") {
        list.push(":");
        list.push(others);
    }
    list
}

/// A path that cannot be taken for two, nor for a quoted one.
fn quoted(path: OsString) -> OsString {
    match path.to_str() {
        Some(text) if text.contains([':', '"', '\\', '\n']) => {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            format!("\"{text}\"").into()
        }
        _ => path,
    }
}

/// A pack on its way into the local repository.
#[derive(Debug)]
pub struct IndexPack {
    child: Child,
    input: ChildStdin,
}

/// What became of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indexed {
    /// Its checksum; it is kept by a `.keep` file of that name.
    pub checksum: String,
    /// Whether all that its objects refer to is in it.
    pub is_connected: bool,
}

impl IndexPack {
    const COMMAND: &str = "index-pack";

    /// Begins to take a pack in.
    pub fn start(meter: Meter) -> Result<Self, GitError> {
        let mut command = command(&[Self::COMMAND]);
        command.args(["--stdin", "--fix-thin", "--check-self-contained-and-connected"]);
        command.arg(format!("--keep=git-remote-trunks {}", std::process::id()));
        if meter == Meter::Shown {
            command.arg("-v");
        }
        let failed = |source| GitError::Io { command: Self::COMMAND, source };
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        let input = child.stdin.take().expect("it was piped");
        Ok(Self { child, input })
    }

    /// Passes the pack's next bytes on.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), GitError> {
        self.input
            .write_all(bytes)
            .map_err(|source| GitError::Io { command: Self::COMMAND, source })
    }

    /// Waits until the pack is in.
    pub fn finish(mut self) -> Result<Indexed, GitError> {
        const NOT_CONNECTED: i32 = 1;
        let command = Self::COMMAND;
        let failed = |source| GitError::Io { command, source };
        drop(self.input);
        let mut said = String::new();
        if let Some(mut output) = self.child.stdout.take() {
            output.read_to_string(&mut said).map_err(failed)?;
        }
        let status = self.child.wait().map_err(failed)?;
        if status.code() != Some(NOT_CONNECTED) {
            succeed(command, status)?;
        }
        match said.trim_end().split_once('\t') {
            Some(("keep" | "pack", checksum)) => {
                Ok(Indexed { checksum: checksum.to_owned(), is_connected: status.success() })
            }
            _ if status.success() => Err(GitError::Unexpected { command, said }),
            _ => Err(GitError::Failed { command, status }),
        }
    }
}

fn succeed(command: &'static str, status: ExitStatus) -> Result<(), GitError> {
    if status.success() { Ok(()) } else { Err(GitError::Failed { command, status }) }
}

fn git(arguments: &[&str], input: Stdio, output: Stdio) -> io::Result<Child> {
    command(arguments).stdin(input).stdout(output).spawn()
}

/// A run of git that sees objects as they are stored: nothing replaced or grafted, nothing fetched on
/// demand.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    // Even of an empty file git says that there should be none.
    command.args(["-c", "advice.graftFileDeprecated=false"]).args(arguments);
    command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_NO_REPLACE_OBJECTS", "1");
    command.env("GIT_GRAFT_FILE", NO_FILE);
    command
}

#[cfg(unix)]
const NO_FILE: &str = "/dev/null";
#[cfg(not(unix))]
const NO_FILE: &str = "NUL";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_and_missing_are_told_apart() {
        let id = "89abcdef0123456789abcdef0123456789abcdef";
        assert_eq!(
            parse_found(&format!("{id} commit 234")),
            Some(LocalObject { id: id.parse().expect(id), kind: "commit".into() })
        );
        for line in [
            "",
            "refs/heads/none missing",
            &format!("{id} missing"),
            "89ab ambiguous",
            &format!("{id} commit 234 extra"),
            &format!("{id} commit many"),
        ] {
            assert_eq!(parse_found(line), None, "{line}");
        }
    }

    #[test]
    fn odd_paths_are_quoted() {
        assert_eq!(quoted("/plain dir".into()), "/plain dir");
        assert_eq!(quoted("/a:b".into()), "\"/a:b\"");
        assert_eq!(quoted("/a\"b\\c\nd".into()), "\"/a\\\"b\\\\c\\nd\"");
    }
}
