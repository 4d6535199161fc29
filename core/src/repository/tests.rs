use super::*;
use crate::{
    object::ObjectId,
    refs::{Head, OldValue, RefName, RefUpdate},
    store::{Expected, Memory},
    testing::{
        Counting, Interrupted, Moment, Request, TempDir, block_on, git, git_text, keys, repo_name,
        unavailable, unload,
    },
};
use alloc::{format, string::ToString, vec::Vec};
use std::fs;

fn options(is_static: bool) -> CreateOptions {
    CreateOptions { default_branch: "main".to_owned(), is_static, id: "0d3e…".to_owned() }
}

fn name(name: &str) -> RepoName {
    RepoName::new(name).unwrap()
}

fn open<S: Store + Clone>(store: S) -> Repository<S> {
    Repository::open(store, &repo_name(), Limits::default())
}

fn text(store: &Memory, path: &str) -> String {
    let key = format!("trunks/x.trunk/{path}");
    String::from_utf8(block_on(store.get(&key, None)).unwrap().unwrap().bytes).unwrap()
}

/// A directory with what the store holds, as a disk store would have it.
fn on_disk(store: &Memory) -> TempDir {
    let dir = TempDir::new();
    fs::create_dir_all(dir.path().join("refs/heads")).unwrap();
    fs::create_dir_all(dir.path().join("objects/info")).unwrap();
    unload(store, "trunks/x.trunk/", dir.path());
    dir
}

#[test]
fn git_takes_what_is_created_for_an_empty_bare_repository() {
    for is_static in [false, true] {
        let store = Memory::new();
        block_on(Repository::create(&store, &repo_name(), &options(is_static))).unwrap();
        let dir = on_disk(&store);
        let git_dir = ["--git-dir", dir.path().to_str().unwrap()];
        let ask = |arguments: &[&str]| git_text(dir.path(), &[&git_dir, arguments].concat());
        assert_eq!(ask(&["symbolic-ref", "HEAD"]), "refs/heads/main");
        assert_eq!(ask(&["rev-parse", "--is-bare-repository"]), "true");
        assert_eq!(ask(&["fsck", "--full", "--strict"]), "");
        git(dir.path(), &["clone", "--quiet", ".", "clone"]);

        let stock = TempDir::new();
        git(stock.path(), &["init", "--quiet", "--bare", "."]);
        if is_static {
            git(stock.path(), &["config", "receive.updateServerInfo", "true"]);
            git(stock.path(), &["update-server-info"]);
            for file in ["info/refs", "objects/info/packs"] {
                assert_eq!(
                    text(&store, file),
                    fs::read_to_string(stock.path().join(file)).unwrap()
                );
            }
        }
        let config = fs::read_to_string(stock.path().join("config")).unwrap();
        assert_eq!(text(&store, "config"), config);
    }
}

#[test]
fn an_existing_repository_is_left_as_it_is() {
    let store = Memory::new();
    block_on(Repository::create(&store, &repo_name(), &options(false))).unwrap();
    let topic = RefName::new("refs/heads/topic").unwrap();
    block_on(open(&store).refs.set_head(&Head::Symbolic(topic.clone()))).unwrap();
    let again = block_on(Repository::create(&store, &repo_name(), &options(true)));
    assert_eq!(again, Err(RepositoryError::Exists { name: "x".to_owned() }));
    assert_eq!(block_on(open(&store).refs.head()).unwrap(), Some(Head::Symbolic(topic)));
    assert_eq!(keys(&store, "").len(), 3);
}

#[test]
fn of_two_who_create_at_once_one_succeeds() {
    let head = "trunks/x.trunk/HEAD";
    let store = Interrupted::new(Memory::new(), |store: &Memory, moment, request: Request<'_>| {
        if (moment, request) == (Moment::Before, Request::Put(head)) {
            let put = store.put(head, b"ref: refs/heads/other\n".to_vec(), Expected::Absent);
            futures_util::FutureExt::now_or_never(put).unwrap().unwrap();
        }
        Ok(())
    });
    let created = block_on(Repository::create(&store, &repo_name(), &options(false)));
    assert!(matches!(created, Err(RepositoryError::Exists { .. })));
}

#[test]
fn what_a_crash_left_of_a_creation_is_taken_over() {
    let is_down = core::cell::Cell::new(true);
    let store =
        Interrupted::new(Memory::new(), |_: &Memory, _, request: Request<'_>| match request {
            Request::Put(key) if key.ends_with("HEAD") && is_down.get() => Err(unavailable(key)),
            _ => Ok(()),
        });
    assert!(block_on(Repository::create(&store, &repo_name(), &options(true))).is_err());
    assert!(!block_on(open(&store).exists()).unwrap());
    is_down.set(false);
    block_on(Repository::create(&store, &repo_name(), &options(true))).unwrap();
    assert!(block_on(open(&store).exists()).unwrap());
}

