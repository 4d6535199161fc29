//! Writing values, with and without a condition.

use super::{conflict, noise, present, put};
use trunks_core::store::{Expected, Store, Version};

/// `Absent` holds once.
pub async fn a_created_value_is_not_created_again<S: Store>(store: &S) {
    let key = "create/key";
    let version = store.put(key, b"first".to_vec(), Expected::Absent).await.expect("created");
    assert_eq!(store.put(key, b"again".to_vec(), Expected::Absent).await, conflict(key));
    assert_eq!(store.put(key, b"first".to_vec(), Expected::Absent).await, conflict(key));
    let value = present(store, key).await;
    assert_eq!((value.bytes.as_slice(), value.version), (&b"first"[..], version));
    let empty = "create/empty";
    store.put(empty, Vec::new(), Expected::Absent).await.expect("created empty");
    assert_eq!(store.put(empty, b"x".to_vec(), Expected::Absent).await, conflict(empty));
}

/// `Any` writes over whatever is there: longer, shorter, empty.
pub async fn a_value_is_replaced<S: Store>(store: &S) {
    for bytes in [&b"short"[..], b"", b"rather a lot longer", b"s", &noise(2, 200_000), b"end"] {
        let version = put(store, "replace/key", bytes).await;
        let value = present(store, "replace/key").await;
        assert!(value.bytes == bytes);
        assert_eq!((value.size_bytes, value.version), (bytes.len() as u64, version));
    }
}

/// `Is` holds for the present version only, and a refused write changes nothing.
pub async fn an_update_needs_the_present_version<S: Store>(store: &S) {
    let key = "update/key";
    let one = put(store, key, b"one").await;
    let two = store.put(key, b"two".to_vec(), Expected::Is(one.clone())).await.expect("updated");
    assert_eq!(store.put(key, b"xxx".to_vec(), Expected::Is(one.clone())).await, conflict(key));
    assert_eq!(present(store, key).await.bytes, b"two");
    assert_eq!(present(store, key).await.version, two);
    let unknown = Expected::Is(Version("no such version".to_owned()));
    assert_eq!(store.put(key, b"xxx".to_vec(), unknown).await, conflict(key));
    let read = present(store, key).await.version;
    store.put(key, b"three".to_vec(), Expected::Is(read)).await.expect("a version that was read");
    assert_eq!(present(store, key).await.bytes, b"three");
}

/// `Is` never holds where nothing is, also when something was.
pub async fn an_update_of_nothing_conflicts<S: Store>(store: &S) {
    let there = put(store, "nothing/there", b"x").await;
    let key = "nothing/key";
    assert_eq!(store.put(key, b"y".to_vec(), Expected::Is(there)).await, conflict(key));
    assert_eq!(store.get(key, None).await, Ok(None));
    let was = put(store, key, b"was").await;
    store.delete(key, Expected::Any).await.expect("deleted");
    assert_eq!(store.put(key, b"y".to_vec(), Expected::Is(was)).await, conflict(key));
    assert_eq!(store.get(key, None).await, Ok(None));
}

/// The second key must be as it was seen, or is not looked at. The first one must be absent anyhow.
pub async fn a_creation_may_look_at_a_second_key<S: Store>(store: &S) {
    let beside = "beside/other";
    let demand = |version: Option<&Version>| Expected::AbsentBeside {
        key: beside.to_owned(),
        version: version.cloned(),
    };
    let create = async |key: &str, expected| store.put(key, b"x".to_vec(), expected).await;
    create("beside/1", demand(None)).await.expect("both are absent");
    assert_eq!(create("beside/1", demand(None)).await, conflict("beside/1"));
    let one = put(store, beside, b"one").await;
    create("beside/2", demand(Some(&one))).await.expect("the other is as it was");
    assert_eq!(create("beside/2", demand(Some(&one))).await, conflict("beside/2"));
    put(store, beside, b"two").await;
    for (key, stale) in [("beside/3", None), ("beside/4", Some(&one))] {
        match create(key, demand(stale)).await {
            Ok(_) => assert_eq!(present(store, key).await.bytes, b"x"),
            refused => {
                assert_eq!(refused, conflict(key));
                assert_eq!(store.get(key, None).await, Ok(None));
            }
        }
    }
}

/// Equal versions, equal values: however fast the writes follow each other, at any size.
pub async fn a_version_moves_with_the_value<S: Store>(store: &S) {
    for length in [1, 41, 64 * 1024, 64 * 1024 + 1, 300_000] {
        let key = format!("version/{length}");
        let mut seen: Vec<Version> = Vec::new();
        for round in 0..20 {
            let mut bytes = noise(8, length);
            bytes[length / 2] = round;
            let put = put(store, &key, bytes).await;
            assert_eq!(present(store, &key).await.version, put);
            assert!(!seen.contains(&put), "{length} bytes, round {round}: {put:?} again");
            seen.push(put);
        }
        for stale in &seen[..seen.len() - 1] {
            let expected = Expected::Is(stale.clone());
            assert_eq!(store.put(&key, b"stale".to_vec(), expected).await, conflict(&key));
        }
    }
}

/// A value of 100 MiB in one piece.
pub async fn a_value_of_100_mib_is_written<S: Store>(store: &S) {
    let whole = noise(3, 100 << 20);
    let version = store.put("huge/key", whole.clone(), Expected::Absent).await.expect("written");
    let value = present(store, "huge/key").await;
    assert!(value.bytes == whole);
    assert_eq!(value.version, version);
    drop(value);
    let middle = (50 << 20) - 3..(50 << 20) + 5;
    let value = store.get("huge/key", Some(middle.start..middle.end)).await.expect("a read");
    let value = value.expect("present");
    assert_eq!(value.bytes, whole[middle.start as usize..middle.end as usize]);
    store.delete("huge/key", Expected::Is(version)).await.expect("deleted");
}
