//! What lies in the directory.

use super::*;
use std::os::unix::fs::{PermissionsExt, symlink};
use trunks_core::store::PART_BYTES;

const PACK: &str = "trunks/app.trunk/objects/pack/pack-1.pack";

#[test]
fn a_value_is_written_read_listed_and_deleted() {
    let (_directory, disk) = scratch();
    let version = wait(disk.put(MAIN, b"one".to_vec(), Expected::Absent)).expect("written");
    assert_eq!(fs::read(disk.root().join(MAIN)).expect("a file"), b"one");
    assert_eq!(present(&disk, MAIN).version, version);
    assert_eq!(keys(&disk, "trunks/"), [MAIN]);
    wait(disk.delete(MAIN, Expected::Is(version))).expect("deleted");
    assert_eq!(wait(disk.get(MAIN, None)), Ok(None));
}

/// The probe of a storage that was added left an empty directory for temporary files.
#[test]
fn a_key_outside_of_repositories_leaves_nothing() {
    let (directory, disk) = scratch();
    for key in ["trunks/.probe", "probe", "a/b/c"] {
        put(&disk, key, b"value");
        wait(disk.delete(key, Expected::Any)).expect("deleted");
        assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 0, "{key}");
    }
}

#[test]
fn a_lock_that_is_a_directory_is_no_key() {
    let (_directory, disk) = scratch();
    put(&disk, MAIN, b"value");
    let lock = disk.root().join(format!("{MAIN}.lock/token"));
    fs::create_dir_all(&lock).expect("made");
    fs::write(lock.join("value"), b"to be").expect("written");
    assert_eq!(keys(&disk, "trunks/"), [MAIN]);
}

#[test]
fn keys_that_leave_the_directory_are_refused() {
    let (directory, disk) = scratch();
    let disk = Disk::create(disk.root().join("root")).expect("made");
    fs::write(directory.path().join("outside"), b"secret").expect("written");
    for key in [
        "",
        "/",
        "/etc/passwd",
        "..",
        "../outside",
        "a/../../outside",
        "a/..",
        "./a",
        "a/./b",
        "a//b",
        "a/",
        "a\0b",
        ".trunks-tmp/x",
        "trunks/app.trunk/.trunks-tmp/x",
    ] {
        for (what, failed) in [
            ("get", wait(disk.get(key, None)).err()),
            ("put", wait(disk.put(key, b"x".to_vec(), Expected::Any)).err()),
            ("delete", wait(disk.delete(key, Expected::Any)).err()),
            ("upload", wait(disk.upload_start(key)).err()),
        ] {
            assert!(
                matches!(failed, Some(StoreError::Failed { .. })),
                "{what} {key:?}: {failed:?}"
            );
        }
    }
    for prefix in ["../", "/etc/", "a/../../", "a//", "./"] {
        assert!(wait(disk.list(prefix, None, 1)).is_err(), "{prefix:?}");
    }
    let lock = wait(disk.put("refs/heads/main.lock", b"x".to_vec(), Expected::Any));
    assert!(lock.is_err_and(|error| error.to_string().contains("git's locks")));
    assert_eq!(files(directory.path()), ["outside"]);
}

#[test]
fn locks_and_temporary_files_are_not_listed() {
    let (_directory, disk) = scratch();
    put(&disk, MAIN, b"x");
    put(&disk, "trunks/app.trunk/objects/pack/tmp_pack_x", b"git's own rubbish is");
    fs::write(disk.root().join("trunks/app.trunk/packed-refs.lock"), b"").expect("written");
    let upload = wait(disk.upload_start(PACK)).expect("started");
    wait(disk.upload_part(&upload, 1, b"part".to_vec())).expect("a part");
    assert_eq!(files(&disk.root().join("trunks/app.trunk/.trunks-tmp")).len(), 1);
    assert_eq!(keys(&disk, ""), ["trunks/app.trunk/objects/pack/tmp_pack_x", MAIN]);
    wait(disk.upload_abort(&upload)).expect("aborted");
    assert!(files(&disk.root().join("trunks/app.trunk/.trunks-tmp")).is_empty());
}

#[test]
fn nothing_but_the_value_is_left() {
    let (_directory, disk) = scratch();
    let version = put(&disk, MAIN, b"one");
    let stale = wait(disk.put(MAIN, b"two".to_vec(), Expected::Absent));
    assert!(stale.is_err());
    wait(disk.put(MAIN, b"two".to_vec(), Expected::Is(version.clone()))).expect("updated");
    assert!(wait(disk.put(MAIN, b"three".to_vec(), Expected::Is(version))).is_err());
    put(&disk, PACK, b"pack");
    assert!(wait(disk.put(PACK, b"pack".to_vec(), Expected::Absent)).is_err());
    let upload = wait(disk.upload_start(PACK)).expect("started");
    assert!(wait(disk.upload_finish(&upload, Vec::new(), Expected::Absent)).is_err());
    let root = disk.root().to_owned();
    drop(disk);
    assert_eq!(files(&root), [PACK, MAIN]);
}

