//! Tokens that `trunks` makes are those that the core takes.

use std::time::{SystemTime, UNIX_EPOCH};
use trunks_core::http::access::{Access, Keys, Token, TokenError};
use trunks_tests::sandbox::Sandbox;

const SECRET: &str = "a-secret-of-the-tests-that-is-long-enough";

#[test]
fn a_token_is_made_that_opens_what_it_says() {
    let sandbox = Sandbox::new();
    let make = |secret: &str, words: &[&str]| {
        let mut command = sandbox.command("", "trunks", &[&["token", "create"], words].concat());
        let output = command.env("TRUNKS_SECRET", secret).output();
        let output = output.expect("trunks runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        match output.status.success() {
            true => Ok(String::from_utf8(output.stdout).expect("text").trim().to_owned()),
            false => Err(said),
        }
    };
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let keys = Keys::parse(SECRET).expect("a secret");
    let both = format!("{SECRET} an-older-secret-that-is-still-taken-for-a-while");
    let text = make(&both, &["--repo", "team/*", "--access", "write", "--expires", "1h"]);
    let token = Token::read(&text.expect("a token"), &keys, now_s).expect("it is valid");
    assert_eq!((token.scope.to_string().as_str(), token.access), ("team/*", Access::Write));
    assert!((now_s + 3600..now_s + 3700).contains(&token.expires_s));

    let text = make(SECRET, &["--repo", "app"]).expect("a token");
    let token = Token::read(&text, &keys, now_s).expect("it is valid");
    assert_eq!((token.access, token.expires_s > now_s), (Access::Read, true));
    assert_eq!(Token::read(&text, &keys, token.expires_s), Err(TokenError::Expired));

    assert!(make(SECRET, &["--repo", "a//b"]).expect_err("no scope").contains("not a scope"));
    assert!(make("", &["--repo", "app"]).expect_err("no secret").contains("is not set"));
    let said = make("short", &["--repo", "app"]).expect_err("a weak secret");
    assert!(said.contains("at least 32") && !said.contains("short\n"), "{said}");
}
