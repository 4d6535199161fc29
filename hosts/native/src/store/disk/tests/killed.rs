//! Processes that die in the middle of a write.

use super::*;
use crate::store::disk::{lock::Lock, temporary::Temporary};
use std::{io::Write as _, thread};

const PACK: &str = "trunks/app.trunk/objects/pack/pack-1.pack";

/// As a writer stands after step 2 of its protocol: the lock is held, nothing has moved.
fn hold_lock(root: &Path, then: impl FnOnce(Lock<'_>)) {
    let place = Place::writable(root, MAIN).expect("a place");
    let temporary = Temporary::create(&place).expect("a temporary file");
    (&temporary.file).write_all(b"never to be").expect("written");
    then(Lock::acquire(&place, &temporary).expect("locked"));
    println!("READY");
    loop {
        thread::park();
    }
}

#[test]
fn part_holds_the_lock() {
    if let Some(root) = child_root() {
        hold_lock(&root, |lock| std::mem::forget(lock));
    }
}

#[test]
fn part_has_replaced_and_not_cleaned_up() {
    if let Some(root) = child_root() {
        hold_lock(&root, |lock| lock.replace().expect("replaced"));
    }
}

#[test]
fn part_is_uploading() {
    let Some(root) = child_root() else { return };
    let disk = Disk::new(root);
    let upload = wait(disk.upload_start(PACK)).expect("started");
    wait(disk.upload_part(&upload, 1, b"part".to_vec())).expect("a part");
    println!("READY");
    loop {
        thread::park();
    }
}

#[test]
fn part_keeps_a_pack() {
    let Some(root) = child_root() else { return };
    let disk = Disk::new(root);
    put(&disk, PACK, b"pack");
    println!("READY");
    loop {
        thread::park();
    }
}

#[test]
fn part_writes_and_writes() {
    let Some(root) = child_root() else { return };
    let disk = Disk::new(root);
    println!("READY");
    for round in 0u64.. {
        put(&disk, MAIN, format!("{round:020}{round:020}").as_bytes());
        put(&disk, HEAD, b"ref: refs/heads/main\n");
        let _ = wait(disk.delete(&format!("{MAIN}-2/{}", round % 3), Expected::Any));
        put(&disk, &format!("{MAIN}-2/{}", round % 3), b"x");
    }
}

fn kill(mut child: Child) {
    child.kill().expect("killed");
    child.wait().expect("dead");
}

#[test]
fn the_lock_of_the_dead_is_removed_and_that_of_the_living_is_not() {
    let (_directory, disk) = scratch();
    put(&disk, MAIN, b"before");
    let child = start("killed::part_holds_the_lock", disk.root(), "READY");
    let lock = disk.root().join(format!("{MAIN}.lock"));
    disk.sweep(MAIN).expect("swept");
    assert!(lock.exists(), "a living writer's lock was removed");
    assert_eq!(present(&disk, MAIN).bytes, b"before");
    kill(child);
    assert!(lock.exists());
    // `disk` has swept before, on its first write: it meets the lock.
    put(&disk, MAIN, b"after");
    assert_eq!(files(disk.root()), [MAIN]);
}

#[test]
fn the_first_write_of_a_process_sweeps_the_repository() {
    let (_directory, disk) = scratch();
    put(&disk, MAIN, b"before");
    // Both live at once, else the second would sweep what the first has left.
    let children = ["killed::part_holds_the_lock", "killed::part_is_uploading"]
        .map(|name| start(name, disk.root(), "READY"));
    children.into_iter().for_each(kill);
    assert_eq!(files(disk.root()).len(), 4);
    let next = Disk::new(disk.root());
    put(&next, HEAD, b"ref: refs/heads/main\n");
    assert_eq!(files(disk.root()), [HEAD, MAIN]);
    assert_eq!(present(&disk, MAIN).bytes, b"before");
}

#[test]
fn what_the_dead_have_kept_is_kept_no_more() {
    let (_directory, disk) = scratch();
    let child = start("killed::part_keeps_a_pack", disk.root(), "READY");
    let keep = disk.root().join(PACK).with_extension("keep");
    disk.sweep(MAIN).expect("swept");
    assert!(keep.exists(), "a living writer's was removed");
    kill(child);
    put(&disk, MAIN, b"main");
    assert_eq!(files(disk.root()), [PACK, MAIN]);
}

/// A push that finds its pack stored by another one relies on it as much.
fn finds_it(root: &Path) -> Disk {
    let disk = Disk::new(root);
    let found = wait(disk.put(PACK, b"pack".to_vec(), Expected::Absent));
    assert!(matches!(found, Err(StoreError::Conflict { .. })), "{found:?}");
    disk
}

#[test]
fn a_pack_is_kept_until_the_last_of_those_who_need_it_lets_go() {
    let (_directory, disk) = scratch();
    let keep = disk.root().join(PACK).with_extension("keep");
    let first = Disk::new(disk.root());
    put(&first, PACK, b"pack");
    let (second, third) = (finds_it(disk.root()), finds_it(disk.root()));
    for gone in [first, third] {
        drop(gone);
        assert!(keep.exists(), "it was taken from one who needs it");
    }
    drop(second);
    assert_eq!(files(disk.root()), [PACK]);
}

#[test]
fn what_the_dead_have_kept_goes_to_who_needs_it_too() {
    let (_directory, disk) = scratch();
    let child = start("killed::part_keeps_a_pack", disk.root(), "READY");
    let keep = disk.root().join(PACK).with_extension("keep");
    let other = finds_it(disk.root());
    kill(child);
    disk.sweep(MAIN).expect("swept");
    assert!(keep.exists(), "it was taken from one who needs it");
    drop(other);
    assert_eq!(files(disk.root()), [PACK]);
}

#[test]
fn a_writer_that_died_at_the_very_end_has_written() {
    let (_directory, disk) = scratch();
    put(&disk, MAIN, b"before");
    kill(start("killed::part_has_replaced_and_not_cleaned_up", disk.root(), "READY"));
    assert_eq!(present(&disk, MAIN).bytes, b"never to be");
    disk.sweep(MAIN).expect("swept");
    assert_eq!(files(disk.root()), [MAIN]);
    put(&disk, MAIN, b"after");
}

#[test]
fn a_lock_whose_temporary_file_says_nothing_is_removed_by_who_waits() {
    let (_directory, disk) = scratch();
    let long = format!("trunks/app.trunk/refs/heads/{0}/{0}", "n".repeat(150));
    let place = Place::writable(disk.root(), &long).expect("a place");
    put(&disk, &long, b"before");
    let temporary = Temporary::create(&place).expect("a temporary file");
    std::mem::forget(Lock::acquire(&place, &temporary).expect("locked"));
    // As if killed: the names stay, the `flock` goes.
    let path = temporary.path.clone();
    temporary.rename(&path).expect("marked as gone");
    drop(temporary);
    disk.sweep(&long).expect("swept");
    assert!(place.lock().exists(), "it could not be known");
    put(&disk, &long, b"after");
    assert_eq!(files(disk.root()), [long]);
}

#[test]
fn a_process_may_be_killed_at_any_moment() {
    let (_directory, disk) = scratch();
    put(&disk, MAIN, b"0000000000000000000000000000000000000000");
    for round in 0..40u32 {
        let child = start("killed::part_writes_and_writes", disk.root(), "READY");
        // A moment that differs from round to round: so many looks at the value.
        for _ in 0..round * round {
            present(&disk, MAIN);
        }
        kill(child);
        let value = present(&disk, MAIN).bytes;
        assert_eq!(value.len(), 40);
        assert_eq!(value[..20], value[20..], "torn");
        let next = Disk::new(disk.root());
        put(&next, MAIN, &value);
        let left = files(disk.root());
        let rubbish = left.iter().find(|file| file.contains(".lock") || file.contains("tmp"));
        assert_eq!(rubbish, None, "round {round}");
    }
}
