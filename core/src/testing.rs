//! Repositories made by real git, and stores that count and interrupt what is asked of them.

mod counting;
mod interrupted;

pub(crate) use counting::{Counting, Counts};
pub(crate) use interrupted::{Interrupted, Moment, Request, unavailable};

use crate::{
    repository::RepoName,
    store::{Expected, Memory, Store},
};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
};

/// The name under which [`load`] puts a repository into a store.
pub(crate) fn repo_name() -> RepoName {
    RepoName::new("x").expect("a plain name")
}

/// Runs a future to its end.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    futures_executor::block_on(future)
}

/// A directory that is removed when the value is dropped.
#[derive(Debug)]
pub(crate) struct TempDir(PathBuf);

impl TempDir {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("trunks-core-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs git in `dir` and gives what it printed. Names, dates and configuration are always the same.
pub(crate) fn git(dir: &Path, arguments: &[&str]) -> Vec<u8> {
    git_with_input(dir, arguments, b"")
}

/// Runs git in `dir` and gives what it printed, as trimmed text.
pub(crate) fn git_text(dir: &Path, arguments: &[&str]) -> String {
    String::from_utf8(git(dir, arguments)).unwrap().trim().to_owned()
}

/// Runs git in `dir` with `input` and gives what it printed.
pub(crate) fn git_with_input(dir: &Path, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let (is_success, stdout, stderr) = try_git(dir, arguments, input);
    assert!(is_success, "git {arguments:?}: {stderr}");
    stdout
}

/// Runs git in `dir` with `input`, whatever comes of it: success, output, error output.
pub(crate) fn try_git(dir: &Path, arguments: &[&str], input: &[u8]) -> (bool, Vec<u8>, String) {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    let mut child = command
        .current_dir(dir)
        .args([
            "-c",
            "init.defaultBranch=main",
            "-c",
            "gc.auto=0",
            "-c",
            "protocol.file.allow=always",
        ])
        .args(arguments)
        .envs([
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_SYSTEM", "/dev/null"),
            ("GIT_AUTHOR_NAME", "A U Thor"),
            ("GIT_AUTHOR_EMAIL", "author@example.com"),
            ("GIT_AUTHOR_DATE", "1700000000 +0100"),
            ("GIT_COMMITTER_NAME", "C O Mitter"),
            ("GIT_COMMITTER_EMAIL", "committer@example.com"),
            ("GIT_COMMITTER_DATE", "1700000000 +0100"),
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.success(), output.stdout, stderr)
}

/// A store that holds the bare repository (or `.git` directory) `dir` as [`repo_name`].
pub(crate) fn load(dir: &Path) -> Memory {
    let store = Memory::new();
    load_into(&store, dir, "trunks/x.trunk/");
    store
}

/// Puts every file below `dir` into the store, its key beginning with `prefix`.
pub(crate) fn load_into(store: &Memory, dir: &Path, prefix: &str) {
    for file in fs::read_dir(dir).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        if file.file_type().unwrap().is_dir() {
            load_into(store, &file.path(), &format!("{prefix}{name}/"));
        } else {
            let bytes = fs::read(file.path()).unwrap();
            block_on(store.put(&format!("{prefix}{name}"), bytes, Expected::Any)).unwrap();
        }
    }
}

/// Writes every value of the store whose key begins with `prefix` to a file below `dir`, so that
/// git can look at it.
pub(crate) fn unload(store: &Memory, prefix: &str, dir: &Path) {
    for key in keys(store, prefix) {
        let path = dir.join(&key[prefix.len()..]);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let value = block_on(store.get(&key, None)).unwrap().unwrap();
        fs::write(path, value.bytes).unwrap();
    }
}

/// The store's keys that begin with `prefix`.
pub(crate) fn keys(store: &Memory, prefix: &str) -> Vec<String> {
    let page = block_on(store.list(prefix, None, u32::MAX)).unwrap();
    page.entries.into_iter().map(|entry| entry.key).collect()
}

/// All objects of the repository at `dir`: hexadecimal id, kind and content, as git gives them out.
pub(crate) fn all_objects(dir: &Path) -> Vec<(String, String, Vec<u8>)> {
    let output = git(dir, &["cat-file", "--batch", "--batch-all-objects"]);
    let mut rest = &output[..];
    let mut objects = Vec::new();
    while !rest.is_empty() {
        let end = rest.iter().position(|&byte| byte == b'\n').unwrap();
        let line = core::str::from_utf8(&rest[..end]).unwrap();
        let fields: Vec<&str> = line.split(' ').collect();
        let size: usize = fields[2].parse().unwrap();
        let data = rest[end + 1..end + 1 + size].to_vec();
        objects.push((fields[0].to_string(), fields[1].to_string(), data));
        rest = &rest[end + 1 + size + 1..];
    }
    objects
}