#[test]
fn packs_are_read_only_and_refs_are_not() {
    let (_directory, disk) = scratch();
    put(&disk, PACK, b"pack");
    put(&disk, MAIN, b"x");
    let loose = "trunks/app.trunk/objects/ab/cdef";
    put(&disk, loose, b"x");
    let upload = wait(disk.upload_start("trunks/app.trunk/objects/pack/pack-2.pack"));
    let upload = upload.expect("started");
    wait(disk.upload_finish(&upload, Vec::new(), Expected::Absent)).expect("finished");
    let mode = |key: &str| {
        let metadata = fs::metadata(disk.root().join(key)).expect("a file");
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode(PACK), 0o444);
    assert_eq!(mode("trunks/app.trunk/objects/pack/pack-2.pack"), 0o444);
    assert_eq!(mode(loose), 0o444);
    assert_eq!(mode(MAIN) & 0o600, 0o600);
}

#[test]
fn a_deleted_ref_takes_its_empty_directories_along() {
    let (_directory, disk) = scratch();
    let at = |path: &str| disk.root().join("trunks/app.trunk").join(path);
    put(&disk, HEAD, b"ref: refs/heads/main\n");
    for name in ["heads/a/b/c", "heads/a/d", "tags/v1", "notes/x/y"] {
        put(&disk, &format!("trunks/app.trunk/refs/{name}"), b"x");
    }
    let delete = |name: &str| {
        let key = format!("trunks/app.trunk/refs/{name}");
        wait(disk.delete(&key, Expected::Any)).expect("deleted");
    };
    delete("heads/a/b/c");
    assert!(!at("refs/heads/a/b").exists() && at("refs/heads/a").exists());
    delete("heads/a/d");
    assert!(!at("refs/heads/a").exists());
    delete("tags/v1");
    delete("notes/x/y");
    assert!(at("refs/heads").exists() && at("refs/tags").exists() && at("refs/notes").exists());
    assert!(at("objects").exists());
}

#[test]
fn a_deleted_repository_leaves_nothing() {
    let (_directory, disk) = scratch();
    put(&disk, "trunks/team/other.trunk/HEAD", b"ref: refs/heads/main\n");
    let all = ["HEAD", "config", "info/refs", "objects/pack/pack-1.pack", "refs/tags/a/b"];
    for name in all {
        put(&disk, &format!("trunks/team/app.trunk/{name}"), b"x");
    }
    for name in all {
        let key = format!("trunks/team/app.trunk/{name}");
        wait(disk.delete(&key, Expected::Any)).expect("deleted");
    }
    assert!(!disk.root().join("trunks/team/app.trunk").exists());
    assert!(disk.root().join("trunks/team/other.trunk/refs/heads").exists());
    wait(disk.delete("trunks/team/other.trunk/HEAD", Expected::Any)).expect("deleted");
    assert!(!disk.root().join("trunks/team").exists());
}

#[test]
fn an_empty_directory_in_the_way_is_removed() {
    let (_directory, disk) = scratch();
    fs::create_dir_all(disk.root().join(MAIN).join("left/over")).expect("made");
    fs::create_dir_all(disk.root().join(MAIN).join("too")).expect("made");
    assert_eq!(wait(disk.get(MAIN, None)), Ok(None));
    wait(disk.put(MAIN, b"x".to_vec(), Expected::Absent)).expect("written");
    assert_eq!(present(&disk, MAIN).bytes, b"x");
}

#[test]
fn what_stands_in_the_way_is_named() {
    let (_directory, disk) = scratch();
    let below = format!("{MAIN}/below");
    put(&disk, MAIN, b"x");
    let error = wait(disk.put(&below, b"y".to_vec(), Expected::Absent)).expect_err("in the way");
    assert!(matches!(error, StoreError::Failed { .. }), "{error:?}");
    assert!(error.to_string().contains("a file stands where the directory"), "{error}");
    wait(disk.delete(MAIN, Expected::Any)).expect("deleted");
    put(&disk, &below, b"y");
    let error = wait(disk.put(MAIN, b"x".to_vec(), Expected::Absent)).expect_err("in the way");
    assert!(matches!(error, StoreError::Failed { .. }), "{error:?}");
    assert!(error.to_string().contains("in the way and holds files"), "{error}");
    assert_eq!(present(&disk, &below).bytes, b"y");
    assert_eq!(files(disk.root()), [below]);
}

