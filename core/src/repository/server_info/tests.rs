use super::*;
use crate::{
    limits::Limits,
    refs::OldValue,
    repository::{CreateOptions, Repository},
    store::Memory,
    testing::{
        Counting, Interrupted, Moment, Request, TempDir, block_on, git, git_text, keys, load,
        load_into, repo_name, unload,
    },
};
use alloc::string::ToString;
use core::cell::Cell;
use std::fs;

const REFS: &str = "trunks/x.trunk/info/refs";
const PACKS: &str = "trunks/x.trunk/objects/info/packs";

fn open<S: Store + Clone>(store: S) -> Repository<S> {
    Repository::open(store, &repo_name(), Limits::default())
}

fn bytes(store: &Memory, key: &str) -> Vec<u8> {
    block_on(store.get(key, None)).unwrap().unwrap().bytes
}

fn update(name: &str, id: Option<&str>) -> RefUpdate {
    let new = id.map(|id| id.parse().unwrap());
    RefUpdate { name: RefName::new(name).unwrap(), old: OldValue::Any, new }
}

/// A bare repository with every sort of ref and two packs, whose files git has brought up to date.
fn repository() -> TempDir {
    let dir = TempDir::new();
    let path = dir.path();
    git(path, &["init", "--quiet", "--bare", "."]);
    let tree = git_text(path, &["write-tree"]);
    let one = git_text(path, &["commit-tree", "-m", "one", &tree]);
    git(path, &["update-ref", "refs/heads/main", &one]);
    git(path, &["repack", "-dq"]);
    let two = git_text(path, &["commit-tree", "-m", "two", "-p", &one, &tree]);
    git(path, &["update-ref", "refs/heads/topic", &two]);
    git(path, &["tag", "-m", "one", "one", &one]);
    git(path, &["tag", "light", &one]);
    git(path, &["pack-refs", "--all"]);
    git(path, &["-c", "advice.nestedTag=false", "tag", "-m", "of a tag", "nested", "one"]);
    git(path, &["tag", "-m", "of a tree", "tree", &tree]);
    git(path, &["update-ref", "refs/heads/a/b", &two]);
    git(path, &["symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/main"]);
    git(path, &["symbolic-ref", "refs/heads/unborn", "refs/heads/none"]);
    // The file of a symbolic ref to this one is as long as one with an id.
    let long = format!("refs/heads/{}", "l".repeat(24));
    git(path, &["update-ref", &long, &one]);
    git(path, &["symbolic-ref", "refs/remotes/origin/long", &long]);
    git(path, &["repack", "-dq"]);
    git(path, &["update-server-info"]);
    dir
}

#[test]
fn writes_what_git_writes_byte_for_byte() {
    let dir = repository();
    let store = load(dir.path());
    let refs = bytes(&store, REFS);
    for stale in [&b""[..], b"not what git wrote", &refs] {
        block_on(store.put(REFS, stale.to_vec(), Expected::Any)).unwrap();
        block_on(open(&store).update_server_info()).unwrap();
        assert_eq!(bytes(&store, REFS), refs);
    }
    let packs = bytes(&store, PACKS);
    block_on(store.delete(PACKS, Expected::Any)).unwrap();
    block_on(open(&store).update_server_info()).unwrap();
    let sorted = |text: Vec<u8>| {
        let text = String::from_utf8(text).unwrap();
        let mut lines: Vec<String> = text.split_inclusive('\n').map(Into::into).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(bytes(&store, PACKS)), sorted(packs));
}

#[test]
fn packs_that_are_listed_stay_where_they_are() {
    let dir = repository();
    let store = load(dir.path());
    let listed = String::from_utf8(bytes(&store, PACKS)).unwrap();
    let mut lines: Vec<&str> = listed.trim_end().lines().rev().collect();
    assert_eq!(lines.len(), 2);
    lines.insert(1, "P pack-0000000000000000000000000000000000000000.pack");
    block_on(store.put(PACKS, lines.join("\n").into_bytes(), Expected::Any)).unwrap();
    block_on(open(&store).update_server_info()).unwrap();
    lines.remove(1);
    assert_eq!(bytes(&store, PACKS), format!("{}\n\n", lines.join("\n")).into_bytes());
}

#[test]
fn what_is_up_to_date_is_not_written_again() {
    let store = Counting::new(load(repository().path()));
    block_on(open(&store).update_server_info()).unwrap();
    assert_eq!(store.take().puts, 0);
}

