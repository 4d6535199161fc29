use super::*;
use crate::{
    object::ObjectId,
    refs::{Head, Listing, OldValue, RefUpdate},
    repository::Layout,
    store::{Expected, Memory},
    testing::{Counting, Counts, TempDir, block_on, git, git_text, keys, load, repo_name},
};
use alloc::string::ToString;
use std::fs;

fn refs_of<S: Store>(store: S) -> Refs<S> {
    Refs::new(store, Layout::new(&repo_name()))
}

fn put(store: &Memory, path: &str, text: &str) {
    let key = format!("trunks/x.trunk/{path}");
    block_on(store.put(&key, text.as_bytes().to_vec(), Expected::Any)).unwrap();
}

fn id(n: u32) -> ObjectId {
    let mut bytes = [7; 20];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    ObjectId::from(bytes)
}

/// As `git for-each-ref` gives them out: id, name, target of a symbolic ref.
fn as_git_prints(refs: &[Ref]) -> String {
    let lines: Vec<String> = refs
        .iter()
        .map(|each| {
            let symbolic = each.symbolic.as_ref().map_or("", |target| target.as_str());
            format!("{} {} {symbolic}", each.id, each.name)
        })
        .collect();
    lines.join("\n").trim().to_string()
}

/// A bare repository with every sort of ref, some of them packed by git and moved since.
fn repository() -> TempDir {
    let dir = TempDir::new();
    let path = dir.path();
    git(path, &["init", "--quiet", "--bare", "."]);
    let tree = git_text(path, &["write-tree"]);
    let one = git_text(path, &["commit-tree", "-m", "one", &tree]);
    let two = git_text(path, &["commit-tree", "-m", "two", "-p", &one, &tree]);
    for branch in ["main", "a/b", "a-b", "topic", "zz"] {
        git(path, &["update-ref", &format!("refs/heads/{branch}"), &one]);
    }
    git(path, &["tag", "light", &one]);
    git(path, &["tag", "-m", "one", "one", &one]);
    git(path, &["pack-refs", "--all"]);
    git(path, &["update-ref", "refs/heads/main", &two]);
    git(path, &["update-ref", "refs/heads/new", &two]);
    git(path, &["tag", "-m", "two", "two", "one"]);
    git(path, &["update-ref", "refs/notes/commits", &two]);
    git(path, &["symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/topic"]);
    git(path, &["symbolic-ref", "refs/heads/alias", "refs/remotes/origin/HEAD"]);
    git(path, &["symbolic-ref", "refs/heads/dangling", "refs/heads/none"]);
    git(path, &["update-ref", "-d", "refs/heads/zz"]);
    fs::write(path.join("refs/heads/left.lock"), b"").unwrap();
    fs::write(path.join("refs/heads/broken"), b"no id\n").unwrap();
    fs::write(path.join("refs/heads/a-b"), b"").unwrap();
    dir
}

const FORMAT: &str = "--format=%(objectname) %(refname) %(symref)";

#[test]
fn lists_what_git_lists() {
    let dir = repository();
    let refs = refs_of(load(dir.path()));
    let expected = git_text(dir.path(), &["for-each-ref", FORMAT]);
    // Git shows the next link of a chain, and here stands its end.
    let expected = expected.replace("alias refs/remotes/origin/HEAD", "alias refs/heads/topic");
    let Listing { refs, broken } = block_on(refs.list_with_broken(&[])).unwrap();
    assert_eq!(as_git_prints(&refs), expected);
    let mut broken: Vec<String> = broken.iter().map(|error| error.to_string()).collect();
    broken.sort();
    assert!(broken[0].starts_with("trunks/x.trunk/refs/heads/a-b is corrupt"), "{broken:?}");
    assert!(broken[1].starts_with("trunks/x.trunk/refs/heads/broken is corrupt"), "{broken:?}");
    assert_eq!(broken.len(), 2);
}

#[test]
fn lists_by_prefix() {
    let refs = refs_of(load(repository().path()));
    let all = block_on(refs.list(&[])).unwrap();
    let many: Vec<String> = (0..20).map(|n| format!("refs/heads/{}", (b'a' + n) as char)).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let sets: [&[&str]; 9] = [
        &["refs/heads/"],
        &["refs/heads/", "refs/heads/a"],
        &["refs/tags/", "refs/heads/main"],
        &["refs/heads/main", "refs/heads/ma", "refs/tags/t"],
        &["HEAD"],
        &["main", "refs/main", "refs/tags/main", "refs/heads/main", "refs/remotes/main"],
        &["ref", "refs/tags/"],
        &["refs/none/"],
        &many,
    ];
    for prefixes in sets {
        let listed = block_on(refs.list(prefixes)).unwrap();
        let starts = |each: &&Ref| prefixes.iter().any(|p| each.name.as_str().starts_with(p));
        let expected: Vec<Ref> = all.iter().filter(starts).cloned().collect();
        assert_eq!(listed, expected, "{prefixes:?}");
    }
}

