//! Deleting values, with and without a condition.

use super::{conflict, keys, present, put};
use trunks_core::store::{Expected, Store, Version};

/// Neither `get` nor `list` finds it, and its neighbours stay.
pub async fn a_deleted_value_is_gone<S: Store>(store: &S) {
    for key in ["delete/a", "delete/b", "delete/b/c", "delete/d/e/f"] {
        // Where `b` and `b/c` cannot both be, `b` is the one that is.
        let _ = store.put(key, b"x".to_vec(), Expected::Absent).await;
    }
    store.delete("delete/a", Expected::Any).await.expect("deleted");
    store.delete("delete/d/e/f", Expected::Any).await.expect("deleted");
    assert_eq!(store.get("delete/a", None).await, Ok(None));
    assert_eq!(store.get("delete/d/e/f", None).await, Ok(None));
    let left = keys(store, "delete/").await;
    assert!(left.starts_with(&["delete/b".to_owned()]), "{left:?}");
    assert!(!left.contains(&"delete/d/e/f".to_owned()));
    assert_eq!(present(store, "delete/b").await.bytes, b"x");
}

/// With `Any`.
pub async fn deleting_nothing_succeeds<S: Store>(store: &S) {
    put(store, "nothing-deleted/there", b"x").await;
    for key in ["nothing-deleted/a", "nothing-deleted/deep/a", "nothing-deleted/there/a"] {
        assert_eq!(store.delete(key, Expected::Any).await, Ok(()), "{key}");
        assert_eq!(store.delete(key, Expected::Absent).await, Ok(()), "{key}");
    }
    assert_eq!(present(store, "nothing-deleted/there").await.bytes, b"x");
}

/// A refused deletion changes nothing.
pub async fn a_delete_needs_the_present_version<S: Store>(store: &S) {
    let key = "delete-if/key";
    let one = put(store, key, b"one").await;
    let two = put(store, key, b"two").await;
    assert_eq!(store.delete(key, Expected::Is(one.clone())).await, conflict(key));
    assert_eq!(store.delete(key, Expected::Absent).await, conflict(key));
    let unknown = Expected::Is(Version("no such version".to_owned()));
    assert_eq!(store.delete(key, unknown).await, conflict(key));
    assert_eq!(present(store, key).await.bytes, b"two");
    store.delete(key, Expected::Is(two.clone())).await.expect("deleted");
    assert_eq!(store.get(key, None).await, Ok(None));
    assert_eq!(store.delete(key, Expected::Is(two)).await, conflict(key));
}

/// `Absent` holds again after a deletion, also where a deeper key was.
pub async fn a_deleted_key_is_created_again<S: Store>(store: &S) {
    let key = "reborn/key";
    for round in 0..3u8 {
        store.put(key, vec![round], Expected::Absent).await.expect("created");
        assert_eq!(present(store, key).await.bytes, [round]);
        store.delete(key, Expected::Any).await.expect("deleted");
        store.put("reborn/key/below/it", vec![round], Expected::Absent).await.expect("created");
        store.delete("reborn/key/below/it", Expected::Any).await.expect("deleted");
    }
}
