//! Listing keys.

use super::{keys, put};
use futures_util::{StreamExt, stream};
use trunks_core::store::{Expected, Store, StoreError};

async fn put_all<S: Store>(store: &S, keys: &[&str]) {
    for key in keys {
        put(store, key, key).await;
    }
}

/// The first key of the store is on the first page, whoever else has written there.
pub async fn an_empty_prefix_lists_all<S: Store>(store: &S) {
    put_all(store, &["!first", "all/one", "~last"]).await;
    let all = keys(store, "").await;
    assert_eq!(all.first().map(String::as_str), Some("!first"));
    assert_eq!(all.last().map(String::as_str), Some("~last"));
    assert!(all.contains(&"all/one".to_owned()));
    assert!(all.is_sorted());
    for key in ["!first", "~last"] {
        store.delete(key, Expected::Any).await.expect("deleted");
    }
}

/// Of whole keys: not the order of a tree that is walked, where `a/b` would come before `a-b`.
pub async fn keys_are_in_byte_order<S: Store>(store: &S) {
    let sorted = [
        "order/A",
        "order/Z/z",
        "order/a-b",
        "order/a-b-/c",
        "order/a.b",
        "order/a/b",
        "order/a/b0",
        "order/a0",
        "order/a0b/c",
        "order/aa",
        "order/b!/x",
        "order/b/x",
        "order/é",
        "order/日",
    ];
    let mut shuffled = sorted;
    shuffled.rotate_left(7);
    shuffled.swap(1, 5);
    put_all(store, &shuffled).await;
    assert!(sorted.is_sorted());
    assert_eq!(keys(store, "order/").await, sorted);
}

/// It need not end where a segment does.
pub async fn a_prefix_is_a_plain_string<S: Store>(store: &S) {
    let all = ["prefix/ab/c", "prefix/ab/d/e", "prefix/abc", "prefix/b", "prefixes/x"];
    put_all(store, &all).await;
    for (prefix, found) in [
        ("prefix", &all[..]),
        ("prefix/", &all[..4]),
        ("prefix/a", &all[..3]),
        ("prefix/ab", &all[..3]),
        ("prefix/ab/", &all[..2]),
        ("prefix/ab/d", &all[1..2]),
        ("prefix/ab/d/", &all[1..2]),
        ("prefix/ab/d/e", &all[1..2]),
        ("prefix/ab/d/e/", &[]),
        ("prefix/abc", &all[2..3]),
        ("prefix/abcd", &[]),
        ("prefix/b/", &[]),
        ("prefix/nothing/here", &[]),
        ("prefixe", &all[4..]),
    ] {
        assert_eq!(keys(store, prefix).await, found, "{prefix}");
    }
}

/// `after` need not be a key, nor start with the prefix.
pub async fn a_page_continues_after_a_key<S: Store>(store: &S) {
    let all =
        ["after/a", "after/b-", "after/b/c", "after/b/d/e", "after/b/d/f", "after/b0", "after/c"];
    put_all(store, &all).await;
    for (after, left) in [
        ("", &all[..]),
        ("after", &all[..]),
        ("after/", &all[..]),
        ("after/a", &all[1..]),
        ("after/a/zzz", &all[1..]),
        ("after/b", &all[1..]),
        ("after/b-", &all[2..]),
        ("after/b/", &all[2..]),
        ("after/b/c", &all[3..]),
        ("after/b/d", &all[3..]),
        ("after/b/d/", &all[3..]),
        ("after/b/d/e", &all[4..]),
        ("after/b/d/e/deeper", &all[4..]),
        ("after/b/d/zzz", &all[5..]),
        ("after/b/z", &all[5..]),
        ("after/b0", &all[6..]),
        ("after/c", &[]),
        ("after/zzz", &[]),
        ("afterwards", &[]),
        ("zzz", &[]),
    ] {
        for limit in [1, 2, 3, 7, 1000] {
            let page = store.list("after/", Some(after), limit).await.expect("a page");
            let found: Vec<&str> = page.entries.iter().map(|entry| entry.key.as_str()).collect();
            assert!(found.len() <= limit as usize, "{after} {limit}");
            assert!(left.starts_with(&found), "{after} {limit}: {found:?}");
            assert_eq!(page.more, found.len() < left.len(), "{after} {limit}");
            assert!(!page.more || !found.is_empty(), "{after} {limit}: no way on");
        }
    }
}

