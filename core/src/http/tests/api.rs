//! The resource API, call by call.

use super::{Answer, ask, make_public, request, store_with, token};
use crate::{
    http::access::Access,
    store::Memory,
    testing::{TempDir, git, git_text, load_into},
};
use alloc::{format, string::ToString, vec::Vec};
use serde_json::{Value, json};
use std::{fs, path::Path};

fn call(store: &Memory, method: &str, target: &str, body: Option<Value>) -> (u16, Value) {
    let answer = call_with(store, method, target, &[], body);
    let value = serde_json::from_slice(&answer.written).unwrap_or(Value::Null);
    (answer.status(), value)
}

fn call_with(
    store: &Memory,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: Option<Value>,
) -> Answer {
    let authorization = format!("Bearer {}", token("*", Access::Write));
    let headers = [&[("authorization", authorization.as_str())], headers].concat();
    let body = body.map(|body| body.to_string().into_bytes());
    let pieces: Vec<&[u8]> = body.iter().map(Vec::as_slice).collect();
    ask(store, &request(method, target, &headers), &pieces)
}

/// A repository of git's in a store, as `team/app`.
fn filled() -> (Memory, TempDir) {
    let dir = TempDir::new();
    git(dir.path(), &["init", "-q", "."]);
    fs::create_dir(dir.path().join("docs")).unwrap();
    fs::write(dir.path().join("docs/a b.txt"), "0123456789").unwrap();
    fs::write(dir.path().join("README"), "read me\n").unwrap();
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "-q", "-m", "one"]);
    git(dir.path(), &["tag", "-a", "-m", "t", "v1"]);
    git(dir.path(), &["branch", "agent/7"]);
    let store = Memory::new();
    load_into(&store, &dir.path().join(".git"), "trunks/team/app.trunk/");
    (store, dir)
}

fn id(dir: &Path, revision: &str) -> alloc::string::String {
    git_text(dir, &["rev-parse", revision])
}

#[test]
fn repositories_are_made_listed_changed_and_deleted() {
    let store = Memory::new();
    for name in ["b", "team/a", "team/c"] {
        let (status, made) = call(&store, "POST", "/v1/repos", Some(json!({ "name": name })));
        assert_eq!((status, &made["name"], &made["public"]), (201, &json!(name), &json!(false)));
        assert_eq!((&made["object"], &made["head"]), (&json!("repo"), &json!("refs/heads/main")));
    }
    let (status, again) = call(&store, "POST", "/v1/repos", Some(json!({ "name": "b" })));
    assert_eq!((status, &again["code"]), (409, &json!("exists")));
    let (_, page) = call(&store, "GET", "/v1/repos?limit=1&offset=1", None);
    let one = json!({ "object": "repo", "name": "team/a" });
    let expected = json!({ "object": "list", "data": [one], "limit": 1, "offset": 1,
        "total_count": 3, "has_more": true });
    assert_eq!(page, expected);
    let (status, changed) =
        call(&store, "PATCH", "/v1/repos/team%2Fa", Some(json!({ "public": true })));
    assert_eq!((status, &changed["public"]), (200, &json!(true)));
    assert_eq!(ask(&store, &request("GET", "/v1/repos/team%2Fa", &[]), &[]).status(), 200);
    assert_eq!(ask(&store, &request("GET", "/v1/repos/team%2Fc", &[]), &[]).status(), 401);
    assert_eq!(ask(&store, &request("GET", "/v1/repos/none", &[]), &[]).status(), 401);
    let (status, gone) = call(&store, "DELETE", "/v1/repos/team%2Fa", None);
    assert_eq!((status, &gone["deleted"]), (200, &json!(true)));
    assert_eq!(call(&store, "GET", "/v1/repos/team%2Fa", None).0, 404);
    assert_eq!(call(&store, "DELETE", "/v1/repos/team%2Fa", None).0, 404);
}

#[test]
fn a_list_holds_only_what_the_token_is_for() {
    let store = store_with(&["a", "team/b", "team/c"]);
    let names = |scope: &str| {
        let authorization = format!("Bearer {}", token(scope, Access::Read));
        let headers = [("authorization", authorization.as_str())];
        let answer = ask(&store, &request("GET", "/v1/repos", &headers), &[]);
        let list: Value = serde_json::from_slice(&answer.written).unwrap();
        list["total_count"].clone()
    };
    assert_eq!(names("*"), 3);
    assert_eq!(names("team/*"), 2);
    assert_eq!(names("a"), 1);
    assert_eq!(names("else"), 0);
}

