use super::*;

/// A directory that is removed when dropped, and a store in it.
pub(super) fn scratch() -> (tempfile::TempDir, Disk) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let disk = Disk::new(directory.path());
    (directory, disk)
}

#[tokio::test]
async fn a_value_is_written_read_listed_and_deleted() {
    let (_directory, disk) = scratch();
    let key = "trunks/team/app.trunk/refs/heads/main";
    let put = disk.put(key, b"one".to_vec(), Expected::Absent).await.expect("put");
    let value = disk.get(key, None).await.expect("get").expect("present");
    assert_eq!((value.bytes.as_slice(), value.size_bytes), (&b"one"[..], 3));
    assert_eq!(value.version, put);
    let conflict = Err(StoreError::Conflict { key: key.to_owned() });
    assert_eq!(disk.put(key, b"two".to_vec(), Expected::Absent).await, conflict);
    let page = disk.list("trunks/", None, 10).await.expect("list");
    assert_eq!(page.entries.iter().map(|e| e.key.as_str()).collect::<Vec<_>>(), [key]);
    disk.delete(key, Expected::Is(put)).await.expect("delete");
    assert_eq!(disk.get(key, None).await, Ok(None));
    let left: Vec<_> = std::fs::read_dir(disk.root().join("trunks")).expect("trunks").collect();
    assert!(left.is_empty(), "{left:?}");
}