#[test]
fn what_a_crash_left_of_a_deletion_does_not_come_back() {
    let whole = pushed_to();
    let requests = 2 + keys(&whole, "").len();
    // Cut short before each of its writes, the answer of the last one lost or not.
    for (cut, moment) in
        (0..=requests).flat_map(|cut| [(cut, Moment::Before), (cut, Moment::After)])
    {
        let store = pushed_to();
        let count = core::cell::Cell::new(0);
        let cut_short = Interrupted::new(store, |_: &Memory, now, request: Request<'_>| {
            if !matches!(request, Request::Put(_) | Request::Delete(_)) || now != moment {
                return Ok(());
            }
            count.set(count.get() + 1);
            if count.get() > cut { Err(unavailable("x")) } else { Ok(()) }
        });
        let deleted = block_on(Repository::delete(&cut_short, &repo_name()));
        let store = &cut_short.store;
        let left = keys(store, "");
        if deleted.is_err() && !left.is_empty() && !left.contains(&"trunks/x.trunk/HEAD".to_owned())
        {
            for error in absences(store) {
                assert!(error.contains("was deleted, but not to its end"), "{left:?}: {error}");
            }
        }
        match block_on(Repository::delete(store, &repo_name())) {
            Err(RepositoryError::Missing { .. }) => assert!(left.is_empty()),
            again => assert_eq!(again, Ok(())),
        }
        block_on(Repository::create(store, &repo_name(), &options(false))).unwrap();
    }
}

/// A repository with a branch and a pack, as far as keys can tell.
fn pushed_to() -> Memory {
    let store = Memory::new();
    block_on(Repository::create(&store, &repo_name(), &options(true))).unwrap();
    for path in ["refs/heads/topic", "objects/pack/pack-1.pack", "objects/pack/pack-1.idx"] {
        leave(&store, path);
    }
    store
}

/// Puts something where `path` leads that can be read.
fn leave(store: &Memory, path: &str) {
    let text = match path {
        "packed-refs" => "# pack-refs with: peeled fully-peeled sorted \n".to_owned(),
        _ => format!("{}\n", ObjectId::EMPTY_TREE),
    };
    let key = format!("trunks/x.trunk/{path}");
    block_on(store.put(&key, text.into_bytes(), Expected::Any)).unwrap();
}

/// What everyone is told who looks for the repository.
fn absences(store: &Memory) -> Vec<String> {
    use crate::{
        check, files,
        wire::{self, testing::Script},
    };
    let update = RefUpdate {
        name: RefName::new("refs/heads/topic").unwrap(),
        old: OldValue::Any,
        new: None,
    };
    let head = Head::Detached(ObjectId::EMPTY_TREE);
    let fetch = wire::UploadOptions::default();
    let push = wire::ReceiveOptions::default();
    let mut client = Script::new(&[]);
    let (repository, check) = (open(store), check::CheckOptions::default());
    block_on(async {
        Vec::from([
            repository.list_refs(&[], Peel::Known).await.unwrap_err().to_string(),
            repository.update_refs(&[update]).await.unwrap_err().to_string(),
            repository.set_head(&head).await.unwrap_err().to_string(),
            files::stat(&repository, "main", b"a").await.unwrap_err().to_string(),
            check::run(&repository, &check).await.unwrap_err().to_string(),
            wire::upload_pack(&repository, &mut client, &fetch).await.unwrap_err().to_string(),
            wire::receive_pack(&repository, &mut client, &push).await.unwrap_err().to_string(),
            Repository::create(store, &repo_name(), &options(true)).await.unwrap_err().to_string(),
        ])
    })
}

/// A lost `HEAD` was taken for a repository that is not there.
#[test]
fn a_lost_head_is_told_from_a_repository_that_is_not_there() {
    for left in ["refs/heads/topic", "packed-refs", "objects/pack/pack-1.pack"] {
        let store = Memory::new();
        block_on(Repository::create(&store, &repo_name(), &options(true))).unwrap();
        let key = format!("trunks/x.trunk/{left}");
        leave(&store, left);
        block_on(store.delete("trunks/x.trunk/HEAD", Expected::Any)).unwrap();
        let branch = if left.starts_with("refs/") { left } else { "refs/heads/main" };
        for error in absences(&store) {
            let words = format!(
                "trunks/x.trunk/HEAD is missing, but {key} is there: put it back with the line \
                 \"ref: {branch}\""
            );
            assert!(error.starts_with(&words), "{error}");
        }
    }
    let none = Memory::new();
    let error = block_on(open(&none).list_refs(&[], Peel::Known)).unwrap_err();
    assert!(matches!(error, RepositoryError::Missing { .. }), "{error:?}");
}