/// More keys than any provider puts on one page, in a flat and in a deep place.
pub async fn pages_hold_every_key_once<S: Store>(store: &S) {
    let mut all: Vec<String> = (0..700).map(|i| format!("pages/flat/{i}")).collect();
    all.extend((0..500).map(|i| format!("pages/{}/{}/{i}", i % 7, i % 3)));
    let writes = all.iter().map(|key| store.put(key, vec![b'x'; 3], Expected::Any));
    let written: Vec<_> = stream::iter(writes).buffer_unordered(50).collect().await;
    assert!(written.iter().all(Result::is_ok), "{:?}", written.iter().find(|put| put.is_err()));
    all.sort();
    for limit in [7, 100, 999, 1000, 5000] {
        let mut found: Vec<String> = Vec::new();
        loop {
            let after = found.last().cloned();
            let page = store.list("pages/", after.as_deref(), limit).await.expect("a page");
            found.extend(page.entries.into_iter().map(|entry| entry.key));
            if !page.more {
                break;
            }
        }
        assert_eq!(found.len(), all.len(), "{limit} a page");
        assert!(found == all, "{limit} a page");
    }
}

/// What a ref's name may hold, and some more.
pub async fn odd_characters_are_kept<S: Store>(store: &S) {
    let mut all: Vec<String> = [
        "a b",
        "a+b",
        "a%2Fb",
        "a%",
        "a#b",
        "a&b=c",
        "a'b",
        "a\"b",
        "a$b",
        "a;b",
        "a,b",
        "a@b",
        "a!b",
        "a(b)",
        "a{b}",
        "a|b",
        "a<b>",
        "a~b",
        "a`b",
        "-a",
        "_a",
        "a.b.c",
        "é",
        "e\u{301}",
        "日本語",
        "🌳",
        "a\u{a0}b",
        "%00",
        "+",
        "=",
        ".a",
        "a..b",
    ]
    .iter()
    .flat_map(|name| [format!("odd/{name}"), format!("odd/below {name}/{name}")])
    .collect();
    all.push(format!("odd/{}", "n".repeat(200)));
    for key in &all {
        put(store, key, key).await;
    }
    all.sort();
    assert_eq!(keys(store, "odd/").await, all);
    for key in &all {
        assert_eq!(super::present(store, key).await.bytes, key.as_bytes(), "{key}");
        let alone = store.list(key, None, 1).await.expect("a page");
        assert_eq!(alone.entries.first().map(|entry| &entry.key), Some(key));
        store.delete(key, Expected::Any).await.expect("deleted");
    }
    assert!(keys(store, "odd/").await.is_empty());
}

/// The size is the value's, and the time does not run backwards.
pub async fn an_entry_says_size_and_time<S: Store>(store: &S) {
    put(store, "entry/a", b"12345").await;
    put(store, "entry/b", b"").await;
    let page = store.list("entry/", None, 10).await.expect("a page");
    let sizes: Vec<u64> = page.entries.iter().map(|entry| entry.size_bytes).collect();
    assert_eq!(sizes, [5, 0]);
    let before = page.entries[0].modified_s;
    put(store, "entry/a", b"1").await;
    let page = store.list("entry/a", None, 10).await.expect("a page");
    assert_eq!(page.entries[0].size_bytes, 1);
    assert!(page.entries[0].modified_s >= before);
}

/// `a` and `a/b`: both are kept, or the second is refused and the first stays.
pub async fn a_key_may_begin_with_another<S: Store>(store: &S) {
    for (first, second) in [("nested/a", "nested/a/b"), ("nested/c/d", "nested/c")] {
        put(store, first, b"first").await;
        let is_both = match store.put(second, b"second".to_vec(), Expected::Absent).await {
            Ok(_) => true,
            Err(StoreError::Failed { key, reason }) => {
                assert_eq!(key, second);
                assert!(!reason.is_empty());
                false
            }
            Err(error) => panic!("{second}: {error}"),
        };
        assert_eq!(super::present(store, first).await.bytes, b"first");
        assert_eq!(store.get(second, None).await.expect("a read").is_some(), is_both);
        let found = keys(store, first.min(second)).await;
        assert_eq!(found.len(), if is_both { 2 } else { 1 }, "{found:?}");
        store.delete(first, Expected::Any).await.expect("deleted");
        put(store, second, b"second").await;
        assert_eq!(super::present(store, second).await.bytes, b"second");
    }
}
