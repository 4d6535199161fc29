//! Directories that cannot be written, and locks that are not ours.

use super::*;
use std::os::unix::process::CommandExt;

#[test]
fn a_foreign_lock_is_waited_for_and_then_named() {
    let (_directory, disk) = scratch();
    put(&disk, MAIN, b"before");
    let lock = disk.root().join(format!("{MAIN}.lock"));
    fs::write(&lock, b"").expect("written");
    let error = wait(disk.put(MAIN, b"after".to_vec(), Expected::Any)).expect_err("locked");
    assert!(matches!(error, StoreError::Failed { .. }), "{error:?}");
    let said = error.to_string();
    assert!(said.contains("main.lock has been held for 5 s"), "{said}");
    assert!(said.contains("remove it and try again"), "{said}");
    assert_eq!(present(&disk, MAIN).bytes, b"before");
    assert!(lock.exists(), "a lock that is not ours was removed");
    fs::remove_file(&lock).expect("removed");
    put(&disk, MAIN, b"after");
}

#[test]
fn a_foreign_lock_that_goes_away_is_waited_for() {
    let (_directory, disk) = scratch();
    put(&disk, MAIN, b"before");
    let lock = disk.root().join(format!("{MAIN}.lock"));
    fs::write(&lock, b"").expect("written");
    let writer = disk.clone();
    let writing = std::thread::spawn(move || put(&writer, MAIN, b"after"));
    // The temporary file shows that the writer is about to meet the lock.
    let temporaries = disk.root().join("trunks/app.trunk/.trunks-tmp");
    while files(&temporaries).is_empty() {
        std::thread::yield_now();
    }
    assert_eq!(present(&disk, MAIN).bytes, b"before");
    fs::remove_file(&lock).expect("removed");
    writing.join().expect("written");
    assert_eq!(present(&disk, MAIN).bytes, b"after");
}

#[test]
fn part_fills_the_disk() {
    let Some(root) = child_root() else { return };
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=1m", "trunks-test"])
        .arg(&root)
        .status()
        .expect("mount is installed");
    assert!(mounted.success(), "no filesystem of 1 MiB could be mounted");
    let disk = Disk::new(&root);
    put(&disk, MAIN, b"before");
    let pack = "trunks/app.trunk/objects/pack/pack-1.pack";
    let too_much = vec![7; 2 << 20];
    for key in [MAIN, pack, "trunks/app.trunk/packed-refs", "plain/key"] {
        let error = wait(disk.put(key, too_much.clone(), Expected::Any)).expect_err("full");
        assert!(matches!(error, StoreError::Failed { .. }), "{error:?}");
        assert!(error.to_string().contains("free some space and try again"), "{error}");
    }
    let upload = wait(disk.upload_start(pack)).expect("started");
    let part = wait(disk.upload_part(&upload, 1, too_much));
    assert!(part.is_err_and(|error| error.to_string().contains("free some space")));
    wait(disk.upload_abort(&upload)).expect("aborted");
    assert_eq!(files(&root), [MAIN]);
    assert_eq!(present(&disk, MAIN).bytes, b"before");
    put(&disk, MAIN, b"after");
    put(&disk, pack, &[7; 500_000]);
}

/// In a mount namespace of its own, so that nothing stays mounted and no rights are needed.
#[test]
fn a_full_disk_is_told_of_and_nothing_is_half_written() {
    let (directory, _disk) = scratch();
    let program = env::current_exe().expect("this program");
    let name = "failures::part_fills_the_disk";
    run(child(
        &["unshare", "--mount", "--map-root-user"],
        program.as_os_str(),
        name,
        directory.path(),
    ));
}

#[test]
fn part_meets_a_filesystem_that_is_read_only() {
    let Some(root) = child_root() else { return };
    for options in ["bind", "remount,bind,ro"] {
        let mounted = Command::new("mount").args(["-o", options]).arg(&root).arg(&root).status();
        assert!(mounted.expect("mount is installed").success(), "{options} failed");
    }
    cannot_write(&root, "mount it writable");
}

#[test]
fn a_read_only_filesystem_is_told_of() {
    let (directory, disk) = scratch();
    put(&disk, MAIN, b"before");
    let program = env::current_exe().expect("this program");
    let name = "failures::part_meets_a_filesystem_that_is_read_only";
    run(child(
        &["unshare", "--mount", "--map-root-user"],
        program.as_os_str(),
        name,
        directory.path(),
    ));
}

#[test]
fn part_may_not_write() {
    if let Some(root) = child_root() {
        cannot_write(&root, "check who owns it and its mode");
    }
}

#[test]
fn missing_rights_are_told_of() {
    const NOBODY: u32 = 65_534;
    let (directory, disk) = scratch();
    put(&disk, MAIN, b"before");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o555);
    for path in ["", "trunks", "trunks/app.trunk", "trunks/app.trunk/.trunks-tmp"] {
        fs::set_permissions(directory.path().join(path), Clone::clone(&open)).expect("closed");
    }
    // Root may write everywhere, so the part is run by someone else, who must find the program.
    let bin = tempfile::tempdir().expect("a temporary directory");
    fs::set_permissions(bin.path(), open).expect("opened");
    let program = bin.path().join("part");
    fs::copy(env::current_exe().expect("this program"), &program).expect("copied");
    let mut command =
        child(&[], program.as_os_str(), "failures::part_may_not_write", directory.path());
    if rustix::process::getuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    run(command);
    assert_eq!(files(directory.path()), [MAIN]);
}

fn cannot_write(root: &Path, advice: &str) {
    let disk = Disk::new(root);
    let pack = "trunks/app.trunk/objects/pack/pack-1.pack";
    for failed in [
        wait(disk.put(MAIN, b"x".to_vec(), Expected::Any)).map(drop),
        wait(disk.put(pack, b"x".to_vec(), Expected::Absent)).map(drop),
        wait(disk.put("new/key", b"x".to_vec(), Expected::Any)).map(drop),
        wait(disk.delete(MAIN, Expected::Any)),
        wait(disk.upload_start(pack)).map(drop),
    ] {
        let error = failed.expect_err("nothing can be written");
        assert!(matches!(error, StoreError::Denied { .. }), "{error:?}");
        assert!(error.to_string().contains(advice), "{error}");
    }
    assert_eq!(present(&disk, MAIN).bytes, b"before");
    assert_eq!(keys(&disk, ""), [MAIN]);
}
