//! Two cleans beside pushes, request by request in every order that chance makes.

use super::*;
use crate::{
    testing::Counting,
    wire::{self, ReceiveOptions, Session, testing::Script},
};
use alloc::boxed::Box;
use core::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

const DAY_S: u64 = 24 * 3600;
/// When all of it happens.
const NOW_S: u64 = 100 * DAY_S;

type Shared<'s> = &'s Counting<Memory>;
type Actor<'s> = Pin<Box<dyn Future<Output = ()> + 's>>;

/// What the pushes bring, each a commit of its own with a blob that is in all of them.
struct Pushes {
    dir: TempDir,
    base: String,
}

impl Pushes {
    fn new() -> Self {
        let dir = repository();
        let base = git_text(dir.path(), &["rev-parse", "main"]);
        Self { dir, base }
    }

    /// A commit called `name` on top of main, with a file that all of them share and one that none does.
    fn commit(&self, name: &str) -> String {
        let path = self.dir.path();
        let blob = |text: &str| {
            let id = git_with_input(path, &["hash-object", "-w", "--stdin"], text.as_bytes());
            String::from_utf8(id).unwrap().trim().to_owned()
        };
        let (shared, own) = (blob("in all of them\n"), blob(name));
        let tree = format!("100644 blob {own}\town\n100644 blob {shared}\tshared\n");
        let tree = String::from_utf8(git_with_input(path, &["mktree"], tree.as_bytes())).unwrap();
        git_text(path, &["commit-tree", "-m", name, "-p", &self.base, tree.trim()])
    }

    /// What a client says that pushes the commit to the branch called `name`.
    fn said(&self, name: &str, commit: &str) -> Vec<u8> {
        let command = format!("{} {commit} refs/heads/{name}\0report-status", "0".repeat(40));
        let mut said = format!("{:04x}{command}0000", command.len() + 4).into_bytes();
        let revisions = format!("{commit}\n^{}\n", self.base);
        let pack = ["pack-objects", "-q", "--revs", "--stdout"];
        said.extend(git_with_input(self.dir.path(), &pack, revisions.as_bytes()));
        said
    }
}

async fn push(store: Shared<'_>, said: &[u8], nonce: u8) {
    let repository = Repository::open(store, &repo_name(), Limits::default());
    let session = Session::Request;
    let options = ReceiveOptions { session, nonce: [nonce; 20], ..ReceiveOptions::default() };
    // A push may be told that a clean was quicker: then its ref has not moved.
    let _ = wire::receive_pack(&repository, &mut Script::new(&[said]), &options).await;
}

async fn clean_at(store: Shared<'_>, owner: &str, now_s: u64) -> Result<Report, CheckError> {
    let repository = Repository::open(store, &repo_name(), Limits::default());
    let (clean, owner) = (true, owner.to_owned());
    run(&repository, &CheckOptions { clean, now_s, grace_s: DAY_S, owner }).await
}

/// Polls the actors, for a while each, until all have finished.
fn interleave(mut actors: Vec<Actor<'_>>, seed: u64) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut chance = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let mut context = Context::from_waker(Waker::noop());
    while !actors.is_empty() {
        let next = chance(actors.len() as u64) as usize;
        // Now and then one sleeps while another one comes to its end.
        for _ in 0..[1, 3, 10, 1000][chance(4) as usize] {
            if let Poll::Ready(()) = actors[next].as_mut().poll(&mut context) {
                drop(actors.remove(next));
                break;
            }
        }
    }
}

/// A clean looked, slept, and removed a pack that another clean had meanwhile found reached, and so taken
/// from the list, and that a push then relied on.
#[test]
fn nothing_that_is_reached_is_removed() {
    let pushes = Pushes::new();
    let [lost, other] = ["lost", "other"].map(|name| pushes.commit(name));
    let (lost, other) = (pushes.said("lost", &lost), pushes.said("other", &other));
    let mut removed = 0;
    for seed in 0..600 {
        let store = Counting::new(load(pushes.dir.path()));
        // Loose objects of the fixture would hide what is missing.
        for key in keys(&store.store, &format!("{ROOT}objects/")) {
            if !key.contains("/pack/") {
                delete(&store.store, &key);
            }
        }
        for key in keys(&store.store, &format!("{ROOT}refs/tags/")) {
            delete(&store.store, &key);
        }
        let before = keys(&store.store, ROOT);
        block_on(push(&store, &lost, 1));
        let mut brought = keys(&store.store, ROOT);
        brought.retain(|key| key.ends_with(".pack") && !before.contains(key));
        let doomed = brought.remove(0);
        delete(&store.store, &format!("{ROOT}refs/heads/lost"));
        block_on(clean_at(&store, "before", NOW_S - DAY_S)).unwrap();
        store.store.set_time(NOW_S);
        // In half of all cases the lease of the first one is over when the second one begins.
        let later_s = NOW_S + (seed % 2) * 7200;
        let first = async { drop(clean_at(&store, "one", NOW_S).await) };
        let second = async { drop(clean_at(&store, "two", later_s).await) };
        let actors: Vec<Actor<'_>> = Vec::from([
            Box::pin(first) as Actor<'_>,
            Box::pin(second),
            Box::pin(push(&store, &other, 2)),
            Box::pin(push(&store, &lost, 3)),
        ]);
        interleave(actors, seed);
        let report = check(&store.store);
        assert_eq!(report.problems, [""; 0], "seed {seed}");
        let left = keys(&store.store, &format!("{ROOT}journals/maintenance"));
        assert_eq!(left, [""; 0], "seed {seed}: the lease is given back");
        removed += u32::from(!keys(&store.store, ROOT).contains(&doomed));
    }
    assert!((50..600).contains(&removed), "{removed}: pushes and cleans hardly met");
}

#[test]
fn who_comes_second_is_told_who_cleans_and_until_when() {
    let store = Counting::new(load(repository().path()));
    let mut first = Box::pin(clean_at(&store, "ada on one (process 7)", NOW_S));
    let mut context = Context::from_waker(Waker::noop());
    while store.store_is_without_lease() {
        assert!(first.as_mut().poll(&mut context).is_pending());
    }
    let error = block_on(clean_at(&store, "grace", NOW_S + 60)).unwrap_err();
    let told = format!("{error}");
    assert!(matches!(error, CheckError::Busy { .. }), "{told}");
    for words in ["ada on one (process 7)", "1970-04-11T01:00:00Z", "journals/maintenance"] {
        assert!(told.contains(words), "{told}");
    }
    // Looking needs no lease.
    assert_eq!(check(&store.store).problems, [""; 0]);
    block_on(first).unwrap();
    block_on(clean_at(&store, "grace", NOW_S + 60)).unwrap();
}

impl Counting<Memory> {
    fn store_is_without_lease(&self) -> bool {
        keys(&self.store, &format!("{ROOT}journals/maintenance")).is_empty()
    }
}
