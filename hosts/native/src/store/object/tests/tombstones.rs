//! Tombstones: what they hide, and what may be created on them when.

use super::{
    bucket,
    script::{Act, Asked, Script, refusal, tagged},
};
use std::sync::{Arc, Mutex};
use trunks_core::store::{Expected, Store, StoreError, Version};

const GRAVE: &str = "x-amz-meta-trunks-deleted";

/// A key with a tombstone that was written `age_s` ago; what is put over it by its tag is accepted.
fn buried(age_s: u32) -> Script {
    buried_until(900, age_s)
}

/// The same of one whose owner's request is void `void_s` after it was written, as it says.
fn buried_until(void_s: u64, age_s: u32) -> Script {
    const WRITTEN_S: u64 = 1_795_219_200;
    let void_s = WRITTEN_S + void_s;
    Script::new(move |_, asked: &Asked| {
        let (hours, minutes, seconds) = (age_s / 3600, age_s / 60 % 60, age_s % 60);
        let times = format!(
            "Last-Modified: Sat, 21 Nov 2026 00:00:00 GMT\r\n\
             Date: Sat, 21 Nov 2026 {hours:02}:{minutes:02}:{seconds:02} GMT\r\n{GRAVE}: {void_s}\r\n"
        );
        match asked.header("if-match") {
            "\"grave\"" => tagged("new", ""),
            _ if asked.is("PUT") => refusal(412, "PreconditionFailed"),
            _ => tagged("grave", &times),
        }
    })
}

#[tokio::test]
async fn a_tombstone_counts_as_absent() {
    let store = bucket(&buried(1));
    assert_eq!(store.get("k", None).await, Ok(None));
    assert_eq!(store.get("k", Some(0..0)).await, Ok(None));
    assert_eq!(store.delete("k", Expected::Absent).await, Ok(()));
}

/// Its remover's request may still be on its way, and would take the new value along.
#[tokio::test]
async fn nothing_is_created_on_a_young_tombstone() {
    let error = bucket(&buried(15 * 60)).put("k", b"x".to_vec(), Expected::Absent).await;
    let error = error.expect_err("it is held");
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert!(error.to_string().contains("try again in 1 min"), "{error}");
}

#[tokio::test]
async fn a_tombstone_that_was_left_behind_is_replaced() {
    let script = buried(16 * 60);
    let put = bucket(&script).put("k", b"x".to_vec(), Expected::Absent).await;
    assert_eq!(put, Ok(Version("new".into())));
    assert_eq!(script.lines(), ["PUT /b/k", "HEAD /b/k", "PUT /b/k"]);
}

/// A remover whose clock is ahead signs what is heeded for longer; one whose clock is behind, less long.
#[tokio::test]
async fn what_counts_is_the_clock_that_signed() {
    let ahead = bucket(&buried_until(25 * 60, 16 * 60));
    let error = ahead.put("k", b"x".to_vec(), Expected::Absent).await.expect_err("it is held");
    assert!(error.to_string().contains("try again in 10 min"), "{error}");
    for (void_s, age_s) in [(25 * 60, 26 * 60), (5 * 60, 6 * 60), (u64::from(u32::MAX), 31 * 60)] {
        let script = buried_until(void_s, age_s);
        let put = bucket(&script).put("k", b"x".to_vec(), Expected::Absent).await;
        assert_eq!(put, Ok(Version("new".into())), "{void_s} {age_s}");
    }
}

/// A remover that sleeps after its tombstone must not be heeded when it wakes up.
#[tokio::test]
async fn a_removal_is_signed_before_the_tombstone_is_written() {
    let signed: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
    let seen = signed.clone();
    let script = Script::new(move |_, asked| {
        let line = (asked.line.clone(), asked.header("x-amz-date").to_owned());
        seen.lock().expect("whole").push(line);
        if asked.is("PUT") {
            assert_eq!((asked.header("if-match"), asked.body.len()), ("\"v\"", 55));
            let void_s: u64 = asked.header(GRAVE).parse().expect("a time");
            let now_s = std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
            assert!((now_s + 880..=now_s + 900).contains(&void_s), "{void_s}");
            // Long enough for the clock of signatures, which counts seconds, to move on.
            std::thread::sleep(std::time::Duration::from_millis(1100));
            return tagged("grave", "");
        }
        Act::Say(204, String::new(), String::new())
    });
    let mut config = super::S3Config::new(super::S3Provider::Aws, "b");
    config.endpoint = Some(script.endpoint());
    (config.access_key, config.secret_key) = (Some("a".into()), Some("s".into()));
    let store = super::S3::new(&config).expect("it is well configured");
    store.delete("k", Expected::Is(Version("v".into()))).await.expect("deleted");
    let signed = signed.lock().expect("whole");
    assert_eq!(signed.len(), 2);
    assert!(signed[1].0.starts_with("DELETE") && signed[1].1 <= signed[0].1, "{signed:?}");
}

#[tokio::test]
async fn a_value_that_has_changed_is_not_buried() {
    let script = Script::new(|_, asked| match asked.is("HEAD") {
        true => tagged("other", ""),
        false => refusal(412, "PreconditionFailed"),
    });
    let deleted = bucket(&script).delete("k", Expected::Is(Version("v".into()))).await;
    assert_eq!(deleted, Err(StoreError::Conflict { key: "k".into() }));
    assert!(script.lines().iter().all(|line| !line.starts_with("DELETE")));
}

#[tokio::test]
async fn listings_leave_tombstones_out() {
    let script = Script::new(|_, asked| {
        if asked.is("HEAD") {
            let grave = if asked.line.contains("/b/gone") {
                "x-amz-meta-trunks-deleted: 1795220100\r\n"
            } else {
                ""
            };
            return tagged("v", grave);
        }
        let entry = |key: &str, size: u64| {
            let time = "2026-11-21T00:00:00.000Z";
            format!(
                "<Contents><Key>{key}</Key><Size>{size}</Size><LastModified>{time}</LastModified></Contents>"
            )
        };
        let entries = entry("gone", 55) + &entry("long", 41) + &entry("same", 55);
        Act::Say(200, String::new(), format!("<L><IsTruncated>false</IsTruncated>{entries}</L>"))
    });
    let page = bucket(&script).list("", None, 10).await.expect("a page");
    let keys: Vec<&str> = page.entries.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(keys, ["long", "same"]);
}
