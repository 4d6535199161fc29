//! Files to and from a store in memory.

use super::*;
use trunks_core::store::Memory;

/// `size` bytes that end in the SHA-1 of those before.
fn sealed(size: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..size - 20).map(|at| (at * 7 + at / 251) as u8).collect();
    let checksum = Sha1::digest(&bytes);
    bytes.extend_from_slice(&checksum);
    bytes
}

async fn put(store: &Memory, key: &str, bytes: &[u8]) {
    store.put(key, bytes.to_vec(), Expected::Any).await.expect("stored");
}

#[tokio::test]
async fn files_of_all_sizes_arrive_whole() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Memory::default();
    let piece = PIECE_BYTES as usize;
    let sizes = [20, 39, 40, 41, piece - 1, piece, piece + 1, piece + 19, piece + 40, 3 * piece];
    let mut files = Vec::new();
    for size in sizes {
        let key = format!("file-{size}");
        put(&store, &key, &sealed(size)).await;
        files.push(Download { path: dir.path().join(&key), key, size_bytes: size as u64 });
    }
    let mut arrived = vec![0; files.len()];
    let tails = download(&store, &files, |file, bytes| arrived[file] += bytes.len())
        .await
        .expect("downloaded");
    assert_eq!(arrived, sizes);
    for ((file, tail), size) in files.iter().zip(&tails).zip(sizes) {
        let bytes = fs::read(&file.path).expect("read");
        assert!(bytes == sealed(size), "{size}");
        assert_eq!(tail.checksum, &bytes[size - 20..], "{size}");
        assert_eq!(tail.before, &bytes[size.saturating_sub(40)..size - 20], "{size}");
        assert!(fs::metadata(&file.path).expect("there").permissions().readonly());
    }
}

#[tokio::test]
async fn a_flipped_bit_is_found_wherever_it_is() {
    let store = Memory::default();
    let size = PIECE_BYTES as usize + 100;
    for at in [0, PIECE_BYTES as usize - 1, size - 41, size - 21, size - 1] {
        let dir = tempfile::tempdir().expect("a directory");
        let mut bytes = sealed(size);
        bytes[at] ^= 1;
        put(&store, "key", &bytes).await;
        let file =
            Download { key: "key".into(), size_bytes: size as u64, path: dir.path().join("file") };
        let error = download(&store, &[file], |_, _| ()).await.expect_err("corrupt");
        assert!(matches!(error, TransferError::Checksum { key, .. } if key == "key"), "{at}");
    }
}

#[tokio::test]
async fn what_is_gone_or_replaced_is_not_taken() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Memory::default();
    put(&store, "key", &sealed(50)).await;
    for (key, size_bytes) in [("key", 51), ("key", 49), ("none", 50)] {
        let path = dir.path().join(format!("{key}-{size_bytes}"));
        let file = Download { key: key.into(), size_bytes, path };
        let error = download(&store, &[file], |_, _| ()).await.expect_err("changed");
        assert!(matches!(error, TransferError::Changed { .. }), "{key} {size_bytes}: {error}");
    }
}

#[tokio::test]
async fn large_files_are_stored_in_parts() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("file");
    let store = Memory::default();
    for size in [0, 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES + 5] {
        let bytes: Vec<u8> = (0..size).map(|at| (at / 3) as u8).collect();
        fs::write(&path, &bytes).expect("written");
        let key = format!("file-{size}");
        let mut sent = 0;
        let stored = upload(&store, &key, &path, |bytes| sent += bytes).await.expect("stored");
        let value = store.get(&key, None).await.expect("read").expect("there");
        assert!(value.bytes == bytes, "{size}");
        assert_eq!((stored, sent), (Stored::Now, size as u64));
        sent = 0;
        let stored = upload(&store, &key, &path, |bytes| sent += bytes).await.expect("found");
        assert_eq!((stored, sent), (Stored::Before, 0), "{size}");
    }
}
