use super::*;
use crate::{
    code::{Code, Coded},
    files::commit::Person,
    limits::Limits,
    object::ObjectId,
    repository::Repository,
    store::Memory,
    testing::{
        Counting, TempDir, block_on, git, git_text, git_with_input, load, repo_name, try_git,
        unload,
    },
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use std::path::Path;

/// History by `git fast-import` with merges of every sort: `d/f` is changed on both sides, on one,
/// on none, and the other way round in a merge itself; `late` comes and goes; times go back once.
fn repository() -> TempDir {
    let dir = TempDir::new();
    let mut stream = String::new();
    let mut mark = 0;
    let mut commit = |branch: &str, time: u64, parents: &[u32], files: &[(&str, &str)]| {
        mark += 1;
        let message = format!("commit {mark}\n\nbody of {mark}\n");
        stream.push_str(&format!(
            "commit refs/heads/{branch}\nmark :{mark}\nauthor Ada <ada@example.com> {} +0130\n\
             committer Grace <grace@example.com> {time} -0800\ndata {}\n{message}\n",
            time - 5,
            message.len()
        ));
        for (number, parent) in parents.iter().enumerate() {
            let word = if number == 0 { "from" } else { "merge" };
            stream.push_str(&format!("{word} :{parent}\n"));
        }
        for (path, text) in files {
            match *text {
                "" => stream.push_str(&format!("D {path}\n")),
                _ => stream
                    .push_str(&format!("M 100644 inline {path}\ndata {}\n{text}\n", text.len())),
            }
        }
        mark
    };
    let root = commit("main", 1000, &[], &[("d/f", "1"), ("d/g", "1"), ("e", "1")]);
    let a = commit("main", 1010, &[root], &[("d/f", "2")]);
    let b = commit("side", 1020, &[root], &[("d/g", "2")]);
    let c = commit("main", 1030, &[a, b], &[("d/g", "2")]);
    let d = commit("main", 1040, &[c], &[("e", "2")]);
    let e = commit("side", 1050, &[b], &[("d/f", "3")]);
    let f = commit("main", 1060, &[d, e], &[("d/f", "both")]);
    let g = commit("other", 1070, &[d], &[("late", "1")]);
    let h = commit("main", 1080, &[f], &[("late", "2")]);
    let i = commit("main", 1090, &[h, g], &[("late", "1")]);
    let j = commit("main", 1055, &[i], &[("late", "")]);
    let k = commit("third", 1100, &[j], &[("d/f", "4")]);
    let l = commit("main", 1110, &[j], &[("d/f", "4")]);
    let m = commit("main", 1120, &[l, k, g], &[]);
    commit("main", 1130, &[m], &[("z", "1")]);
    git(dir.path(), &["init", "--quiet", "--bare", "."]);
    git_with_input(dir.path(), &["fast-import", "--quiet"], stream.as_bytes());
    git(dir.path(), &["tag", "-m", "tag", "v1", "main~3"]);
    dir
}

fn open(store: &Memory) -> Repository<&Memory> {
    Repository::open(store, &repo_name(), Limits::default())
}

fn ours(repository: &Repository<&Memory>, revision: &str, path: &str, limit: u32) -> Vec<String> {
    let mut ids = Vec::new();
    let mut after = None;
    loop {
        let options = LogOptions { path: path.as_bytes(), after, skip: 0, limit };
        let page = block_on(log(repository, revision, &options)).unwrap();
        assert!(page.commits.len() <= limit as usize);
        ids.extend(page.commits.iter().map(|commit| commit.id.to_string()));
        after = page.commits.last().map(|commit| commit.id).or(after);
        if !page.more {
            return ids;
        }
    }
}

fn theirs(dir: &Path, revision: &str, path: &str) -> Vec<String> {
    let mut words = Vec::from(["log", "--format=%H", revision]);
    if !path.is_empty() {
        words.extend(["--", path]);
    }
    git_text(dir, &words).lines().map(String::from).collect()
}

#[test]
fn pages_of_any_size_give_what_git_logs() {
    let dir = repository();
    for is_packed in [false, true] {
        if is_packed {
            git(dir.path(), &["repack", "-adq"]);
        }
        let store = load(dir.path());
        let repository = open(&store);
        for revision in ["main", "side", "third", "v1", "main~4"] {
            for path in ["", "d", "d/f", "d/g", "e", "late", "z", "none", "e/none"] {
                let expected = theirs(dir.path(), revision, path);
                for limit in [1, 2, 3, 100] {
                    let ours = ours(&repository, revision, path, limit);
                    assert_eq!(ours, expected, "{revision} {path:?} {limit}");
                }
                let options = LogOptions { path: path.as_bytes(), skip: 2, limit: 2, after: None };
                let page = block_on(log(&repository, revision, &options)).unwrap();
                let ids = page.commits.iter().map(|commit| commit.id.to_string());
                let behind = expected.iter().skip(2).take(2);
                assert!(ids.eq(behind.cloned()), "{revision} {path:?}");
            }
        }
    }
}

#[test]
fn a_commit_says_what_git_says_of_it() {
    let dir = repository();
    let store = load(dir.path());
    let options = LogOptions { limit: 100, ..LogOptions::default() };
    let page = block_on(log(&open(&store), "main", &options)).unwrap();
    assert_eq!(page.commits.len(), 15);
    for commit in page.commits {
        let format = "--format=%T|%P|%an|%ae|%ad|%cn|%ce|%cd|%B";
        let line = git(dir.path(), &["log", "-1", "--date=raw", format, &commit.id.to_string()]);
        let parents: Vec<String> = commit.parents.iter().map(ToString::to_string).collect();
        let person = |person: &Person| {
            let (name, email, zone) = (&person.name, &person.email, person.zone_minutes);
            let sign = if zone < 0 { '-' } else { '+' };
            let (hours, minutes) = (zone.abs() / 60, zone.abs() % 60);
            format!("{name}|{email}|{} {sign}{hours:02}{minutes:02}", person.time_s)
        };
        let ours = format!(
            "{}|{}|{}|{}|{}\n",
            commit.tree,
            parents.join(" "),
            person(&commit.author),
            person(&commit.committer),
            commit.message
        );
        assert_eq!(ours, String::from_utf8(line).unwrap());
    }
}

#[test]
fn a_commit_that_is_not_in_the_history_is_no_place_to_go_on_from() {
    let dir = repository();
    let store = load(dir.path());
    let after = Some(ObjectId::EMPTY_TREE);
    let options = LogOptions { after, limit: 1, ..LogOptions::default() };
    let error = block_on(log(&open(&store), "main", &options)).unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
}

#[test]
fn a_page_of_a_packed_history_costs_few_requests() {
    let dir = repository();
    git(dir.path(), &["repack", "-adq"]);
    git(dir.path(), &["pack-refs", "--all"]);
    let store = Counting::new(load(dir.path()));
    let repository = Repository::open(&store, &repo_name(), Limits::default());
    let options = LogOptions { path: b"d/f", limit: 100, ..LogOptions::default() };
    block_on(log(&repository, "main", &options)).unwrap();
    let counts = store.take();
    assert!(counts.gets + counts.lists <= 16, "{counts:?}");
}

fn annotation() -> Annotation {
    let person =
        Person { name: "T".into(), email: "t@e".into(), time_s: 1_700_000_000, zone_minutes: 60 };
    Annotation { tagger: person, message: b"first\n".to_vec(), nonce: [3; 20] }
}

#[test]
fn branches_and_tags_are_made_and_deleted_as_git_sees_them() {
    let dir = repository();
    let store = load(dir.path());
    let repository = open(&store);
    let made = block_on(create_branch(&repository, "team/topic", "v1")).unwrap();
    let light = block_on(create_tag(&repository, "light", "main~1", None)).unwrap();
    let tag = block_on(create_tag(&repository, "v2", "main", Some(&annotation()))).unwrap();
    let exists = |outcome: Result<_, NameError>| {
        assert_eq!(outcome.unwrap_err().code(), Code::Exists);
    };
    exists(block_on(create_branch(&repository, "team/topic", "main")));
    exists(block_on(create_tag(&repository, "v2", "main", None)));
    exists(block_on(create_tag(&repository, "v2", "main", Some(&annotation()))));
    exists(block_on(create_branch(&repository, "team", "main")));

    let seen = TempDir::new();
    unload(&store, "trunks/x.trunk/", seen.path());
    let fsck = ["fsck", "--full", "--strict", "--no-dangling", "--no-progress"];
    assert_eq!(try_git(seen.path(), &fsck, b""), (true, Vec::new(), String::new()));
    let git = |words: &[&str]| git_text(seen.path(), words);
    assert_eq!(git(&["rev-parse", "team/topic"]), made.to_string());
    assert_eq!(git(&["rev-parse", "main~3"]), made.to_string());
    assert_eq!(git(&["rev-parse", "light"]), light.to_string());
    assert_eq!(git(&["rev-parse", "main~1"]), light.to_string());
    assert_eq!(git(&["rev-parse", "v2"]), tag.to_string());
    assert_eq!(git(&["rev-parse", "v2^{commit}"]), git(&["rev-parse", "main"]));
    assert_eq!(git(&["cat-file", "-t", "v2"]), "tag");
    assert_eq!(git(&["tag", "-n", "-l", "v2"]), "v2              first");

    let stale = block_on(delete_branch(&repository, "team/topic", Some(light))).unwrap_err();
    assert_eq!(stale.code(), Code::Conflict);
    assert_eq!(block_on(delete_branch(&repository, "team/topic", Some(made))), Ok(made));
    assert_eq!(block_on(delete_tag(&repository, "v2", None)), Ok(tag));
    assert_eq!(block_on(delete_tag(&repository, "light", None)), Ok(light));
    let gone = block_on(delete_tag(&repository, "v2", None)).unwrap_err();
    assert_eq!(gone.code(), Code::NotFound);
}

#[test]
fn what_cannot_be_made_or_deleted_is_said() {
    let dir = repository();
    let store = load(dir.path());
    let repository = open(&store);
    let code = |outcome: Result<ObjectId, NameError>| outcome.unwrap_err().code();
    assert_eq!(code(block_on(delete_branch(&repository, "main", None))), Code::Refused);
    assert_eq!(code(block_on(delete_branch(&repository, "none", None))), Code::NotFound);
    for name in ["-a", "HEAD", "a b", "", "a..b", "/a", "a/"] {
        assert_eq!(code(block_on(create_branch(&repository, name, "main"))), Code::Invalid);
        assert_eq!(code(block_on(create_tag(&repository, name, "main", None))), Code::Invalid);
    }
    assert_eq!(code(block_on(create_branch(&repository, "b", "none"))), Code::NotFound);
    assert_eq!(code(block_on(create_branch(&repository, "b", "main^{tree}"))), Code::Invalid);
    let mut bad = annotation();
    bad.tagger.name.clear();
    assert_eq!(code(block_on(create_tag(&repository, "t", "main", Some(&bad)))), Code::Invalid);
    let nothing = Memory::new();
    assert_eq!(code(block_on(delete_tag(&open(&nothing), "t", None))), Code::NotFound);
}