#[test]
fn branches_and_tags_are_shown_made_and_deleted() {
    let (store, dir) = filled();
    let main = id(dir.path(), "main");
    let branches = "/v1/repos/team%2Fapp/branches";
    let (_, list) = call(&store, "GET", branches, None);
    let branch = |name: &str, default: bool| {
        let commit = &main;
        json!({ "object": "branch", "name": name, "commit": commit, "default": default })
    };
    assert_eq!(list["data"], json!([branch("agent/7", false), branch("main", true)]));
    let new = json!({ "name": "x", "from": "v1" });
    let (status, made) = call(&store, "POST", branches, Some(new));
    assert_eq!((status, made), (201, branch("x", false)));
    assert_eq!(call(&store, "POST", branches, Some(json!({ "name": "x" }))).0, 409);
    assert_eq!(call(&store, "POST", branches, Some(json!({ "name": "a..b" }))).0, 400);
    assert_eq!(call(&store, "POST", branches, Some(json!({ "nam": "y" }))).0, 400);
    let one = format!("{branches}/agent%2F7");
    assert_eq!(call(&store, "GET", &one, None), (200, branch("agent/7", false)));
    assert_eq!(call(&store, "DELETE", &one, None).0, 200);
    assert_eq!(call(&store, "GET", &one, None).0, 404);
    assert_eq!(call(&store, "DELETE", &one, None).0, 404);
    assert_eq!(call(&store, "DELETE", &format!("{branches}/main"), None).0, 400);
    let (_, tags) = call(&store, "GET", "/v1/repos/team%2Fapp/tags", None);
    let tag = id(dir.path(), "v1");
    let expected = json!([{ "object": "tag", "name": "v1", "id": tag, "target": main }]);
    assert_eq!(tags["data"], expected);
}

#[test]
fn files_are_listed_and_read() {
    let (store, dir) = filled();
    let files = "/v1/repos/team%2Fapp/files";
    let (_, root) = call(&store, "GET", files, None);
    let readme = id(dir.path(), "main:README");
    let expected = json!({ "object": "file", "path": "README", "type": "file", "mode": "100644",
        "id": readme });
    assert_eq!((&root["data"][0], &root["total_count"]), (&expected, &json!(2)));
    assert_eq!(root["data"][1]["type"], "directory");
    let (_, docs) = call(&store, "GET", &format!("{files}?path=docs/&ref=v1"), None);
    assert_eq!(docs["data"][0]["path"], "docs/a b.txt");
    for path in ["docs/a%20b.txt", "docs%2Fa%20b.txt?ref=agent%2F7"] {
        let answer = call_with(&store, "GET", &format!("{files}/{path}"), &[], None);
        assert_eq!((answer.status(), answer.text().as_str()), (200, "0123456789"));
        assert_eq!(answer.header("content-length"), Some("10"));
        assert_eq!(answer.header("x-git-commit"), Some(id(dir.path(), "main").as_str()));
    }
    for (path, status) in
        [("none", 404), ("docs", 400), ("README?ref=none", 404), ("README/x", 400)]
    {
        let (found, error) = call(&store, "GET", &format!("{files}/{path}"), None);
        assert_eq!((found, &error["object"]), (status, &json!("error")), "{path}: {error}");
    }
}

#[test]
fn parts_of_files_are_read_and_known_files_are_not() {
    let (store, dir) = filled();
    let read = |headers: &[(&str, &str)]| {
        let target = "/v1/repos/team%2Fapp/files/docs/a%20b.txt";
        call_with(&store, "GET", target, headers, None)
    };
    let tag = format!("\"{}\"", id(dir.path(), "main:docs/a b.txt"));
    assert_eq!(read(&[]).header("etag"), Some(tag.as_str()));
    let part = read(&[("range", "bytes=2-4")]);
    assert_eq!((part.status(), part.text().as_str()), (206, "234"));
    assert_eq!(part.header("content-range"), Some("bytes 2-4/10"));
    let known = read(&[("if-none-match", &tag)]);
    assert_eq!((known.status(), known.text().as_str()), (304, ""));
    let beyond = read(&[("range", "bytes=10-")]);
    assert_eq!((beyond.status(), beyond.header("content-range")), (416, Some("bytes */10")));
}

