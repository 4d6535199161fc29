//! Refusals, servers that hang, and nobody at the endpoint.

use super::{
    bucket,
    script::{Act, Script, refusal},
};
use std::net::TcpListener;
use trunks_core::store::{Expected, Store, StoreError};

async fn refused(act: Act) -> StoreError {
    let script = Script::new(move |_, _| act.clone());
    bucket(&script).get("k", None).await.expect_err("it is refused")
}

#[tokio::test]
async fn refusals_say_what_to_do() {
    let clock = Act::Say(
        403,
        "Date: Fri, 01 Jan 2027 00:00:00 GMT\r\n".into(),
        "<Error><Code>RequestTimeTooSkewed</Code><Message>m</Message></Error>".into(),
    );
    for (act, is_denied, words) in [
        (refusal(403, "InvalidAccessKeyId"), true, "the access key is not known there"),
        (refusal(403, "SignatureDoesNotMatch"), true, "the secret key does not belong"),
        (refusal(400, "ExpiredToken"), true, "sign in again"),
        (refusal(403, "AccessDenied"), true, "docs/backends/s3.md"),
        (clock, true, "this machine's clock is"),
        (refusal(404, "NoSuchBucket"), false, "there is no bucket b at 127.0.0.1"),
        (refusal(501, "NotImplemented"), false, "cannot be used"),
        (refusal(400, "InvalidArgument"), false, "400 InvalidArgument So it is"),
        (refusal(507, ""), false, "free some space"),
    ] {
        let error = refused(act).await;
        assert_eq!(matches!(error, StoreError::Denied { .. }), is_denied, "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    }
}

#[tokio::test]
async fn what_passes_is_asked_again() {
    for passing in [
        refusal(503, "SlowDown"),
        refusal(500, "InternalError"),
        refusal(429, ""),
        refusal(409, "ConditionalRequestConflict"),
        Act::Drop,
    ] {
        let script = Script::new(move |before, _| match before {
            0 | 1 => passing.clone(),
            _ => super::script::tagged("v", ""),
        });
        let version = bucket(&script).put("k", b"x".to_vec(), Expected::Absent).await;
        assert_eq!(version.expect("written").0, "v");
        assert_eq!(script.lines(), ["PUT /b/k"; 3]);
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_in_time() {
    let script = Script::new(|_, _| Act::Hang);
    let error = bucket(&script).get("k", None).await.expect_err("there is no answer");
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert!(error.to_string().contains("no answer from bucket b at 127.0.0.1"), "{error}");
    assert!(script.lines().len() > 1, "it was asked once only");
}

#[tokio::test]
async fn nobody_at_the_endpoint_is_said() {
    let script = Script::new(|_, _| Act::Drop);
    let error = bucket(&script).get("k", None).await.expect_err("nobody answers");
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let mut config = super::S3Config::new(super::S3Provider::Aws, "b");
    config.endpoint = Some(format!("http://{}", listener.local_addr().expect("bound")));
    (config.access_key, config.secret_key) = (Some("a".into()), Some("s".into()));
    drop(listener);
    let store = super::S3::new(&config).expect("it is well configured");
    let error = store.get("k", None).await.expect_err("nobody is there");
    assert!(error.to_string().contains("cannot reach bucket b at 127.0.0.1"), "{error}");
}

#[tokio::test]
async fn half_a_key_is_refused_before_anything_is_sent() {
    let mut config = super::S3Config::new(super::S3Provider::Aws, "b");
    config.secret_key = Some("hush-hush".into());
    let error = super::S3::new(&config).expect_err("half a key");
    assert!(matches!(error, StoreError::Denied { .. }), "{error:?}");
    assert!(!format!("{error:?} {config:?}").contains("hush"));
}

#[tokio::test]
async fn a_broken_body_is_read_again() {
    let script = Script::new(|before, _| match before {
        // More is promised than comes before the connection ends.
        0 => Act::Say(
            200,
            "ETag: \"v\"\r\nConnection: close\r\nContent-Length: 9\r\n".into(),
            "x".into(),
        ),
        _ => Act::Say(200, "ETag: \"v\"\r\n".into(), "whole".into()),
    });
    let value = bucket(&script).get("k", None).await.expect("read").expect("present");
    assert_eq!(value.bytes, b"whole");
}
