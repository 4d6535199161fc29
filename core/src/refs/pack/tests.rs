use super::*;
use crate::{
    limits::Limits,
    repository::Layout,
    store::{Expected, Memory},
    testing::{Counting, TempDir, block_on, git, git_text, keys, load, repo_name, unload},
};
use alloc::{format, string::String};
use std::fs;

/// A bare repository with every sort of ref, some of them packed by an earlier run.
fn repository() -> TempDir {
    let dir = TempDir::new();
    let path = dir.path();
    git(path, &["init", "--quiet", "--bare", "."]);
    let tree = git_text(path, &["write-tree"]);
    let one = git_text(path, &["commit-tree", "-m", "one", &tree]);
    let two = git_text(path, &["commit-tree", "-m", "two", "-p", &one, &tree]);
    for branch in ["main", "a/b", "a-b", "topic"] {
        git(path, &["update-ref", &format!("refs/heads/{branch}"), &one]);
    }
    git(path, &["tag", "light", &one]);
    git(path, &["tag", "-m", "one", "one", &one]);
    git(path, &["pack-refs", "--all"]);
    git(path, &["update-ref", "refs/heads/main", &two]);
    git(path, &["tag", "-m", "two", "two", "one"]);
    git(path, &["tag", "-m", "of a tree", "tree", &tree]);
    git(path, &["update-ref", "refs/notes/commits", &two]);
    git(path, &["symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/topic"]);
    git(path, &["update-ref", "refs/bisect/bad", &one]);
    dir
}

fn pack<S: Store + Copy>(store: S) -> usize {
    let layout = Layout::new(&repo_name());
    let objects = Objects::new(store, layout.clone(), Limits::default());
    block_on(Refs::new(store, layout).pack(&objects)).unwrap()
}

#[test]
fn packs_what_git_packs_byte_for_byte() {
    let dir = repository();
    let store = load(dir.path());
    assert_eq!(pack(&store), 4);
    git(dir.path(), &["pack-refs", "--all"]);
    let key = "trunks/x.trunk/packed-refs";
    let packed = block_on(store.get(key, None)).unwrap().unwrap().bytes;
    assert_eq!(
        String::from_utf8(packed).unwrap(),
        fs::read_to_string(dir.path().join("packed-refs")).unwrap()
    );
    let loose: Vec<String> = keys(&store, "trunks/x.trunk/refs/");
    let left = ["refs/bisect/bad", "refs/remotes/origin/HEAD"];
    assert_eq!(loose, left.map(|name| format!("trunks/x.trunk/{name}")));
    assert_eq!(pack(&store), 0);
}

#[test]
fn what_an_older_git_packed_is_peeled() {
    let dir = repository();
    let store = load(dir.path());
    let refs = git_text(dir.path(), &["show-ref"]);
    let key = "trunks/x.trunk/packed-refs";
    block_on(store.put(key, format!("{refs}\n").into_bytes(), Expected::Any)).unwrap();
    pack(&store);
    let packed = block_on(store.get(key, None)).unwrap().unwrap().bytes;
    assert!(packed.starts_with(b"# pack-refs with: peeled fully-peeled sorted \n"));
    let copy = TempDir::new();
    unload(&store, "trunks/x.trunk/", copy.path());
    let [ours, theirs] = [copy.path(), dir.path()].map(|path| git(path, &["show-ref", "-d"]));
    assert_eq!(ours, theirs);
}

#[test]
fn refs_whose_objects_are_missing_or_broken_stay_loose() {
    let dir = repository();
    let store = load(dir.path());
    for (path, text) in [("tags/gone", format!("{:040}\n", 1)), ("heads/broken", "x".into())] {
        let key = format!("trunks/x.trunk/refs/{path}");
        block_on(store.put(&key, text.into_bytes(), Expected::Any)).unwrap();
    }
    assert_eq!(pack(&store), 4);
    let loose = keys(&store, "trunks/x.trunk/refs/");
    assert!(loose.iter().any(|key| key.ends_with("tags/gone")));
    assert!(loose.iter().any(|key| key.ends_with("heads/broken")));
}

#[test]
fn ten_thousand_branches_are_listed_by_two_requests_after_packing() {
    let dir = TempDir::new();
    git(dir.path(), &["init", "--quiet", "--bare", "."]);
    let tree = git_text(dir.path(), &["write-tree"]);
    let commit = git_text(dir.path(), &["commit-tree", "-m", "one", &tree]);
    let store = Counting::new(load(dir.path()));
    for n in 0..10_000 {
        let key = format!("trunks/x.trunk/refs/heads/b{n:05}");
        let text = format!("{commit}\n").into_bytes();
        block_on(store.store.put(&key, text, Expected::Any)).unwrap();
    }
    assert_eq!(pack(&store), 10_000);
    store.take();
    let refs = Refs::new(&store, Layout::new(&repo_name()));
    assert_eq!(block_on(refs.list(&[])).unwrap().len(), 10_000);
    let counts = store.take();
    assert_eq!((counts.gets, counts.lists, counts.puts), (1, 1, 0));
    let copy = TempDir::new();
    unload(&store.store, "trunks/x.trunk/", copy.path());
    fs::create_dir_all(copy.path().join("refs")).unwrap();
    let listed = git_text(copy.path(), &["for-each-ref", "--format=%(refname)"]);
    assert_eq!(listed.lines().count(), 10_000);
}

#[test]
fn packing_an_empty_repository_writes_nothing() {
    let store = Counting::new(Memory::new());
    assert_eq!(pack(&store), 0);
    assert_eq!(store.take().puts, 0);
}

#[test]
fn of_many_refs_the_cold_ones_are_packed_and_a_handful_is_not() {
    let dir = TempDir::new();
    git(dir.path(), &["init", "--quiet", "--bare", "."]);
    let tree = git_text(dir.path(), &["write-tree"]);
    let commit = git_text(dir.path(), &["commit-tree", "-m", "one", &tree]);
    let store = load(dir.path());
    let put = |name: &str| {
        let key = format!("trunks/x.trunk/refs/heads/{name}");
        block_on(store.put(&key, format!("{commit}\n").into_bytes(), Expected::Any)).unwrap();
    };
    let layout = Layout::new(&repo_name());
    let objects = Objects::new(&store, layout.clone(), Limits::default());
    let refs = Refs::new(&store, layout);
    let pack = |until_s| block_on(refs.pack_cold(&objects, until_s)).unwrap();
    store.set_time(100);
    (0..HANDFUL).for_each(|number| put(&format!("old-{number}")));
    assert_eq!(pack(1000), 0, "a handful stays");
    put("old-8");
    store.set_time(200);
    put("old-3");
    (0..20).for_each(|number| put(&format!("new-{number}")));
    assert_eq!(pack(199), 0, "one of the nine has moved");
    store.set_time(100);
    put("old-9");
    assert_eq!(pack(199), 9);
    assert_eq!(keys(&store, "trunks/x.trunk/refs/").len(), 21);
    assert_eq!(block_on(refs.list(&[])).unwrap().len(), 30);
}