#[test]
fn finds_what_git_finds() {
    let dir = repository();
    let refs = refs_of(load(dir.path()));
    for name in ["refs/heads/main", "refs/heads/topic", "refs/heads/alias", "refs/tags/one", "HEAD"]
    {
        let found = block_on(refs.find(&RefName::new(name).unwrap())).unwrap().unwrap();
        assert_eq!(found.id.to_string(), git_text(dir.path(), &["rev-parse", name]));
        let symbolic = found.symbolic.map_or(String::new(), |target| target.to_string());
        let expected = git_text(dir.path(), &["rev-parse", "--symbolic-full-name", name]);
        assert_eq!(if symbolic.is_empty() { name.to_string() } else { symbolic }, expected);
    }
    for name in ["refs/heads/none", "refs/heads/dangling", "refs/heads/a", "refs/heads/zz"] {
        assert_eq!(block_on(refs.find(&RefName::new(name).unwrap())), Ok(None));
    }
    let broken = block_on(refs.find(&RefName::new("refs/heads/broken").unwrap()));
    assert!(matches!(broken, Err(RefError::Corrupt { .. })));
}

#[test]
fn follows_as_many_symbolic_refs_as_git() {
    let dir = repository();
    for n in 0..8 {
        let target =
            if n == 0 { "refs/heads/main".to_string() } else { format!("refs/heads/s{}", n - 1) };
        git(dir.path(), &["symbolic-ref", &format!("refs/heads/s{n}"), &target]);
    }
    git(dir.path(), &["symbolic-ref", "refs/heads/loop", "refs/heads/loop"]);
    let refs = refs_of(load(dir.path()));
    for n in 0..8 {
        let name = format!("refs/heads/s{n}");
        let found = block_on(refs.find(&RefName::new(&name).unwrap()));
        let (git_finds, _, _) =
            crate::testing::try_git(dir.path(), &["rev-parse", "-q", "--verify", &name], b"");
        assert_eq!(found.is_ok(), git_finds, "{n}");
    }
    assert!(block_on(refs.find(&RefName::new("refs/heads/loop").unwrap())).is_err());
    let listed = block_on(refs.list(&["refs/heads/s"])).unwrap();
    let names = git_text(dir.path(), &["for-each-ref", "--format=%(refname)", "refs/heads/s*"]);
    let listed: Vec<&str> = listed.iter().map(|each| each.name.as_str()).collect();
    assert_eq!(listed, names.lines().collect::<Vec<_>>());
}

#[test]
fn reads_and_sets_head() {
    let dir = repository();
    let store = load(dir.path());
    let refs = refs_of(&store);
    let main = RefName::new("refs/heads/main").unwrap();
    assert_eq!(block_on(refs.head()).unwrap(), Some(Head::Symbolic(main)));
    let topic = Head::Symbolic(RefName::new("refs/heads/topic").unwrap());
    let detached = Head::Detached(id(1));
    for head in [topic, detached] {
        block_on(refs.set_head(&head)).unwrap();
        assert_eq!(block_on(refs.head()).unwrap(), Some(head));
    }
    assert!(block_on(refs.set_head(&Head::Symbolic(RefName::head()))).is_err());
}

#[test]
fn a_head_is_not_made_where_there_is_no_repository() {
    let store = Memory::new();
    let refs = refs_of(&store);
    assert_eq!(block_on(refs.head()), Ok(None));
    let set = block_on(refs.set_head(&Head::Detached(id(1))));
    assert!(matches!(set, Err(RefError::Missing { .. })));
    assert!(keys(&store, "").is_empty());
}

#[test]
fn listing_packed_branches_takes_two_requests() {
    let store = Memory::new();
    let lines: Vec<String> =
        (0..10_000).map(|n| format!("{} refs/heads/b{n:05}\n", id(n))).collect();
    put(&store, "packed-refs", &lines.concat());
    let store = Counting::new(store);
    let listed = block_on(refs_of(&store).list(&[])).unwrap();
    assert_eq!(listed.len(), 10_000);
    let counts = store.take();
    assert_eq!((counts.gets, counts.lists, counts.puts), (1, 1, 0));
}

#[test]
fn a_ref_packed_between_the_listing_and_its_read_is_still_listed() {
    use crate::testing::{Interrupted, Moment, Request};
    use futures_util::FutureExt;
    let memory = Memory::new();
    put(&memory, "refs/heads/main", &format!("{}\n", id(1)));
    let packed = format!("{} refs/heads/main\n", id(1));
    let store = Interrupted::new(memory, |store: &Memory, moment, request: Request<'_>| {
        if (moment, request) == (Moment::Before, Request::Get("trunks/x.trunk/refs/heads/main")) {
            let key = "trunks/x.trunk/packed-refs";
            store.put(key, packed.clone().into(), Expected::Any).now_or_never().unwrap().unwrap();
            let key = "trunks/x.trunk/refs/heads/main";
            store.delete(key, Expected::Any).now_or_never().unwrap().unwrap();
        }
        Ok(())
    });
    let listed = block_on(refs_of(&store).list(&[])).unwrap();
    assert_eq!(listed.len(), 1);
    let found = block_on(refs_of(&store).find(&RefName::new("refs/heads/main").unwrap())).unwrap();
    assert_eq!(found.unwrap().id, id(1));
}

#[test]
fn many_loose_refs_are_listed_by_pages() {
    let store = Memory::new();
    let updates: Vec<RefUpdate> = (0..2500)
        .map(|n| RefUpdate {
            name: RefName::new(&format!("refs/heads/b{n:05}")).unwrap(),
            old: OldValue::Any,
            new: Some(id(n)),
        })
        .collect();
    assert!(block_on(refs_of(&store).update(&updates)).iter().all(Result::is_ok));
    let store = Counting::new(store);
    assert_eq!(block_on(refs_of(&store).list(&[])).unwrap().len(), 2500);
    let Counts { gets, lists, .. } = store.take();
    assert_eq!((gets, lists), (2501, 3));
}
