//! Walks over histories that git made, with git as the judge.

use super::{
    Filter, Selection, Selector, WalkError,
    connectivity::{self, Disconnected},
    is_ancestor,
};
use crate::{
    limits::Limits,
    object::ObjectId,
    odb::Objects,
    repository::Layout,
    store::Store,
    testing::{Counting, TempDir, block_on, git, git_text, git_with_input, load, repo_name},
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    format,
    string::String,
    vec,
    vec::Vec,
};
use std::{fs, path::Path};

/// Numbers that are the same each time.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % sides
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Clocks {
    Right,
    Wrong,
}

/// A bare repository with so many commits with up to three parents each, on branches `b0` to `bN`.
fn tangled(dice: &mut Dice, commits: usize, clocks: Clocks) -> TempDir {
    let dir = TempDir::new();
    git(dir.path(), &["init", "--bare", "--quiet", "."]);
    git(dir.path(), &["config", "fastimport.unpackLimit", "1"]);
    let mut stream = String::new();
    for number in 0..commits {
        let date = match clocks {
            Clocks::Right => 1_000_000 + 60 * number,
            Clocks::Wrong => 1_000_000 + 60 * dice.throw(commits),
        };
        stream += &format!("commit refs/heads/b{number}\nmark :{}\n", number + 1);
        stream += &format!("committer C <c@d> {date} +0000\ndata 0\n\n");
        if number > 0 {
            // Mostly near ones, so that there is some depth.
            let parent = number - dice.throw(number.min(6));
            stream += &format!("from :{parent}\n");
            for _ in 0..[0, 0, 0, 1, 2][dice.throw(5)] {
                let other = 1 + dice.throw(number);
                if other != parent {
                    stream += &format!("merge :{other}\n");
                }
            }
        }
        for _ in 0..1 + dice.throw(3) {
            let path = format!("{}/{}/{}", dice.throw(3), dice.throw(3), dice.throw(4));
            let data = format!("{}", dice.throw(commits));
            stream += &format!("M 100644 inline {path}\ndata {}\n{data}\n", data.len());
        }
        if dice.throw(4) == 0 {
            let (from, to) = (dice.throw(3), dice.throw(3));
            stream += &format!("M 160000 {} {to}/module\n", "12".repeat(20));
            let _ = from;
        }
        stream += "\n";
    }
    git_with_input(dir.path(), &["fast-import", "--quiet"], stream.as_bytes());
    dir
}

fn objects<S: Store>(store: S) -> Objects<S> {
    Objects::new(store, Layout::new(&repo_name()), Limits::default())
}

fn id(text: &str) -> ObjectId {
    text.trim().parse().unwrap()
}

fn branch(dir: &Path, number: usize) -> ObjectId {
    id(&git_text(dir, &["rev-parse", &format!("b{number}")]))
}

async fn select<S: Store>(
    objects: &Objects<S>,
    wants: &[ObjectId],
    haves: &[ObjectId],
) -> BTreeSet<ObjectId> {
    let filter = Filter::default();
    let selection = Selection { wants, haves, shallow: None, filter: &filter };
    let mut selector = Selector::new(objects, selection).await.unwrap();
    while selector.advance().await.unwrap() {}
    let found = selector.finish().await.unwrap();
    let ids: BTreeSet<ObjectId> = found.found.iter().map(|&mark| found.marks.id(mark)).collect();
    assert_eq!(ids.len(), found.found.len(), "nothing is found twice");
    ids
}

/// All that is reachable, in git's words.
fn closure(dir: &Path, tips: &[ObjectId]) -> BTreeSet<ObjectId> {
    let arguments: Vec<String> = tips.iter().map(|id| format!("{id}")).collect();
    let mut all = vec!["rev-list", "--objects", "--no-object-names"];
    all.extend(arguments.iter().map(String::as_str));
    git_text(dir, &all).lines().map(id).collect()
}

