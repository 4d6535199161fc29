//! The component in its sandbox.

mod probe;

use super::{Bounds, Core, Exchange, Guest};
use probe::{Get, Probe};
use std::{
    pin::pin,
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};
use tokio::io::AsyncReadExt;
use trunks_core::{
    code::Code,
    files::commit::{Change, CommitRequest, Content, Person},
    object::Mode,
    refs::{Head, RefName},
    repository::{CreateOptions, Layout, Peel, RepoName},
    store::{Expected, Memory, Store},
    wire::{Session, UploadOptions, Version},
};

const ID: &str = "0123456789abcdef0123456789abcdef01234567";

fn guest(store: Arc<impl super::SendStore>) -> Guest {
    Guest::new(Core::shared().expect("the component loads"), store)
}

fn name() -> RepoName {
    RepoName::new("team/app").expect("well-formed")
}

/// Lays a repository with `branches` branches into a store.
async fn lay_repository(store: &impl Store, branches: usize) {
    let layout = Layout::new(&name());
    let head = b"ref: refs/heads/main\n".to_vec();
    store.put(&layout.head(), head, Expected::Any).await.expect("put");
    for number in 0..branches {
        let key = format!("{}heads/{number:03}", layout.refs_prefix());
        store.put(&key, format!("{ID}\n").into_bytes(), Expected::Any).await.expect("put");
    }
}

#[test]
fn imports_are_the_world_and_nothing_else() {
    let core = Core::shared().expect("the component loads");
    let component = core.component.instance_pre().component();
    let imports: Vec<_> =
        component.component_type().imports(&core.engine).map(|(name, _)| name.to_owned()).collect();
    assert_eq!(imports, ["trunks:core/storage@0.1.0", "trunks:core/exchange@0.1.0"]);
}

#[tokio::test]
async fn a_call_answers() {
    let keys = guest(Arc::new(Memory::new()))
        .pack_keys(&name(), &ID.parse().expect("an id"))
        .await
        .expect("keys");
    let root = format!("trunks/team/app.trunk/objects/pack/pack-{ID}");
    assert_eq!(keys, (format!("{root}.pack"), format!("{root}.idx")));
}

#[tokio::test]
async fn refs_cross_the_edge_unchanged() {
    let store = Arc::new(Memory::new());
    lay_repository(&*store, 2).await;
    let listing = guest(store).refs(&name(), &[], Peel::Known).await.expect("a listing");
    assert_eq!(listing.head, Head::Symbolic(RefName::new("refs/heads/main").expect("a name")));
    let refs: Vec<_> =
        listing.refs.iter().map(|found| (found.name.as_str(), found.id.to_string())).collect();
    assert_eq!(refs, [("refs/heads/000", ID.to_owned()), ("refs/heads/001", ID.to_owned())]);
}

