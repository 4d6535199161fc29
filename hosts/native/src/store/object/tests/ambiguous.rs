//! Writes whose answers were lost or wrong, and the requests that calls take.

use super::{
    bucket,
    script::{Act, Asked, Script, refusal, tagged},
};
use std::sync::{Arc, Mutex};
use trunks_core::store::{Expected, Store, StoreError, Version};

const MARK: &str = "x-amz-meta-trunks-write";

/// A server that loses its answer to the first write, which takes effect if `lands`; else another
/// writer's does.
fn losing(lands: bool) -> Script {
    let mark: Arc<Mutex<String>> = Arc::default();
    Script::new(move |before, asked: &Asked| {
        let mut mark = mark.lock().expect("whole");
        match before {
            0 => {
                *mark = if lands { asked.header(MARK).to_owned() } else { "another".to_owned() };
                Act::Drop
            }
            _ if asked.is("HEAD") => tagged("present", &format!("{MARK}: {mark}\r\n")),
            _ => refusal(412, "PreconditionFailed"),
        }
    })
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_has_won() {
    for expected in [Expected::Absent, Expected::Is(Version("before".into()))] {
        let script = losing(true);
        let put = bucket(&script).put("k", b"x".to_vec(), expected).await;
        assert_eq!(put, Ok(Version("present".into())));
        assert_eq!(script.lines(), ["PUT /b/k", "PUT /b/k", "HEAD /b/k"]);
    }
}

#[tokio::test]
async fn a_write_that_never_landed_has_lost() {
    for expected in [Expected::Absent, Expected::Is(Version("before".into()))] {
        let put = bucket(&losing(false)).put("k", b"x".to_vec(), expected).await;
        assert_eq!(put, Err(StoreError::Conflict { key: "k".into() }));
    }
}

/// Ceph answers some losers with 500.
#[tokio::test]
async fn a_loser_that_is_told_500_learns_that_it_lost() {
    let script = Script::new(|before, asked| match before {
        0 => refusal(500, "InternalError"),
        _ if asked.is("HEAD") => tagged("other", "x-amz-meta-trunks-write: another\r\n"),
        _ => refusal(412, "PreconditionFailed"),
    });
    let put = bucket(&script).put("k", b"x".to_vec(), Expected::Absent).await;
    assert_eq!(put, Err(StoreError::Conflict { key: "k".into() }));
}

/// Ceph 16 holds a quoted tag against every value.
#[tokio::test]
async fn tags_are_sent_bare_to_a_server_that_wants_them_so() {
    let script = Script::new(|_, asked| match asked.header("if-match") {
        _ if asked.is("HEAD") => tagged("v1", ""),
        "v1" => tagged("v2", ""),
        _ => refusal(412, "PreconditionFailed"),
    });
    let store = bucket(&script);
    let version = |text: &str| Version(text.into());
    let put = store.put("k", b"x".to_vec(), Expected::Is(version("v1"))).await;
    assert_eq!(put, Ok(version("v2")));
    let stale = store.put("k", b"x".to_vec(), Expected::Is(version("v0"))).await;
    assert_eq!(stale, Err(StoreError::Conflict { key: "k".into() }));
    assert_eq!(script.lines(), ["PUT /b/k", "HEAD /b/k", "PUT /b/k", "PUT /b/k"]);
}

#[tokio::test]
async fn each_call_is_one_request() {
    let script = Script::new(|_, asked| match asked.line.as_str() {
        line if line.contains("list-type") => {
            let body = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
            Act::Say(200, String::new(), body.into())
        }
        _ if asked.is("DELETE") => Act::Say(204, String::new(), String::new()),
        _ => tagged("v", ""),
    });
    let store = bucket(&script);
    store.get("k", None).await.expect("read").expect("present");
    store.put("k", Vec::new(), Expected::Absent).await.expect("written");
    store.put("k", Vec::new(), Expected::Is(Version("v".into()))).await.expect("written");
    store.delete("k", Expected::Any).await.expect("deleted");
    store.list("p/", Some("p/a"), 10).await.expect("a page");
    assert_eq!(
        script.lines(),
        [
            "GET /b/k",
            "PUT /b/k",
            "PUT /b/k",
            "DELETE /b/k",
            "GET /b/?list-type=2&max-keys=10&prefix=p%2F&start-after=p%2Fa",
        ]
    );
}