#[test]
fn commits_are_listed_shown_and_made() {
    let (store, dir) = filled();
    let main = id(dir.path(), "main");
    let commits = "/v1/repos/team%2Fapp/commits";
    let new = json!({
        "branch": "main",
        "message": "by hand\n",
        "author": { "name": "A", "email": "a@example.com" },
        "parent": main,
        "files": [
            { "path": "new/file", "text": "new\n" },
            { "path": "bytes", "base64": "AP8=", "executable": true },
            { "path": "docs/moved", "from": "docs/a b.txt" },
            { "path": "README", "delete": true },
        ],
    });
    let (status, made) = call(&store, "POST", commits, Some(new.clone()));
    assert_eq!((status, &made["parents"]), (201, &json!([main])), "{made}");
    assert_eq!((&made["author"]["name"], &made["message"]), (&json!("A"), &json!("by hand\n")));
    // The same again touches what has changed since.
    let (status, again) = call(&store, "POST", commits, Some(new));
    assert_eq!((status, &again["code"]), (409, &json!("conflict")));
    let target = format!("{commits}/{}", made["id"].as_str().unwrap());
    let (_, one) = call(&store, "GET", &target, None);
    let changes: Vec<(&str, &str)> = one["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (change["kind"].as_str().unwrap(), change["path"].as_str().unwrap()))
        .collect();
    let expected = [
        ("removed", "README"),
        ("added", "bytes"),
        ("renamed", "docs/moved"),
        ("added", "new/file"),
    ];
    assert_eq!(changes, expected);
    let ids = |target: &str| {
        let (_, list) = call(&store, "GET", target, None);
        let data = list["data"].as_array().unwrap().clone();
        (data.iter().map(|one| one["id"].clone()).collect::<Vec<_>>(), list["has_more"].clone())
    };
    let (first, second) = (made["id"].clone(), json!(main));
    assert_eq!(ids(commits), ([first.clone(), second.clone()].into(), json!(false)));
    assert_eq!(ids(&format!("{commits}?limit=1")), ([first.clone()].into(), json!(true)));
    assert_eq!(ids(&format!("{commits}?path=new")), ([first].into(), json!(false)));
    assert_eq!(ids(&format!("{commits}?ref=agent%2F7")), ([second].into(), json!(false)));
    let bad = json!({ "branch": "main", "message": "", "author": { "name": "A" },
        "files": [{ "path": "x", "text": "", "delete": true }] });
    assert_eq!(call(&store, "POST", commits, Some(bad)).0, 400);
}

#[test]
fn pages_of_other_origins_may_ask() {
    let store = store_with(&["open"]);
    make_public(&store, "open");
    let asked = ask(&store, &request("OPTIONS", "/v1/repos/open", &[]), &[]);
    assert_eq!(asked.status(), 204);
    assert!(asked.header("access-control-allow-headers").unwrap().contains("authorization"));
    for (target, status) in [("/v1/repos/open", 200), ("/v1/repos/none", 401), ("/x", 404)] {
        let answer = ask(&store, &request("GET", target, &[]), &[]);
        assert_eq!(answer.status(), status, "{target}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
}

#[test]
fn calls_that_are_none_are_refused() {
    let store = store_with(&["app"]);
    for (method, target, status) in [
        ("GET", "/v1/", 404),
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/repos/app/nothing", 404),
        ("GET", "/v1/repos/..%2Fapp", 404),
        ("GET", "/v1/repos/%FF", 404),
        ("GET", "/v1/repos?limit=0", 400),
        ("GET", "/v1/repos?limit=x", 400),
        ("PUT", "/v1/repos", 405),
        ("POST", "/v1/repos/app", 405),
        ("POST", "/v1/repos/app/files", 405),
        ("POST", "/v1/repos", 400),
        ("GET", "/v1/repos/app/branches/main", 404),
        ("GET", "/v1/repos/app/files", 404),
    ] {
        let (found, error) = call(&store, method, target, None);
        assert_eq!((found, &error["object"]), (status, &json!("error")), "{method} {target}");
    }
    let large = json!({ "name": "a".repeat(17_000_000) });
    assert_eq!(call(&store, "POST", "/v1/repos", Some(large)).0, 413);
}

/// Everything that the description says of paths and methods is so, and nothing else is.
#[test]
fn the_description_tells_what_there_is() {
    let store = store_with(&["app"]);
    let (status, described) = call(&store, "GET", "/v1/openapi.json", None);
    assert_eq!((status, &described["openapi"]), (200, &json!("3.1.0")));
    let paths = described["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 11);
    for (path, operations) in paths {
        let target = path.replace("{repo}", "app").replace("{name}", "x");
        let target = target.replace("{path}", "x").replace("{commit}", "x");
        for method in ["GET", "POST", "PATCH", "DELETE", "PUT"] {
            // The repository itself is kept for the others.
            if method == "DELETE" && target == "/v1/repos/app" {
                continue;
            }
            let (status, answer) = call(&store, method, &target, None);
            let known = &operations[method.to_lowercase()];
            assert_eq!(status == 405, known.is_null(), "{method} {target}: {status} {answer}");
            let is_told = known.is_null() || !known["responses"][format!("{status}")].is_null();
            assert!(is_told, "{method} {target}: {status} is not described");
        }
    }
}