#[tokio::test]
async fn a_commit_crosses_the_edge_and_reads_back() {
    let store = Arc::new(Memory::new());
    let guest = guest(store.clone());
    let options = CreateOptions { default_branch: "main".into(), is_static: true, id: "1".into() };
    guest.create(&name(), &options).await.expect("created");
    let ada = Person { name: "Ada".into(), email: String::new(), time_s: 7, zone_minutes: -90 };
    let blob = |path: &str, bytes: &[u8]| Change {
        path: path.into(),
        content: Content::Blob { mode: Mode::EXECUTABLE, bytes: bytes.into() },
    };
    let branch = RefName::new("refs/heads/main").expect("a name");
    let first = CommitRequest {
        branch: branch.clone(),
        parent: None,
        changes: vec![blob("dir/file", b"one"), blob("dir/other", b"")],
        author: ada.clone(),
        committer: ada.clone(),
        message: "first\n".into(),
        nonce: [1; 20],
    };
    let parent = guest.commit(&name(), first.clone()).await.expect("committed");
    let gone = Change { path: b"dir/other".to_vec(), content: Content::Nothing };
    let second = CommitRequest { parent: Some(parent), changes: vec![gone], ..first.clone() };
    guest.commit(&name(), second.clone()).await.expect("committed");
    let stale = guest.commit(&name(), second).await.expect_err("the branch has moved");
    assert_eq!(stale.code, Code::Conflict);
    let odd = CommitRequest { message: vec![0xff], ..first };
    assert_eq!(guest.commit(&name(), odd).await.expect_err("not UTF-8").code, Code::Invalid);

    let stat = guest.stat(&name(), "main", "dir/file").await.expect("there");
    assert_eq!((stat.mode, stat.size_bytes), (Mode::EXECUTABLE, 3));
    assert_eq!(guest.stat(&name(), "main", "").await.expect("the root").mode, Mode::TREE);
    let files = guest.list_files(&name(), "main", "dir").await.expect("a directory");
    let names: Vec<_> = files.iter().map(|entry| (&entry.name[..], entry.id)).collect();
    assert_eq!(names, [(&b"file"[..], stat.id)]);
    let missing = guest.stat(&name(), "main", "dir/other").await.expect_err("it was removed");
    assert_eq!(missing.code, Code::NotFound);

    assert_eq!(guest.pack_refs(&name()).await, Ok(1));
    let key = Layout::new(&name()).loose_ref(&branch);
    assert_eq!(store.get(&key, None).await, Ok(None));
    let listing = guest.refs(&name(), &[], Peel::Known).await.expect("a listing");
    assert_eq!(listing.refs.len(), 1);
}

#[tokio::test]
async fn errors_keep_their_code() {
    let error = guest(Arc::new(Memory::new()))
        .refs(&name(), &[], Peel::Known)
        .await
        .expect_err("there is no repository");
    assert_eq!(error.code, Code::NotFound);
    assert_eq!(error.message, "repository team/app does not exist");
}

#[tokio::test]
async fn many_storage_calls_are_in_flight_at_once() {
    let store = Arc::new(Probe::new(Get::Dawdles));
    lay_repository(&store.memory, 100).await;
    let listing = guest(store.clone()).refs(&name(), &[], Peel::Known).await.expect("a listing");
    assert_eq!(listing.refs.len(), 100);
    // As many as the core asks for at once.
    let most = store.most_in_flight.load(SeqCst);
    assert!(most >= 64, "{most}");
}

#[tokio::test]
async fn memory_is_bounded() {
    let store = Arc::new(Memory::new());
    lay_repository(&*store, 1).await;
    let packed = vec![0; 16 << 20];
    store.put(&Layout::new(&name()).packed_refs(), packed, Expected::Any).await.expect("put");
    let guest = guest(store);
    let bounds = Bounds { memory_bytes: 8 << 20, ..Bounds::default() };
    let error = guest.clone().with_bounds(bounds).refs(&name(), &[], Peel::Known).await;
    let error = error.expect_err("it does not fit");
    assert_eq!(error.code, Code::TooLarge);
    assert!(error.message.contains("8 MiB of memory"), "{error}");
    let error = guest.refs(&name(), &[], Peel::Known).await.expect_err("not a ref");
    assert_eq!(error.code, Code::Corrupt, "with room for it, it is read");
}

#[tokio::test]
async fn computing_is_bounded() {
    let store = Arc::new(Probe::new(Get::Passes { epochs: 1 }));
    lay_repository(&store.memory, 1).await;
    let bounds = Bounds { compute: Duration::ZERO, ..Bounds::default() };
    let error = guest(store).with_bounds(bounds).refs(&name(), &[], Peel::Known).await;
    let error = error.expect_err("an epoch passed");
    assert_eq!(error.code, Code::TooLarge);
    assert!(error.message.contains("computed for more than 0 s"), "{error}");
}

