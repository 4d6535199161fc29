//! Every store of this host does what every store must do.

use tempfile::TempDir;
use trunks::store::{AnyStore, Disk, StoreOptions, StoreUrl};
use trunks_tests::conformance::Below;

fn scratch() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn disk() -> (TempDir, Disk) {
    let root = scratch();
    let disk = Disk::new(root.path());
    (root, disk)
}

fn disk_below(prefix: &str) -> (TempDir, Below<Disk>) {
    let (root, disk) = disk();
    (root, Below::new(disk, prefix))
}

fn any() -> (TempDir, AnyStore) {
    let root = scratch();
    let url = StoreUrl::Local { root: root.path().to_owned() };
    let store = AnyStore::open(&url, &StoreOptions::new()).expect("a directory");
    (root, store)
}

/// Keys outside any repository.
mod on_disk {
    trunks_tests::conformance!(super::disk());
}

/// Keys that are locked as git locks refs.
mod on_disk_as_refs {
    trunks_tests::conformance!(super::disk_below("trunks/team/app.trunk/refs/heads/"));
}

/// Keys that are written once, without a lock.
mod on_disk_as_packs {
    trunks_tests::conformance!(super::disk_below("trunks/app.trunk/objects/pack/pack-"));
}

mod chosen_at_run_time {
    trunks_tests::conformance!(super::any());
}

#[tokio::test]
async fn all_behaviours_share_a_directory() {
    let (_root, disk) = disk();
    trunks_tests::conformance::all(&disk).await;
}