#[test]
fn a_repository_that_is_not_static_is_left_alone() {
    let store = Counting::new(Memory::new());
    let options = CreateOptions { default_branch: "main".into(), is_static: false, id: "x".into() };
    block_on(Repository::create(&store, &repo_name(), &options)).unwrap();
    store.take();
    let repository = open(&store);
    block_on(repository.update_server_info()).unwrap();
    block_on(repository.update_server_info_for(&[])).unwrap();
    let counts = store.take();
    assert_eq!((counts.gets, counts.puts, counts.lists), (1, 0, 0));
    assert_eq!(keys(&store.store, "").len(), 3);
}

/// Lets a minute pass after all that is stored, before `info/refs` is written.
fn written_last(store: &Memory) {
    store.set_time(60);
    block_on(store.put(REFS, bytes(store, REFS), Expected::Any)).unwrap();
    store.set_time(120);
}

/// A push was killed between moving its ref and `info/refs`, and its line stayed as it was however
/// often others were pushed to.
#[test]
fn what_others_left_undone_is_mended() {
    let dir = repository();
    let store = load(dir.path());
    let topic = git_text(dir.path(), &["rev-parse", "topic"]);
    written_last(&store);
    let undone = [
        update("refs/heads/main", Some(&topic)),
        update("refs/heads/a/b", None),
        update("refs/heads/new", Some(&topic)),
        update("refs/tags/one", None),
    ];
    let repository = open(&store);
    block_on(repository.refs.update(&undone)).into_iter().for_each(|outcome| outcome.unwrap());
    let mine = [update("refs/heads/mine", Some(&topic))];
    block_on(repository.update_refs(&mine)).unwrap().remove(0).unwrap();
    let left = bytes(&store, REFS);
    block_on(open(&store).update_server_info()).unwrap();
    assert_eq!(String::from_utf8(left).unwrap(), String::from_utf8(bytes(&store, REFS)).unwrap());
}

#[test]
fn an_edit_gives_what_git_would_write() {
    let dir = repository();
    let path = dir.path();
    let store = load(path);
    let id = |name: &str| git_text(path, &["rev-parse", name]);
    let updates = [
        update("refs/heads/main", Some(&id("topic"))),
        update("refs/heads/new", Some(&id("main"))),
        update("refs/heads/a/b", None),
        update("refs/tags/one", None),
        update("refs/tags/light", Some(&id("refs/tags/nested"))),
        update("refs/tags/again", Some(&id("refs/tags/one"))),
        update("refs/heads/none-at-all", None),
        update("refs/heads/none", Some(&id("main"))),
        update(&format!("refs/heads/{}", "l".repeat(24)), Some(&id("topic"))),
    ];
    written_last(&store);
    let repository = open(&store);
    let outcomes = block_on(repository.refs.update(&updates));
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    block_on(repository.update_server_info_for(&updates)).unwrap();
    let copy = TempDir::new();
    unload(&store, "trunks/x.trunk/", copy.path());
    let ours = String::from_utf8(bytes(&store, REFS)).unwrap();
    assert_eq!(ours.matches(&id("topic")).count(), 5, "{ours}");
    fs::remove_file(copy.path().join("info/refs")).unwrap();
    git(copy.path(), &["update-server-info"]);
    assert_eq!(ours, fs::read_to_string(copy.path().join("info/refs")).unwrap());
}

#[test]
fn an_edit_among_thousands_of_refs_reads_few() {
    let dir = repository();
    let store = load(dir.path());
    let main = git_text(dir.path(), &["rev-parse", "main"]);
    for n in 0..3000 {
        let key = format!("trunks/x.trunk/refs/heads/many/{n:04}");
        block_on(store.put(&key, format!("{main}\n").into_bytes(), Expected::Any)).unwrap();
    }
    block_on(open(&store).update_server_info()).unwrap();
    written_last(&store);
    let store = Counting::new(store);
    let updates =
        [update("refs/heads/many/0007", Some(&git_text(dir.path(), &["rev-parse", "topic"])))];
    let repository = open(&store);
    block_on(repository.refs.update(&updates)).remove(0).unwrap();
    store.take();
    block_on(repository.update_server_info_for(&updates)).unwrap();
    // Whether it is static, the two files, the ref and what is packed; names and times, by thousands.
    let counts = store.take();
    // Symbolic refs are read as well, and what they lead to.
    let symbolic = 3;
    assert!(counts.gets <= 5 + 2 * symbolic, "{counts:?}");
    assert!(counts.lists <= 6 && counts.puts == 1, "{counts:?}");
}

