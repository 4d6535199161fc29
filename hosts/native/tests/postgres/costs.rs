//! What calls cost in round trips.

use super::{proxy::behind_a_proxy, *};
use trunks_core::store::PART_BYTES;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_one_round_trip() {
    let (proxy, _, store) = behind_a_proxy().await;
    let mut before = proxy.questions();
    let mut cost = |what: &str, expected: u64| {
        let now = proxy.questions();
        assert_eq!(now - before, expected, "{what}");
        before = now;
    };
    let any = put(&store, "key", b"any").await;
    cost("a put", 1);
    let is = store.put("key", b"is".to_vec(), Expected::Is(any)).await.expect("updated");
    cost("an update", 1);
    store.put("created", b"x".to_vec(), Expected::Absent).await.expect("created");
    cost("a creation", 1);
    let beside = Expected::AbsentBeside { key: "key".into(), version: Some(is.clone()) };
    store.put("beside", b"x".to_vec(), beside).await.expect("created");
    cost("a creation that looks at a second key", 1);
    get(&store, "key").await;
    cost("a get", 1);
    assert_eq!(get(&store, "nothing").await, None);
    cost("a get of nothing", 1);
    store.list("", None, 1000).await.expect("listed");
    cost("a list", 1);
    store.delete("key", Expected::Is(is)).await.expect("deleted");
    cost("a deletion", 1);
    put(&store, "large", &pattern(1 << 20)).await;
    cost("a put of 1 MiB", 1);
    get(&store, "large").await;
    cost("a get of 1 MiB", 1);
}

/// Statements that go side by side are one round trip, but counted one by one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_value_costs_as_many_statements_as_it_has_chunks() {
    let (proxy, _, store) = behind_a_proxy().await;
    // Else the first large write would do so beside.
    store.sweep().await.expect("swept");
    let before = proxy.questions();
    let upload = store.upload_start("key").await.expect("started");
    let part = store.upload_part(&upload, 1, pattern(PART_BYTES)).await.expect("a part");
    store.upload_finish(&upload, vec![part], Expected::Absent).await.expect("finished");
    assert_eq!(proxy.questions() - before, 1 + 8 + 1);
    let before = proxy.questions();
    let range = store.get("key", Some(3_000_000..3_000_100)).await.expect("read");
    assert_eq!(range.expect("present").bytes, pattern(PART_BYTES)[3_000_000..3_000_100]);
    get(&store, "key").await;
    assert_eq!(proxy.questions() - before, 2);
}
