//! Requests that no git would send, and their answers.

use super::{ask, request, store_with, token};
use crate::http::access::Access;
use alloc::{format, string::String, vec::Vec};

fn authorization() -> String {
    format!("Bearer {}", token("*", Access::Write))
}

/// Posts a body to upload-pack with these headers besides.
fn post(headers: &[(&str, &str)], body: &[&[u8]]) -> super::Answer {
    let authorization = authorization();
    let headers = [
        &[
            ("authorization", authorization.as_str()),
            ("content-type", "application/x-git-upload-pack-request"),
            ("git-protocol", "version=2"),
        ],
        headers,
    ]
    .concat();
    ask(&store_with(&["app"]), &request("POST", "/app.git/git-upload-pack", &headers), body)
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut crc = crc32fast::Hasher::new();
    crc.update(data);
    let zlib = crate::zlib::deflate(data);
    let mut bytes = Vec::from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
    // A zlib stream is 2 bytes, deflated data, and a checksum of 4.
    bytes.extend_from_slice(&zlib[2..zlib.len() - 4]);
    bytes.extend_from_slice(&crc.finalize().to_le_bytes());
    bytes.extend_from_slice(&(data.len() as u32).to_le_bytes());
    bytes
}

const LS_REFS: &[u8] = b"0014command=ls-refs\n0000";

#[test]
fn answers_say_what_they_are_and_that_nobody_may_keep_them() {
    let answer = post(&[], &[LS_REFS]);
    assert_eq!((answer.status(), answer.text().as_str()), (200, "0000"));
    assert_eq!(answer.header("content-type"), Some("application/x-git-upload-pack-result"));
    assert_eq!(answer.header("cache-control"), Some("no-cache, max-age=0, must-revalidate"));
    let authorization = authorization();
    let get = |service: &str, protocol: &str| {
        let target = format!("/app/info/refs?service={service}");
        let headers = [("authorization", authorization.as_str()), ("git-protocol", protocol)];
        let answer = ask(&store_with(&["app"]), &request("GET", &target, &headers), &[]);
        (String::from(answer.header("content-type").unwrap()), answer.text())
    };
    let (kind, text) = get("git-upload-pack", "version=2");
    assert_eq!(kind, "application/x-git-upload-pack-advertisement");
    assert!(text.starts_with("000eversion 2\n"), "{text}");
    let (_, text) = get("git-upload-pack", "version=1");
    assert!(text.starts_with("001e# service=git-upload-pack\n0000000eversion 1\n"), "{text}");
    let (kind, text) = get("git-receive-pack", "version=2");
    assert_eq!(kind, "application/x-git-receive-pack-advertisement");
    assert!(text.starts_with("001f# service=git-receive-pack\n0000"), "{text}");
}

#[test]
fn a_compressed_body_is_as_good_as_a_plain_one() {
    let compressed = gzip(LS_REFS);
    for size in [1, 10, compressed.len()] {
        let pieces: Vec<&[u8]> = compressed.chunks(size).collect();
        let answer = post(&[("content-encoding", "gzip")], &pieces);
        assert_eq!((answer.status(), answer.text().as_str()), (200, "0000"));
    }
}

#[test]
fn bodies_that_lie_are_refused() {
    let bomb = gzip(&[b'0'; 64 * 1024 * 1024]);
    let compressed = gzip(LS_REFS);
    let cut = &compressed[..compressed.len() / 2];
    let long = format!("{}", LS_REFS.len() + 1);
    let short = format!("{}", LS_REFS.len() - 1);
    for (what, headers, body, status) in [
        ("longer than declared", ("content-length", short.as_str()), LS_REFS, 400),
        ("shorter than declared", ("content-length", &long), &LS_REFS[..10], 400),
        ("of no declared length", ("content-length", "-1"), LS_REFS, 400),
        ("not gzip", ("content-encoding", "gzip"), LS_REFS, 400),
        ("cut off", ("content-encoding", "gzip"), cut, 400),
        ("of another encoding", ("content-encoding", "br"), LS_REFS, 415),
        ("a bomb", ("content-encoding", "gzip"), &bomb, 200),
    ] {
        let answer = post(&[headers], &[body]);
        assert_eq!(answer.status(), status, "{what}: {}", answer.text());
        assert_ne!(answer.text(), "0000", "{what}");
    }
}

#[test]
fn requests_that_are_none_are_refused() {
    let authorization = authorization();
    let with = |method: &str, target: &str| {
        let headers = [("authorization", authorization.as_str())];
        ask(&store_with(&["app"]), &request(method, target, &headers), &[])
    };
    assert_eq!(with("GET", "/app.git/info/refs").status(), 403);
    assert_eq!(with("GET", "/app.git/info/refs?service=git-archive").status(), 403);
    assert_eq!(with("GET", "/none.git/info/refs?service=git-upload-pack").status(), 404);
    assert_eq!(with("GET", "/app.git/HEAD").status(), 404);
    assert_eq!(with("POST", "/app.git/git-upload-pack").status(), 415);
    for (method, target, allowed) in [
        ("POST", "/app.git/info/refs?service=git-upload-pack", "GET"),
        ("GET", "/app.git/git-upload-pack", "POST"),
        ("DELETE", "/app.git/git-receive-pack", "POST"),
    ] {
        let answer = with(method, target);
        assert_eq!((answer.status(), answer.header("allow")), (405, Some(allowed)));
    }
}

#[test]
fn a_request_shows_no_secret() {
    let request = request("GET", "/app?token=secret", &[("authorization", "Bearer secret")]);
    assert!(!format!("{request:?}").contains("secret"));
}
