//! Values that are written in parts.

use super::{conflict, keys, noise, present, put};
use futures_util::future::{join_all, try_join_all};
use trunks_core::store::{Expected, PART_BYTES, PartId, Store, UploadId, Version};

async fn send<S: Store>(store: &S, upload: &UploadId, whole: &[u8]) -> Vec<PartId> {
    let parts = (1..).zip(whole.chunks(PART_BYTES));
    let sent = parts.map(|(number, part)| store.upload_part(upload, number, part.to_vec()));
    try_join_all(sent).await.expect("parts are written")
}

async fn upload<S: Store>(store: &S, key: &str, whole: &[u8], expected: Expected) -> Version {
    let upload = store.upload_start(key).await.expect("started");
    let parts = send(store, &upload, whole).await;
    store.upload_finish(&upload, parts, expected).await.expect("finished")
}

/// Several at once, in any order, the last one short.
pub async fn parts_make_one_value<S: Store>(store: &S) {
    let whole = noise(4, 2 * PART_BYTES + 12_345);
    for order in [[1, 2, 3], [3, 1, 2], [2, 3, 1]] {
        let key = format!("parts/{}{}{}", order[0], order[1], order[2]);
        let upload = store.upload_start(&key).await.expect("started");
        let mut parts = vec![None; 3];
        for number in order {
            let end = (number * PART_BYTES).min(whole.len());
            let bytes = whole[(number - 1) * PART_BYTES..end].to_vec();
            let part = store.upload_part(&upload, number as u32, bytes).await.expect("a part");
            parts[number - 1] = Some(part);
        }
        let parts = parts.into_iter().flatten().collect();
        let version =
            store.upload_finish(&upload, parts, Expected::Absent).await.expect("finished");
        let value = present(store, &key).await;
        assert!(value.bytes == whole, "{key}");
        assert_eq!(value.version, version);
    }
    let version = upload(store, "parts/at-once", &whole, Expected::Any).await;
    let value = present(store, "parts/at-once").await;
    assert!(value.bytes == whole);
    assert_eq!(value.version, version);
    let around = PART_BYTES as u64 - 10..PART_BYTES as u64 + 10;
    let value = store.get("parts/at-once", Some(around)).await.expect("a read").expect("present");
    assert_eq!(value.bytes, whole[PART_BYTES - 10..PART_BYTES + 10]);
    assert_eq!(value.size_bytes, whole.len() as u64);
    upload(store, "parts/small", b"one short part", Expected::Absent).await;
    assert_eq!(present(store, "parts/small").await.bytes, b"one short part");
}

/// Neither `get` nor `list` sees it, and what was there stays until then.
pub async fn nothing_is_seen_before_the_end<S: Store>(store: &S) {
    put(store, "unseen/old", b"old").await;
    let whole = noise(5, PART_BYTES + 1);
    for key in ["unseen/new", "unseen/old"] {
        let upload = store.upload_start(key).await.expect("started");
        let before = store.get(key, None).await.expect("a read");
        let parts = send(store, &upload, &whole).await;
        assert_eq!(store.get(key, None).await.expect("a read"), before);
        let found = keys(store, "unseen/").await;
        assert_eq!(found.contains(&key.to_owned()), before.is_some());
        store.upload_finish(&upload, parts, Expected::Any).await.expect("finished");
        assert!(present(store, key).await.bytes == whole);
    }
    assert_eq!(keys(store, "unseen/").await, ["unseen/new", "unseen/old"]);
}

/// Also twice, and after the end, when it harms nothing.
pub async fn an_aborted_upload_leaves_nothing<S: Store>(store: &S) {
    let upload = store.upload_start("aborted/key").await.expect("started");
    let parts = send(store, &upload, b"part").await;
    assert_eq!(store.upload_abort(&upload).await, Ok(()));
    assert_eq!(store.upload_abort(&upload).await, Ok(()));
    assert!(store.upload_finish(&upload, parts, Expected::Any).await.is_err());
    assert!(keys(store, "aborted").await.is_empty());
    let upload = store.upload_start("aborted/late").await.expect("started");
    let parts = send(store, &upload, b"part").await;
    store.upload_finish(&upload, parts, Expected::Any).await.expect("finished");
    assert_eq!(store.upload_abort(&upload).await, Ok(()));
    assert_eq!(present(store, "aborted/late").await.bytes, b"part");
}

/// The condition is that of the end, not of the start; an upload is spent either way.
pub async fn an_upload_ends_on_a_condition<S: Store>(store: &S) {
    let key = "condition/key";
    let late = store.upload_start(key).await.expect("started");
    let parts = send(store, &late, b"late").await;
    let first = put(store, key, b"first").await;
    let finished = store.upload_finish(&late, parts.clone(), Expected::Absent).await;
    assert_eq!(finished, conflict(key));
    assert_eq!(present(store, key).await.bytes, b"first");
    assert!(store.upload_finish(&late, parts, Expected::Any).await.is_err());
    let second = upload(store, key, b"second", Expected::Is(first.clone())).await;
    let stale = store.upload_start(key).await.expect("started");
    let parts = send(store, &stale, b"stale").await;
    let finished = store.upload_finish(&stale, parts, Expected::Is(first)).await;
    assert_eq!(finished, conflict(key));
    let value = present(store, key).await;
    assert_eq!((value.bytes.as_slice(), value.version), (&b"second"[..], second));
}

/// Each has its own parts; `Absent` holds for the first to end.
pub async fn two_uploads_of_one_key_do_not_mix<S: Store>(store: &S) {
    let key = "two-uploads/key";
    let wholes = [noise(6, PART_BYTES + 5), noise(7, PART_BYTES + 9)];
    let mut open = Vec::new();
    for _ in &wholes {
        open.push(store.upload_start(key).await.expect("started"));
    }
    let sent = open.iter().zip(&wholes).map(|(upload, whole)| send(store, upload, whole));
    let parts = join_all(sent).await;
    let finished = join_all(
        open.iter()
            .zip(parts)
            .map(|(upload, parts)| store.upload_finish(upload, parts, Expected::Absent)),
    )
    .await;
    let winner = finished.iter().position(Result::is_ok).expect("one wins");
    assert_eq!(finished[1 - winner], conflict(key));
    assert!(present(store, key).await.bytes == wholes[winner]);
}
