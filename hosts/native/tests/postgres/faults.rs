//! Answers that are lost on the way.

use super::{proxy::behind_a_proxy, *};
use tokio::net::TcpListener;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_wrote_and_was_not_told_finds_out() {
    let (proxy, near, far) = behind_a_proxy().await;
    proxy.lose_one(0);
    let version = far.put("created", b"1".to_vec(), Expected::Absent).await.expect("created");
    assert!(proxy.has_lost());
    assert_eq!(get(&near, "created").await.expect("present").version, version);
    proxy.lose_one(0);
    let expected = Expected::Is(version);
    let version = far.put("created", b"2".to_vec(), expected.clone()).await.expect("updated");
    assert!(proxy.has_lost());
    assert_eq!(get(&near, "created").await.expect("present").bytes, b"2");
    assert_eq!(far.put("created", b"3".to_vec(), expected).await, conflict("created"));
    proxy.lose_one(0);
    let beside = Expected::AbsentBeside { key: "created".into(), version: Some(version.clone()) };
    far.put("beside", b"1".to_vec(), beside).await.expect("created");
    assert!(proxy.has_lost());
    proxy.lose_one(0);
    far.delete("created", Expected::Is(version)).await.expect("deleted");
    assert!(proxy.has_lost());
    assert_eq!(get(&near, "created").await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lost_and_was_not_told_finds_out() {
    let (proxy, near, far) = behind_a_proxy().await;
    let first = put(&near, "key", b"1").await;
    put(&near, "key", b"2").await;
    proxy.lose_one(0);
    let put = far.put("key", b"3".to_vec(), Expected::Is(first)).await;
    assert!(proxy.has_lost());
    assert_eq!(put, conflict("key"));
    assert_eq!(get(&near, "key").await.expect("present").bytes, b"2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_are_repeated() {
    let (proxy, near, far) = behind_a_proxy().await;
    let whole = pattern(12 << 20);
    put(&near, "large", &whole).await;
    for lost in [0, 1, 7, 100] {
        proxy.lose_one(lost);
        assert!(get(&far, "large").await.expect("present").bytes == whole);
        assert!(proxy.has_lost());
    }
    proxy.lose_one(0);
    let page = far.list("", None, 10).await.expect("listed");
    assert!(proxy.has_lost());
    assert_eq!(page.entries.len(), 2);
}

/// As when a firewall has forgotten the connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_goes_silent_is_left() {
    let (proxy, near, far) = behind_a_proxy().await;
    proxy.fall_silent();
    assert_eq!(get(&far, "there").await.expect("present").bytes, b"x");
    proxy.fall_silent();
    let version = far.put("key", b"1".to_vec(), Expected::Absent).await.expect("created");
    assert_eq!(get(&near, "key").await.expect("present").version, version);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_survives_lost_answers() {
    let (proxy, near, far) = behind_a_proxy().await;
    let whole = pattern((8 << 20) + 5);
    proxy.lose_one(0);
    let upload = far.upload_start("key").await.expect("started");
    proxy.lose_one(3);
    let mut parts = Vec::new();
    for (number, bytes) in (1..).zip(whole.chunks(8 << 20)) {
        parts.push(far.upload_part(&upload, number, bytes.to_vec()).await.expect("a part"));
    }
    assert!(proxy.has_lost());
    proxy.lose_one(0);
    far.upload_finish(&upload, parts, Expected::Absent).await.expect("finished");
    assert!(proxy.has_lost());
    assert!(get(&near, "key").await.expect("present").bytes == whole);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_says_nothing_is_given_up_at_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let port = listener.local_addr().expect("bound").port();
    let silent = PostgresConfig {
        ports: vec![port],
        connect_timeout: Some(Duration::from_millis(300)),
        deadline: Some(Duration::from_millis(900)),
        ..config(Server::shared(), "postgres")
    };
    let error = store(silent).get("key", None).await.expect_err("silent");
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("did not let us in"), "{error}");
    drop(listener);
}
