//! What is true of a directory and of no other store.

mod failures;
mod git;
mod killed;
mod shape;
mod sharing;

use super::*;
use std::{
    env,
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

const HEAD: &str = "trunks/app.trunk/HEAD";
const MAIN: &str = "trunks/app.trunk/refs/heads/main";

/// A directory that is removed when dropped, and a store in it.
fn scratch() -> (tempfile::TempDir, Disk) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let disk = Disk::new(directory.path());
    (directory, disk)
}

/// Waits for `future` on this thread.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(future)
}

fn put(disk: &Disk, key: &str, bytes: &[u8]) -> Version {
    wait(disk.put(key, bytes.to_vec(), Expected::Any)).expect("written")
}

fn present(disk: &Disk, key: &str) -> Value {
    wait(disk.get(key, None)).expect("read").expect("present")
}

fn keys(disk: &Disk, prefix: &str) -> Vec<String> {
    let page = wait(disk.list(prefix, None, 1000)).expect("listed");
    page.entries.into_iter().map(|entry| entry.key).collect()
}

/// Everything below `root` that is not a directory, as it lies there.
fn files(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).expect("a directory").flatten() {
            if entry.file_type().expect("a type").is_dir() {
                directories.push(entry.path());
            } else {
                let path = entry.path();
                let path = path.strip_prefix(root).expect("below the root");
                files.push(path.to_str().expect("UTF-8").to_owned());
            }
        }
    }
    files.sort();
    files
}

/// What a child process that runs one of these tests is told.
const CHILD: &str = "TRUNKS_TEST_CHILD_ROOT";

/// The root that this process was started for, if it is such a child. The tests that are children's
/// parts do nothing otherwise.
fn child_root() -> Option<PathBuf> {
    env::var_os(CHILD).map(PathBuf::from)
}

/// This program, about to run the part `name` for the store in `root`, by way of `wrapper`.
fn child(wrapper: &[&str], program: &OsStr, name: &str, root: &Path) -> Command {
    let mut words = wrapper.iter().map(OsStr::new).chain([program]);
    let mut command = Command::new(words.next().expect("the program at least"));
    command
        .args(words)
        .args([&format!("store::disk::tests::{name}"), "--exact", "--nocapture"])
        .env(CHILD, root)
        .stdout(Stdio::piped());
    command
}

/// Starts the part `name` and waits until it says `ready`.
fn start(name: &str, root: &Path, ready: &str) -> Child {
    let program = env::current_exe().expect("this program");
    let mut child = child(&[], program.as_os_str(), name, root).spawn().expect("a child");
    let lines = BufReader::new(child.stdout.as_mut().expect("piped")).lines();
    let mut lines = lines.map_while(Result::ok);
    assert!(lines.any(|line| line.contains(ready)), "the child did not get ready");
    child
}

/// Runs the part `name` to its end, which must be a good one.
fn run(mut command: Command) {
    let output = command.stderr(Stdio::piped()).output().expect("a child");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{}\n{said}\n{told}", output.status);
    assert!(said.contains("1 passed"), "the part was not run:\n{said}");
}