/// Two pushes to different refs, the second of which comes entirely between any two requests of the
/// first one's update: neither file may be left without what one of them did.
#[test]
fn the_last_of_two_pushes_leaves_no_stale_file() {
    let dir = repository();
    let one = git_text(dir.path(), &["rev-parse", "main"]);
    let mine = [update("refs/heads/mine", Some(&one))];
    let others = [update("refs/heads/others", Some(&one)), update("refs/heads/mine", None)];
    for at in 0.. {
        let requests = Cell::new(0);
        let store = Interrupted::new(load(dir.path()), |store: &Memory, moment, _: Request<'_>| {
            if moment == Moment::Before && requests.replace(requests.get() + 1) == at {
                std::thread::scope(|scope| {
                    let push = || {
                        let repository = open(store);
                        block_on(repository.refs.update(&others));
                        block_on(repository.update_server_info_for(&others)).unwrap();
                    };
                    scope.spawn(push).join().unwrap();
                });
            }
            Ok(())
        });
        let repository = open(&store);
        block_on(repository.refs.update(&mine));
        block_on(repository.update_server_info_for(&mine)).unwrap();
        let left = bytes(&store.store, REFS);
        block_on(open(&store.store).update_server_info()).unwrap();
        assert_eq!(
            String::from_utf8(left).unwrap(),
            String::from_utf8(bytes(&store.store, REFS)).unwrap(),
            "before request {at}"
        );
        if requests.get() <= at {
            break;
        }
    }
}

#[test]
fn a_ref_is_moved_only_to_what_is_stored() {
    use crate::repository::UpdateError;
    let dir = repository();
    let store = load(dir.path());
    let main = git_text(dir.path(), &["rev-parse", "main"]);
    let tree = git_text(dir.path(), &["rev-parse", "main^{tree}"]);
    let tag = git_text(dir.path(), &["rev-parse", "refs/tags/one"]);
    let missing = format!("{:040x}", 77);
    let updates = [
        update("refs/heads/good", Some(&main)),
        update("refs/heads/tree", Some(&tree)),
        update("refs/heads/tag", Some(&tag)),
        update("refs/tags/tree2", Some(&tree)),
        update("refs/tags/missing", Some(&missing)),
        update("refs/heads/topic", None),
    ];
    let outcomes = block_on(open(&store).update_refs(&updates)).unwrap();
    assert_eq!(outcomes[0], Ok(()));
    assert!(matches!(outcomes[1], Err(UpdateError::NotACommit { .. })));
    assert!(matches!(outcomes[2], Err(UpdateError::NotACommit { .. })));
    assert_eq!(outcomes[3], Ok(()));
    assert!(matches!(outcomes[4], Err(UpdateError::MissingObject { .. })));
    assert_eq!(outcomes[5], Ok(()));
    let refs = String::from_utf8(bytes(&store, REFS)).unwrap();
    assert!(refs.contains("refs/heads/good\n") && !refs.contains("topic"), "{refs}");
    let gone = Repository::open(
        &store,
        &crate::repository::RepoName::new("y").unwrap(),
        Limits::default(),
    );
    assert!(matches!(block_on(gone.update_refs(&updates)), Err(RepositoryError::Missing { .. })));
}

#[test]
fn lists_refs_with_what_their_tags_lead_to() {
    use crate::{refs::Head, repository::Peel};
    let dir = repository();
    let store = load(dir.path());
    let listing = block_on(open(&store).list_refs(&[], Peel::All)).unwrap();
    assert_eq!(listing.head, Head::Symbolic(RefName::new("refs/heads/main").unwrap()));
    let lines: Lines = listing.refs.into_iter().map(line).collect();
    assert_eq!(write(&lines), bytes(&store, REFS));
    let known = block_on(open(&store).list_refs(&["refs/heads/"], Peel::Known)).unwrap();
    assert!(known.refs.iter().all(|each| each.peeled == Peeled::NoTag));
}

#[test]
fn stock_git_pushes_into_what_is_created_and_keeps_the_files() {
    let store = Memory::new();
    let options = CreateOptions { default_branch: "main".into(), is_static: true, id: "x".into() };
    block_on(Repository::create(&store, &repo_name(), &options)).unwrap();
    let bare = TempDir::new();
    unload(&store, "trunks/x.trunk/", bare.path());
    fs::create_dir_all(bare.path().join("refs")).unwrap();
    let work = repository();
    let url = bare.path().to_str().unwrap().to_string();
    git(work.path(), &["push", "--quiet", &url, "main", "refs/tags/one"]);
    let after = Memory::new();
    load_into(&after, bare.path(), "trunks/x.trunk/");
    let refs = String::from_utf8(bytes(&after, REFS)).unwrap();
    assert_eq!(refs.lines().count(), 3, "{refs}");
    block_on(open(&after).update_server_info()).unwrap();
    assert_eq!(bytes(&after, REFS), refs.into_bytes());
}
