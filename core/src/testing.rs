//! Repositories made by real git, and a store that counts what is asked of it.

use crate::{
    repository::RepoName,
    store::{Expected, Memory, Page, PartId, Store, StoreError, UploadId, Value, Version},
};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::{
    future::poll_fn,
    ops::Range,
    task::{Context, Poll, Waker},
};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
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

/// A store that counts the requests that it passes on, and lets other futures run before each.
#[derive(Debug, Default)]
pub(crate) struct Counting<S> {
    /// The store behind it.
    pub(crate) store: S,
    /// How many round trips [`Counting::run`] has seen; `None` outside of it.
    round: Mutex<Option<u64>>,
    waiting: Mutex<Vec<Waker>>,
    gets: AtomicU64,
    puts: AtomicU64,
    lists: AtomicU64,
    bytes: AtomicU64,
}

/// How often a [`Counting`] store was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Calls of `get`.
    pub(crate) gets: u64,
    /// Calls of `put`, and parts and ends of uploads.
    pub(crate) puts: u64,
    /// Calls of `list`.
    pub(crate) lists: u64,
    /// Bytes that `get` gave.
    pub(crate) bytes: u64,
}

impl<S> Counting<S> {
    pub(crate) fn new(store: S) -> Self {
        Self {
            store,
            round: Mutex::default(),
            waiting: Mutex::default(),
            gets: AtomicU64::new(0),
            puts: AtomicU64::new(0),
            lists: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    /// Runs a future over a store whose requests all take the same time, and tells how many of them
    /// followed each other: how deep it went.
    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> (T, u64) {
        let mut future = core::pin::pin!(future);
        *self.round.lock().unwrap() = Some(0);
        let mut context = Context::from_waker(Waker::noop());
        let output = loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                break output;
            }
            let waiting = core::mem::take(&mut *self.waiting.lock().unwrap());
            assert!(!waiting.is_empty(), "the future waits for nothing");
            if let Some(round) = &mut *self.round.lock().unwrap() {
                *round += 1;
            }
            waiting.into_iter().for_each(Waker::wake);
        };
        let rounds = self.round.lock().unwrap().take();
        (output, rounds.unwrap_or_default())
    }

    /// Waits for the next round, or outside of [`Counting::run`] until others had their turn.
    async fn pause(&self) {
        let start = *self.round.lock().unwrap();
        let mut is_first = true;
        poll_fn(|context| match start {
            Some(_) if *self.round.lock().unwrap() == start => {
                self.waiting.lock().unwrap().push(context.waker().clone());
                Poll::Pending
            }
            None if core::mem::take(&mut is_first) => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            _ => Poll::Ready(()),
        })
        .await;
    }

    /// The counts since the last call; begins again at zero.
    pub(crate) fn take(&self) -> Counts {
        let take = |counter: &AtomicU64| counter.swap(0, Ordering::Relaxed);
        Counts {
            gets: take(&self.gets),
            puts: take(&self.puts),
            lists: take(&self.lists),
            bytes: take(&self.bytes),
        }
    }
}

fn count(counter: &AtomicU64, number: u64) {
    counter.fetch_add(number, Ordering::Relaxed);
}

impl<S: Store> Store for Counting<S> {
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Value>, StoreError> {
        count(&self.gets, 1);
        self.pause().await;
        let value = self.store.get(key, range).await?;
        count(&self.bytes, value.as_ref().map_or(0, |value| value.bytes.len() as u64));
        Ok(value)
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        count(&self.puts, 1);
        self.pause().await;
        self.store.put(key, bytes, expected).await
    }

    async fn delete(&self, key: &str, expected: Expected) -> Result<(), StoreError> {
        self.pause().await;
        self.store.delete(key, expected).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        count(&self.lists, 1);
        self.pause().await;
        self.store.list(prefix, after, limit).await
    }

    async fn upload_start(&self, key: &str) -> Result<UploadId, StoreError> {
        self.pause().await;
        self.store.upload_start(key).await
    }

    async fn upload_part(
        &self,
        upload: &UploadId,
        number: u32,
        bytes: Vec<u8>,
    ) -> Result<PartId, StoreError> {
        count(&self.puts, 1);
        self.pause().await;
        self.store.upload_part(upload, number, bytes).await
    }

    async fn upload_finish(
        &self,
        upload: &UploadId,
        parts: Vec<PartId>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        count(&self.puts, 1);
        self.pause().await;
        self.store.upload_finish(upload, parts, expected).await
    }

    async fn upload_abort(&self, upload: &UploadId) -> Result<(), StoreError> {
        self.pause().await;
        self.store.upload_abort(upload).await
    }
}

/// A store whose requests a test may answer itself, or use to act as another writer.
pub(crate) struct Interrupted<F> {
    pub(crate) store: Memory,
    hook: F,
}

/// A request of an [`Interrupted`] store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request<'k> {
    Get(&'k str),
    Put(&'k str),
    Delete(&'k str),
    List(&'k str),
}

/// When the hook of an [`Interrupted`] store is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Nothing has happened yet; an error keeps it so.
    Before,
    /// It has happened; an error is the only answer.
    After,
}

impl<F: Fn(&Memory, Moment, Request<'_>) -> Result<(), StoreError>> Interrupted<F> {
    pub(crate) fn new(store: Memory, hook: F) -> Self {
        Self { store, hook }
    }

    async fn interrupt<T>(
        &self,
        request: Request<'_>,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        (self.hook)(&self.store, Moment::Before, request)?;
        let answer = answer.await;
        (self.hook)(&self.store, Moment::After, request)?;
        answer
    }
}

/// An error whose request may have taken effect.
pub(crate) fn unavailable(key: &str) -> StoreError {
    StoreError::Unavailable { key: key.to_owned(), reason: "lost".to_owned() }
}

impl<F: Fn(&Memory, Moment, Request<'_>) -> Result<(), StoreError>> Store for Interrupted<F> {
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Value>, StoreError> {
        self.interrupt(Request::Get(key), self.store.get(key, range)).await
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        self.interrupt(Request::Put(key), self.store.put(key, bytes, expected)).await
    }

    async fn delete(&self, key: &str, expected: Expected) -> Result<(), StoreError> {
        self.interrupt(Request::Delete(key), self.store.delete(key, expected)).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        self.interrupt(Request::List(prefix), self.store.list(prefix, after, limit)).await
    }

    async fn upload_start(&self, key: &str) -> Result<UploadId, StoreError> {
        self.store.upload_start(key).await
    }

    async fn upload_part(
        &self,
        upload: &UploadId,
        number: u32,
        bytes: Vec<u8>,
    ) -> Result<PartId, StoreError> {
        self.store.upload_part(upload, number, bytes).await
    }

    async fn upload_finish(
        &self,
        upload: &UploadId,
        parts: Vec<PartId>,
        expected: Expected,
    ) -> Result<Version, StoreError> {
        self.store.upload_finish(upload, parts, expected).await
    }

    async fn upload_abort(&self, upload: &UploadId) -> Result<(), StoreError> {
        self.store.upload_abort(upload).await
    }
}