#[test]
fn a_missing_root_is_empty_and_is_not_made_by_a_write() {
    let (directory, _disk) = scratch();
    let root = directory.path().join("not/mounted");
    let disk = Disk::new(&root);
    assert_eq!(wait(disk.get(MAIN, None)), Ok(None));
    assert!(keys(&disk, "").is_empty());
    wait(disk.delete(MAIN, Expected::Any)).expect("nothing to delete");
    let error = wait(disk.put(MAIN, b"x".to_vec(), Expected::Any)).expect_err("no root");
    assert!(error.to_string().contains("not/mounted is not there: mount it"), "{error}");
    assert!(!root.exists());
    put(&Disk::create(&root).expect("made"), MAIN, b"x");
    assert_eq!(present(&disk, MAIN).bytes, b"x");
}

#[test]
fn a_repository_may_be_a_link_to_another_place() {
    let (directory, disk) = scratch();
    let elsewhere = directory.path().join("elsewhere.git");
    fs::create_dir_all(elsewhere.join("refs/heads")).expect("made");
    fs::create_dir_all(disk.root().join("trunks")).expect("made");
    symlink(&elsewhere, disk.root().join("trunks/app.trunk")).expect("linked");
    symlink("nowhere", disk.root().join("trunks/dangling")).expect("linked");
    put(&disk, MAIN, b"x");
    assert_eq!(fs::read(elsewhere.join("refs/heads/main")).expect("written"), b"x");
    assert_eq!(keys(&disk, "trunks/"), [MAIN]);
    // The temporary files are on the other place's filesystem, too.
    assert!(elsewhere.join(".trunks-tmp").is_dir());
}

#[test]
fn a_large_listing_of_one_name_looks_at_one_directory() {
    let (_directory, disk) = scratch();
    put(&disk, "a/b/c", b"x");
    put(&disk, "a/d", b"x");
    // Whoever walks the whole tree meets what cannot be read.
    symlink("loop", disk.root().join("loop")).expect("linked");
    assert_eq!(keys(&disk, "a/b/"), ["a/b/c"]);
    assert_eq!(keys(&disk, ""), ["a/b/c", "a/d"]);
}

#[test]
fn parts_must_be_whole_and_in_order() {
    let (_directory, disk) = scratch();
    let parts = |number: u32, lengths: [usize; 2]| {
        let upload = wait(disk.upload_start(PACK)).expect("started");
        let mut parts = Vec::new();
        for (at, length) in (number..).zip(lengths) {
            parts.push(wait(disk.upload_part(&upload, at, vec![7; length])).expect("a part"));
        }
        (upload, parts)
    };
    let mut finished = Vec::new();
    let (upload, sent) = parts(1, [5, 5]);
    finished.push(wait(disk.upload_finish(&upload, sent, Expected::Any)));
    let (upload, sent) = parts(2, [PART_BYTES, 5]);
    finished.push(wait(disk.upload_finish(&upload, sent, Expected::Any)));
    let (upload, mut sent) = parts(1, [PART_BYTES, 5]);
    sent.reverse();
    finished.push(wait(disk.upload_finish(&upload, sent, Expected::Any)));
    let (upload, _) = parts(1, [PART_BYTES, 5]);
    let forged = vec![PartId("one".to_owned())];
    finished.push(wait(disk.upload_finish(&upload, forged, Expected::Any)));
    for finished in finished {
        assert!(matches!(finished, Err(StoreError::Failed { .. })), "{finished:?}");
    }
    let upload = wait(disk.upload_start(PACK)).expect("started");
    assert!(wait(disk.upload_part(&upload, 0, vec![7])).is_err());
    assert!(wait(disk.upload_part(&upload, 1, vec![7; PART_BYTES + 1])).is_err());
    wait(disk.upload_abort(&upload)).expect("aborted");
    assert!(files(disk.root()).is_empty());
}

#[test]
fn a_pack_that_is_being_read_is_read_to_its_end() {
    let (_directory, disk) = scratch();
    let range = |key: &str| wait(disk.get(key, Some(1..3))).expect("read").map(|value| value.bytes);
    let remove = |key: &str| fs::remove_file(disk.root().join(key)).expect("removed");
    put(&disk, PACK, b"pack");
    assert_eq!(range(PACK), Some(b"ac".to_vec()));
    remove(PACK);
    assert_eq!(range(PACK), Some(b"ac".to_vec()), "git gc took it away from a reader");
    assert_eq!(wait(disk.get(PACK, None)), Ok(None), "it is not there any more");
    put(&disk, PACK, b"PACK");
    assert_eq!(range(PACK), Some(b"AC".to_vec()), "there is a new one");
    wait(disk.delete(PACK, Expected::Any)).expect("deleted");
    assert_eq!(range(PACK), None, "we have deleted it ourselves");
    // Whoever has read the idx is about to read the pack.
    let idx = PACK.replace(".pack", ".idx");
    put(&disk, PACK, b"pack");
    put(&disk, &idx, b"idx");
    present(&disk, &idx);
    remove(PACK);
    assert_eq!(range(PACK), Some(b"ac".to_vec()));
}