#[test]
fn what_is_selected_is_what_is_lacking() {
    for clocks in [Clocks::Right, Clocks::Wrong] {
        let mut dice = Dice(7);
        let dir = tangled(&mut dice, 120, clocks);
        let store = load(dir.path());
        let objects = objects(&store);
        let tips: Vec<ObjectId> = (0..120).map(|number| branch(dir.path(), number)).collect();
        for _ in 0..40 {
            let mut some = |most: usize| -> Vec<ObjectId> {
                (0..dice.throw(most)).map(|_| tips[dice.throw(tips.len())]).collect()
            };
            let (wants, haves) = (some(4), some(4));
            let selected = block_on(select(&objects, &wants, &haves));
            if wants.is_empty() {
                assert!(selected.is_empty());
                continue;
            }
            let wanted = closure(dir.path(), &wants);
            let had = if haves.is_empty() { BTreeSet::new() } else { closure(dir.path(), &haves) };
            let missing: Vec<_> =
                wanted.difference(&had).filter(|id| !selected.contains(id)).collect();
            assert!(missing.is_empty(), "{wants:?} without {haves:?}: {missing:?}");
            assert!(selected.is_subset(&wanted), "{wants:?} without {haves:?}");
            if clocks == Clocks::Right {
                let excess = selected.intersection(&had).count();
                assert!(excess * 4 <= selected.len(), "{excess} of {}", selected.len());
            }
        }
    }
}

#[test]
fn old_history_is_left_out_to_the_last_commit_when_clocks_are_right() {
    let mut dice = Dice(3);
    let dir = tangled(&mut dice, 150, Clocks::Right);
    let store = load(dir.path());
    let objects = objects(&store);
    let commits = closure_of_commits(dir.path());
    for _ in 0..40 {
        let (want, have) = (dice.throw(150), dice.throw(150));
        let (want, have) = (branch(dir.path(), want), branch(dir.path(), have));
        let selected = block_on(select(&objects, &[want], &[have]));
        let expected: BTreeSet<ObjectId> =
            git_text(dir.path(), &["rev-list", &format!("{want}"), &format!("^{have}")])
                .lines()
                .map(id)
                .collect();
        let selected: BTreeSet<ObjectId> = selected.intersection(&commits).copied().collect();
        assert_eq!(selected, expected, "{want} without {have}");
    }
}

fn closure_of_commits(dir: &Path) -> BTreeSet<ObjectId> {
    git_text(dir, &["rev-list", "--all"]).lines().map(id).collect()
}

#[test]
fn ancestors_are_those_of_git() {
    for clocks in [Clocks::Right, Clocks::Wrong] {
        let mut dice = Dice(11);
        let dir = tangled(&mut dice, 60, clocks);
        let store = load(dir.path());
        let objects = objects(&store);
        let mut ancestors: BTreeMap<ObjectId, BTreeSet<ObjectId>> = BTreeMap::new();
        for line in
            git_text(dir.path(), &["rev-list", "--all", "--parents", "--topo-order", "--reverse"])
                .lines()
        {
            let ids: Vec<ObjectId> = line.split(' ').map(id).collect();
            let mut all: BTreeSet<ObjectId> = BTreeSet::from([ids[0]]);
            all.extend(ids[1..].iter().flat_map(|parent| ancestors[parent].clone()));
            ancestors.insert(ids[0], all);
        }
        for (descendant, all) in &ancestors {
            for other in ancestors.keys() {
                let outcome = block_on(is_ancestor(&objects, other, descendant)).unwrap();
                assert_eq!(outcome, all.contains(other), "{other} before {descendant}");
            }
        }
    }
}

#[test]
fn what_is_whole_is_connected() {
    let mut dice = Dice(5);
    let dir = tangled(&mut dice, 80, Clocks::Wrong);
    git(dir.path(), &["tag", "-a", "-m", "x", "v1", "b3"]);
    git(dir.path(), &["tag", "-a", "-m", "x", "v2", "b4^{tree}"]);
    let store = load(dir.path());
    let objects = objects(&store);
    let all: Vec<ObjectId> =
        git_text(dir.path(), &["for-each-ref", "--format=%(objectname)"]).lines().map(id).collect();
    block_on(connectivity::check(&objects, &all, &[])).unwrap();
    block_on(connectivity::check(&objects, &all, &all[10..30])).unwrap();
    block_on(connectivity::check(&objects, &[], &all)).unwrap();
}

