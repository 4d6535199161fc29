//! Repositories of real git, whole and damaged in every way that comes to mind.

use super::*;
use crate::{
    limits::Limits,
    store::{Expected, Memory},
    testing::{
        TempDir, block_on, git, git_text, git_with_input, keys, load, repo_name, try_git, unload,
    },
};
use alloc::{borrow::ToOwned, format, string::String, vec::Vec};
use std::path::Path;

mod at_once;
mod cleans;
mod problems;

const ROOT: &str = "trunks/x.trunk/";

/// A bare repository with a branch, tags and loose objects beside packs.
fn repository() -> TempDir {
    let dir = TempDir::new();
    let path = dir.path();
    git(path, &["init", "-q", "--bare", "."]);
    let mut stream = String::new();
    for version in 0..20 {
        let text: String = (0..100).map(|n| format!("line {n} {}\n", n / (version + 1))).collect();
        stream += &format!(
            "commit refs/heads/main\ncommitter A <a@b.c> {} +0000\ndata 1\nc\n\
             M 100644 inline d/file\ndata {}\n{text}\n",
            1_700_000_000 + version,
            text.len()
        );
    }
    git_with_input(path, &["fast-import", "--quiet"], stream.as_bytes());
    git(path, &["tag", "-a", "v1", "-m", "one", "main~3"]);
    git(path, &["branch", "side", "main~5"]);
    git(path, &["repack", "-adq"]);
    git(path, &["tag", "-a", "loose", "-m", "a loose tag", "main"]);
    dir
}

fn run_with(store: &Memory, options: &CheckOptions) -> Report {
    let repository = Repository::open(store, &repo_name(), Limits::default());
    block_on(run(&repository, options)).unwrap()
}

fn check(store: &Memory) -> Report {
    run_with(store, &CheckOptions::default())
}

/// A clean at a time, with a grace period.
fn clean(store: &Memory, now_s: u64, grace_s: u64) -> Report {
    let owner = "the test".to_owned();
    run_with(store, &CheckOptions { clean: true, now_s, grace_s, owner })
}

/// The one key that ends so.
fn key(store: &Memory, end: &str) -> String {
    let found: Vec<String> =
        keys(store, ROOT).into_iter().filter(|key| key.ends_with(end)).collect();
    assert_eq!(found.len(), 1, "{end}: {found:?}");
    found[0].clone()
}

fn bytes(store: &Memory, key: &str) -> Vec<u8> {
    block_on(store.get(key, None)).unwrap().unwrap().bytes
}

fn put(store: &Memory, key: &str, bytes: &[u8]) {
    block_on(store.put(key, bytes.to_vec(), Expected::Any)).unwrap();
}

fn delete(store: &Memory, key: &str) {
    block_on(store.delete(key, Expected::Any)).unwrap();
}

/// Adds a pack of objects that nothing names, made of `text`.
fn add_rubbish(store: &Memory, text: &str) -> [String; 2] {
    let dir = TempDir::new();
    git(dir.path(), &["init", "-q", "--bare", "."]);
    let id = git_with_input(dir.path(), &["hash-object", "-w", "--stdin"], text.as_bytes());
    let name = git_with_input(dir.path(), &["pack-objects", "-q", "pack"], &id);
    let name = String::from_utf8(name).unwrap().trim().to_owned();
    ["idx", "pack"].map(|end| {
        let key = format!("{ROOT}objects/pack/pack-{name}.{end}");
        put(store, &key, &std::fs::read(dir.path().join(format!("pack-{name}.{end}"))).unwrap());
        key
    })
}

/// Has git look at what is left.
fn judge(store: &Memory) {
    let dir = TempDir::new();
    unload(store, ROOT, dir.path());
    std::fs::create_dir_all(dir.path().join("refs/heads")).unwrap();
    git(dir.path(), &["fsck", "--full", "--strict"]);
}

fn is_named(path: &Path, revision: &str, problems: &[String]) -> bool {
    let id = git_text(path, &["rev-parse", revision]);
    problems.iter().any(|problem| problem.contains(&id))
}
