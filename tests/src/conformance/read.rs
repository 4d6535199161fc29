//! Reading values and ranges of them.

use super::{noise, present, put};
use trunks_core::store::Store;

/// Nothing is there: that is no error.
pub async fn an_absent_key_has_no_value<S: Store>(store: &S) {
    put(store, "absent/there", b"x").await;
    for key in ["absent/nothing", "absent", "absent/there/below", "absent/deep/down/below"] {
        assert_eq!(store.get(key, None).await, Ok(None), "{key}");
        assert_eq!(store.get(key, Some(0..10)).await, Ok(None), "{key}");
    }
}

/// Without a range all of it comes, with its size and version.
pub async fn a_value_is_read_whole<S: Store>(store: &S) {
    let version = put(store, "whole/key", b"value").await;
    let value = present(store, "whole/key").await;
    assert_eq!(value.bytes, b"value");
    assert_eq!(value.size_bytes, 5);
    assert_eq!(value.version, version);
}

/// An empty value is there; an absent one is not.
pub async fn an_empty_value_is_a_value<S: Store>(store: &S) {
    let version = put(store, "empty/key", b"").await;
    let value = present(store, "empty/key").await;
    assert!(value.bytes.is_empty());
    assert_eq!((value.size_bytes, &value.version), (0, &version));
    for range in [0..0, 0..1, 5..9] {
        let value = store.get("empty/key", Some(range.clone())).await.expect("a read");
        let value = value.expect("present");
        assert!(value.bytes.is_empty(), "{range:?}");
        assert_eq!((value.size_bytes, &value.version), (0, &version), "{range:?}");
    }
}

/// What lies past the end is left out, and every range tells the whole value's size and version.
pub async fn a_range_is_cut_at_the_end<S: Store>(store: &S) {
    let version = put(store, "range/key", b"0123456789").await;
    for (range, bytes) in [
        (0..10, &b"0123456789"[..]),
        (0..1, b"0"),
        (9..10, b"9"),
        (3..7, b"3456"),
        (7..100, b"789"),
        (0..u64::MAX, b"0123456789"),
        (10..11, b""),
        (11..12, b""),
        (u64::MAX - 1..u64::MAX, b""),
        (4..4, b""),
    ] {
        let value = store.get("range/key", Some(range.clone())).await.expect("a read");
        let value = value.expect("present");
        assert_eq!(value.bytes, bytes, "{range:?}");
        assert_eq!((value.size_bytes, &value.version), (10, &version), "{range:?}");
    }
}

/// Ranges of a value that no store keeps inline, at and around round offsets.
pub async fn a_range_of_a_large_value_is_exact<S: Store>(store: &S) {
    let whole = noise(1, (3 << 20) + 17);
    let version = put(store, "large/key", &whole).await;
    let size = whole.len() as u64;
    for start in [0, 1, 4095, 4096, 65_535, 65_536, 1 << 20, (3 << 20) - 1, 3 << 20, size - 1] {
        for length in [0, 1, 20, 4096, 65_537, 1 << 20, 4 << 20] {
            let value = store.get("large/key", Some(start..start + length)).await.expect("a read");
            let value = value.expect("present");
            let end = (start + length).min(size);
            assert!(value.bytes == whole[start as usize..end as usize], "{start} + {length}");
            assert_eq!((value.size_bytes, &value.version), (size, &version));
        }
    }
    assert!(present(store, "large/key").await.bytes == whole);
}

/// Values are bytes: nothing is taken for text, or for the end.
pub async fn every_byte_comes_back<S: Store>(store: &S) {
    let every: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
    put(store, "bytes/key", &every).await;
    assert_eq!(present(store, "bytes/key").await.bytes, every);
    put(store, "bytes/lines", b"\r\n\n\r\0\x1a\xef\xbb\xbf").await;
    assert_eq!(present(store, "bytes/lines").await.bytes, b"\r\n\n\r\0\x1a\xef\xbb\xbf");
}
