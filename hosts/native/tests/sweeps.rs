//! What killed clients have left of uploads is swept: of one repository, and once it is old.

use trunks::store::{AnyStore, Key, StoreOptions, StoreUrl};
use trunks_core::{
    repository::RepoName,
    store::{Expected, Store, UploadId},
};
use trunks_tests::{
    google::Google,
    servers::{Azurite, Place, Postgres, S3, Sshd},
};

/// Longer than any test takes, and than the double of Google says that uploads are old.
const LONG_S: u64 = 30 * 24 * 60 * 60;

fn open(place: &Place) -> AnyStore {
    let url = StoreUrl::parse(&place.url).expect("a URL");
    let mut options = StoreOptions::new();
    for (name, value) in &place.options {
        options.set(Key::of_name(name).expect("an option"), value.as_str());
    }
    AnyStore::open(&url, &options).expect("all that is needed was said")
}

/// An upload that nobody will finish.
async fn begin(store: &AnyStore, repository: &str) -> UploadId {
    let key = format!("trunks/{repository}.trunk/objects/pack/pack-1.pack");
    let upload = store.upload_start(&key).await.expect("begun");
    store.upload_part(&upload, 1, b"part".to_vec()).await.expect("sent");
    upload
}

async fn is_swept(place: Place) {
    let (store, sweeper) = (open(&place), open(&place));
    let name = RepoName::new("team/app").expect("a name");
    let dead = begin(&store, "team/app").await;
    let others = begin(&store, "team/app-2").await;
    sweeper.sweep(&name, LONG_S).await.expect("swept");
    store.upload_part(&dead, 1, b"part".to_vec()).await.expect("it is young");
    sweeper.sweep(&name, 0).await.expect("swept");
    let said = store.upload_part(&dead, 1, b"part".to_vec()).await.map(drop);
    assert!(said.is_err(), "{}: the upload is still there", place.url);
    let part = store.upload_part(&others, 1, b"part".to_vec()).await.expect("not meant");
    store.upload_finish(&others, vec![part], Expected::Absent).await.expect("not meant");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_s3() {
    is_swept(S3::ministack().place()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_google() {
    is_swept(Google::start().place("part")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_sftp() {
    is_swept(Sshd::shared().place()).await;
}

/// More than a server tells at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many() {
    let store = open(&Google::start().place("part"));
    let mut uploads = Vec::new();
    for _ in 0..12 {
        uploads.push(begin(&store, "app").await);
    }
    store.sweep(&RepoName::new("app").expect("a name"), 0).await.expect("swept");
    for upload in uploads {
        store.upload_part(&upload, 2, b"x".to_vec()).await.expect_err("swept");
    }
}

/// They forget by themselves what nobody finishes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_what_needs_none() {
    for place in [Azurite::shared().place(), Postgres::shared().place()] {
        let store = open(&place);
        let upload = begin(&store, "app").await;
        store.sweep(&RepoName::new("app").expect("a name"), 0).await.expect("nothing to do");
        let part = store.upload_part(&upload, 1, b"part".to_vec()).await.expect("still there");
        store.upload_finish(&upload, vec![part], Expected::Absent).await.expect("finished");
    }
}

/// A composed value's source is left where Google's own server was told to compose it and no more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_what_was_to_be_composed_at_google() {
    let place = Google::start().place("part");
    let store = open(&place);
    let key = "trunks/app.trunk/objects/pack/pack-1.pack.0123.trunks-upload";
    store.put(key, b"left".to_vec(), Expected::Absent).await.expect("written");
    let name = RepoName::new("app").expect("a name");
    store.sweep(&name, 100 * 12 * LONG_S).await.expect("swept");
    assert!(store.get(key, None).await.expect("read").is_some(), "it is young");
    store.sweep(&name, 0).await.expect("swept");
    assert_eq!(store.get(key, None).await, Ok(None));
}
