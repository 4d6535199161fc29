//! Who is let in, as a table.

use super::{ask, host, make_public, request, store_with, token, token_until};
use crate::http::access::{Access, Key, Token};
use alloc::{format, string::String};
use base64::{Engine, engine::general_purpose::STANDARD};

const READ: &str = "/team/app.git/info/refs?service=git-upload-pack";
const WRITE: &str = "/team/app.git/info/refs?service=git-receive-pack";

fn status(target: &str, token: Option<&str>) -> u16 {
    let store = store_with(&["team/app", "open"]);
    make_public(&store, "open");
    let header = token.map(|token| format!("Bearer {token}"));
    let headers = header.as_ref().map(|header| ("authorization", header.as_str()));
    ask(&store, &request("GET", target, headers.as_slice()), &[]).status()
}

#[test]
fn tokens_open_what_they_say() {
    use Access::{Read, Write};
    let expired = token_until("team/app", Write, host().now_s);
    let good = token("team/app", Write);
    let key = Key::new("another secret, which is long enough").unwrap();
    let forged = Token { scope: "*".parse().unwrap(), access: Write, expires_s: u64::MAX };
    let forged = forged.write(&key);
    let (_, good_claims) = good.split_at("trunks_".len());
    let table: [(&str, &str, Option<&str>, u16, u16); 15] = [
        ("none", READ, None, 401, 401),
        ("of the repository, to write", READ, Some(&good), 200, 200),
        ("of the repository, to read", READ, Some(&token("team/app", Read)), 200, 403),
        ("of the team, to write", READ, Some(&token("team/*", Write)), 200, 200),
        ("of all, to read", READ, Some(&token("*", Read)), 200, 403),
        ("of another repository", READ, Some(&token("team/other", Write)), 404, 404),
        ("of another team", READ, Some(&token("tea/*", Write)), 404, 404),
        ("of what lies below", READ, Some(&token("team/app/*", Write)), 404, 404),
        ("expired", READ, Some(&expired), 401, 401),
        ("forged", READ, Some(&forged), 401, 401),
        ("truncated", READ, Some(&good[..good.len() - 1]), 401, 401),
        ("without its beginning", READ, Some(good_claims), 401, 401),
        ("empty", READ, Some(""), 401, 401),
        ("nonsense", READ, Some("\u{1F980} trunks_.."), 401, 401),
        ("very long", READ, Some(&"A".repeat(1_000_000)), 401, 401),
    ];
    for (what, read, token, reads, writes) in table {
        assert_eq!(status(read, token), reads, "reading, token {what}");
        assert_eq!(status(WRITE, token), writes, "writing, token {what}");
    }
}

#[test]
fn strangers_cannot_tell_private_from_missing() {
    let other = token("else", Access::Write);
    for path in [READ, WRITE] {
        for token in [None, Some("forged"), Some(other.as_str())] {
            let answer = |path: &str| {
                let header = token.map(|token| format!("Bearer {token}"));
                let headers = header.as_ref().map(|header| ("authorization", header.as_str()));
                let request = request("GET", path, headers.as_slice());
                let answer = ask(&store_with(&["team/app"]), &request, &[]);
                (answer.head.clone(), answer.text())
            };
            assert_eq!(answer(path), answer(&path.replace("team/app", "team/none")));
        }
    }
}

#[test]
fn what_is_public_all_may_read_and_few_may_write() {
    let open = |path: &str| path.replace("team/app", "open");
    let other = token("else", Access::Write);
    assert_eq!(status(&open(READ), None), 200);
    assert_eq!(status(&open(READ), Some(&other)), 200);
    assert_eq!(status(&open(READ), Some("forged")), 401);
    assert_eq!(status(&open(WRITE), None), 401);
    assert_eq!(status(&open(WRITE), Some(&other)), 404);
    assert_eq!(status(&open(WRITE), Some(&token("open", Access::Write))), 200);
}

#[test]
fn git_shows_its_token_as_a_password() {
    let token = token("team/app", Access::Read);
    let basic = |pair: String| format!("Basic {}", STANDARD.encode(pair));
    let store = store_with(&["team/app"]);
    let status = |header: &str| {
        ask(&store, &request("GET", READ, &[("authorization", header)]), &[]).status()
    };
    assert_eq!(status(&basic(format!("anyone:{token}"))), 200);
    assert_eq!(status(&basic(format!("{token}:"))), 200);
    assert_eq!(status(&basic(token.clone())), 200);
    assert_eq!(status(&format!("bearer  {token}")), 200);
    assert_eq!(status(&basic(format!("{token}:x"))), 401);
    assert_eq!(status(&token), 401);
    assert_eq!(status("Basic !"), 401);
    let asked = ask(&store, &request("GET", READ, &[]), &[]);
    assert_eq!(asked.header("www-authenticate"), Some("Basic realm=\"trunks\""));
}