#[test]
fn every_missing_object_is_noticed() {
    let mut dice = Dice(9);
    let dir = tangled(&mut dice, 12, Clocks::Right);
    git(dir.path(), &["tag", "-a", "-m", "x", "v1", "b11"]);
    let pack = fs::read_dir(dir.path().join("objects/pack"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .find(|path| path.extension().is_some_and(|name| name == "pack"))
        .unwrap();
    let bytes = fs::read(&pack).unwrap();
    fs::remove_dir_all(dir.path().join("objects/pack")).unwrap();
    git_with_input(dir.path(), &["unpack-objects", "-q"], &bytes);
    let tip = id(&git_text(dir.path(), &["rev-parse", "v1"]));
    for gone in closure(dir.path(), &[tip]) {
        let hex = format!("{gone}");
        let path = dir.path().join("objects").join(&hex[..2]).join(&hex[2..]);
        let kept = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let store = load(dir.path());
        let outcome = block_on(connectivity::check(&objects(&store), &[tip], &[]));
        assert_eq!(outcome, Err(Disconnected::Missing { id: gone }));
        // What an old tip leads to need not be looked at.
        block_on(connectivity::check(&objects(&store), &[tip], &[tip])).unwrap();
        fs::write(&path, kept).unwrap();
    }
}

#[test]
fn objects_must_be_what_they_are_named_as() {
    let dir = TempDir::new();
    git(dir.path(), &["init", "--bare", "--quiet", "."]);
    let make = |kind: &str, data: &[u8]| {
        let arguments = ["hash-object", "-w", "-t", kind, "--stdin", "--literally"];
        let output = git_with_input(dir.path(), &arguments, data);
        id(core::str::from_utf8(&output).unwrap())
    };
    let entry =
        |mode: &str, id: &ObjectId| [format!("{mode} a\0").as_bytes(), &id.as_bytes()[..]].concat();
    let commit = |tree: &ObjectId, parent: Option<&ObjectId>| {
        let parent = parent.map_or_else(String::new, |parent| format!("parent {parent}\n"));
        format!("tree {tree}\n{parent}author A <a> 1 +0000\ncommitter A <a> 1 +0000\n\n")
    };
    let blob = make("blob", b"x");
    let tree = make("tree", &entry("100644", &blob));
    let good = make("commit", commit(&tree, None).as_bytes());
    let wrong = [
        make("tree", &entry("40000", &blob)),
        make("commit", commit(&blob, None).as_bytes()),
        make("commit", commit(&tree, Some(&tree)).as_bytes()),
        make("tag", format!("object {good}\ntype tree\ntag x\n\n").as_bytes()),
        make("tag", format!("object {good}\ntype blob\ntag x\n\n").as_bytes()),
        make("tree", b"100644 cut off"),
        make("commit", b"tree nothing\n"),
        make("tag", b"object nothing\n"),
        make("tree", &[entry("100644", &blob), entry("40000", &blob)].concat()),
    ];
    let store = load(dir.path());
    let objects = objects(&store);
    block_on(connectivity::check(&objects, &[good], &[])).unwrap();
    for id in wrong {
        let outcome = block_on(connectivity::check(&objects, &[id], &[]));
        assert!(matches!(outcome, Err(Disconnected::Wrong(_))), "{id}: {outcome:?}");
    }
}

#[test]
fn nesting_has_a_bound() {
    let dir = TempDir::new();
    git(dir.path(), &["init", "--bare", "--quiet", "."]);
    let mut tree = git_text(dir.path(), &["hash-object", "-w", "-t", "tree", "/dev/null"]);
    for _ in 0..12 {
        let line = format!("040000 tree {tree}\ta\n");
        let output = git_with_input(dir.path(), &["mktree"], line.as_bytes());
        tree = String::from_utf8(output).unwrap().trim().into();
    }
    let store = load(dir.path());
    let mut limits = Limits { tree_depth: 12, ..Limits::default() };
    let deep = |limits: &Limits| {
        let objects = Objects::new(&store, Layout::new(&repo_name()), limits.clone());
        block_on(connectivity::check(&objects, &[id(&tree)], &[]))
    };
    assert_eq!(deep(&limits), Ok(()));
    limits.tree_depth = 11;
    assert_eq!(deep(&limits), Err(Disconnected::Wrong(WalkError::TooDeep { limit: 11 })));
}

#[test]
fn a_push_onto_one_of_many_refs_does_not_read_the_others() {
    let mut dice = Dice(1);
    let dir = tangled(&mut dice, 400, Clocks::Right);
    let old: Vec<ObjectId> = (0..399).map(|number| branch(dir.path(), number)).collect();
    let new = branch(dir.path(), 399);
    let store = Counting::new(load(dir.path()));
    let objects = objects(&store);
    block_on(connectivity::check(&objects, &[new], &old)).unwrap();
    let counts = store.take();
    assert!(counts.gets <= 4, "{counts:?}");
    let found = block_on(select(&objects, &[new], &old));
    assert!(found.len() < 30, "{}", found.len());
}