#[test]
fn deletes_all_of_one_repository_and_nothing_else() {
    let store = Memory::new();
    for each in ["x", "x-y", "x/y", "x2"] {
        block_on(Repository::create(&store, &name(each), &options(true))).unwrap();
    }
    for n in 0..2500 {
        let key = format!("trunks/x.trunk/objects/00/{n}");
        block_on(store.put(&key, Vec::new(), Expected::Any)).unwrap();
    }
    block_on(Repository::delete(&store, &name("x"))).unwrap();
    assert_eq!(keys(&store, "").len(), 15);
    assert!(keys(&store, "trunks/x.trunk/").is_empty());
    let again = block_on(Repository::delete(&store, &name("x")));
    assert_eq!(again, Err(RepositoryError::Missing { name: "x".to_owned() }));
}

#[test]
fn lists_repositories_by_pages() {
    let store = Memory::new();
    let names = ["a", "a-b", "a/b", "a/b/c", "b", "team/app", "team/app-2", "ä"];
    for each in names {
        block_on(Repository::create(&store, &name(each), &options(false))).unwrap();
    }
    // None of these is a repository.
    for key in
        ["trunks/.trunk/HEAD", "trunks/c.trunk/config", "trunks/a.trunk/d.trunk/HEAD", "HEAD"]
    {
        block_on(store.put(key, Vec::new(), Expected::Any)).unwrap();
    }
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = block_on(Repository::list(&store, after.as_deref(), 3)).unwrap();
        assert!(page.len() <= 3);
        let Some(last) = page.last() else { break };
        after = Some(last.as_str().to_owned());
        all.extend(page.into_iter().map(|name| name.as_str().to_owned()));
    }
    all.sort();
    assert_eq!(all, names);
    assert!(block_on(Repository::list(&store, Some("no//name"), 3)).is_err());
}

#[test]
fn skips_what_large_repositories_hold() {
    let store = Memory::new();
    for each in ["a", "b", "c"] {
        block_on(Repository::create(&store, &name(each), &options(false))).unwrap();
        for n in 0..5000 {
            let key = format!("trunks/{each}.trunk/objects/pack/{n:05}");
            block_on(store.put(&key, Vec::new(), Expected::Any)).unwrap();
        }
    }
    // So many files that sort before HEAD that the first page does not show it.
    for n in 0..1500 {
        let key = format!("trunks/b.trunk/BRANCH{n:05}");
        block_on(store.put(&key, Vec::new(), Expected::Any)).unwrap();
    }
    let store = Counting::new(store);
    let names = block_on(Repository::list(&store, None, 100)).unwrap();
    assert_eq!(names, [name("a"), name("b"), name("c")]);
    assert!(store.take().lists <= 5);
}

#[test]
fn a_later_manifest_is_refused() {
    let store = Memory::new();
    block_on(Repository::create(&store, &repo_name(), &options(true))).unwrap();
    let manifest = text(&store, "trunk.json");
    assert!(manifest.contains("\"static\": true"), "{manifest}");
    let later = manifest.replace("\"version\": 1", "\"version\": 2");
    let put = store.put("trunks/x.trunk/trunk.json", later.into_bytes(), Expected::Any);
    block_on(put).unwrap();
    let error = block_on(open(&store).is_static()).unwrap_err();
    assert!(error.to_string().contains("use a newer trunks"), "{error}");
}

// With that feature they are for where there is one thread.
#[cfg(not(feature = "small"))]
#[test]
fn futures_are_send_where_the_store_s_are() {
    fn is_send(_: &impl Send) {}
    let store = Memory::new();
    let repository = open(&store);
    let update = RefUpdate {
        name: RefName::new("refs/heads/main").unwrap(),
        old: OldValue::Any,
        new: Some(ObjectId::ZERO),
    };
    let updates = [update];
    is_send(&Repository::create(&store, &repo_name(), &options(true)));
    is_send(&Repository::list(&store, None, 1));
    is_send(&Repository::delete(&store, &repo_name()));
    is_send(&repository.update_server_info());
    is_send(&repository.update_server_info_for(&updates));
    is_send(&repository.update_refs(&updates));
    is_send(&repository.move_refs(&updates));
    is_send(&repository.list_refs(&[], Peel::All));
    is_send(&repository.refs.update(&updates));
    is_send(&repository.refs.pack(&repository.objects));
}