/// A guest that goes on and on is stopped in the middle, wherever it is.
#[tokio::test]
async fn a_guest_that_computes_on_is_stopped() {
    let store = Arc::new(Memory::new());
    lay_repository(&*store, 1).await;
    let mut packed = String::from("# pack-refs with: peeled fully-peeled sorted \n");
    (0..400_000)
        .for_each(|number| packed.push_str(&format!("{ID} refs/heads/packed/{number:06}\n")));
    let key = Layout::new(&name()).packed_refs();
    store.put(&key, packed.into_bytes(), Expected::Any).await.expect("put");
    let bounds = Bounds { compute: super::ticker::TICK, ..Bounds::default() };
    let guest = guest(store);
    let listed = guest.clone().with_bounds(bounds).refs(&name(), &[], Peel::Known).await;
    let error = listed.expect_err("it takes longer than two ticks");
    assert_eq!(error.code, Code::TooLarge);
    assert!(error.message.contains("and was stopped"), "{error}");
    // It is the call that was stopped, and not the guest.
    let few = guest.refs(&name(), &["refs/heads/packed/0000"], Peel::Known).await;
    assert_eq!(few.expect("a listing").refs.len(), 100);
}

#[tokio::test]
async fn waiting_is_not_computing() {
    let store = Arc::new(Probe::new(Get::Passes { epochs: 1000 }));
    lay_repository(&store.memory, 20).await;
    let bounds = Bounds { compute: Duration::from_millis(100), ..Bounds::default() };
    let listing = guest(store).with_bounds(bounds).refs(&name(), &[], Peel::Known).await;
    assert_eq!(listing.expect("a listing").refs.len(), 20);
}

#[tokio::test]
async fn a_dropped_call_leaves_nothing_behind() {
    let store = Arc::new(Probe::new(Get::Hangs));
    lay_repository(&store.memory, 1).await;
    let guest = guest(store.clone());
    {
        let name = name();
        let mut call = pin!(guest.refs(&name, &[], Peel::Known));
        for _ in 0..10 {
            assert!(futures_util::poll!(&mut call).is_pending());
        }
        assert_ne!(store.in_flight.load(SeqCst), 0, "it waits for the store");
    }
    assert_eq!(store.in_flight.load(SeqCst), 0);
    drop(guest);
    assert_eq!(Arc::strong_count(&store), 1);
}

#[test]
fn a_panic_is_an_error() {
    let error = super::call::trapped(&wasmtime::Trap::UnreachableCodeReached.into());
    assert_eq!(error.code, Code::Failed);
    assert_eq!(error.message, "internal error in the core: it panicked; please report it");
}

#[tokio::test]
async fn bytes_cross_the_edge_to_the_client() {
    let store = Arc::new(Memory::new());
    lay_repository(&*store, 0).await;
    let (client, server) = tokio::io::duplex(1024);
    let options = UploadOptions {
        version: Version::V2,
        session: Session::Advertise,
        agent: "test".to_owned(),
    };
    let (guest, name) = (guest(store), name());
    let serve = guest.upload_pack(&name, &options, Exchange::writing(server));
    let mut told = String::new();
    let mut client = client;
    let (served, read) = futures_util::join!(serve, client.read_to_string(&mut told));
    served.expect("it is served");
    read.expect("it is text");
    assert!(told.contains("version 2\n") && told.contains("agent=test\n"), "{told}");
}

#[tokio::test]
async fn a_client_that_went_away_is_an_error() {
    let store = Arc::new(Memory::new());
    lay_repository(&*store, 0).await;
    let (client, server) = tokio::io::duplex(1);
    drop(client);
    let error = guest(store)
        .upload_pack(&name(), &UploadOptions::default(), Exchange::writing(server))
        .await
        .expect_err("nobody reads");
    assert_eq!(error.code, Code::Disconnected, "{error}");
}

#[test]
fn calls_can_move_between_threads() {
    fn is_send<T: Send>(_: T) {}
    let (guest, name) = (guest(Arc::new(Memory::new())), name());
    is_send(guest.names(None, 1));
    is_send(guest.read_file(&name, "HEAD", b"a", None, Exchange::none()));
}
