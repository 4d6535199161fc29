//! Two cleans beside pushes, request by request in every order that chance makes.

use super::*;
use crate::{
    testing::Counting,
    wire::{self, ReceiveOptions, Session, testing::Script},
};
use alloc::boxed::Box;
use core::{
    cell::Cell,
    future::poll_fn,
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

/// Numbers that are the same for the same seed.
fn chances(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    }
}

/// Lets others go first, so many times.
async fn wait(mut times: u64) {
    poll_fn(|_| match times.checked_sub(1) {
        Some(left) => {
            times = left;
            Poll::Pending
        }
        None => Poll::Ready(()),
    })
    .await;
}

/// How often the clean has to be polled.
fn polls(mut clean: Pin<Box<dyn Future<Output = Result<Report, CheckError>> + '_>>) -> u64 {
    let mut context = Context::from_waker(Waker::noop());
    let mut polls = 1;
    while clean.as_mut().poll(&mut context).is_pending() {
        polls += 1;
    }
    polls
}

/// A store that holds the same.
fn copy(store: &Memory) -> Memory {
    let copy = Memory::new();
    keys(store, "").iter().for_each(|key| put(&copy, key, &bytes(store, key)));
    copy.set_time(NOW_S);
    copy
}

/// Polls the actors, for a while each, until all have finished.
///
/// `sleeps_after`: the first one is polled so often, and then sleeps while others come to their ends.
fn interleave(
    mut actors: Vec<Actor<'_>>,
    sleeps_after: Option<u64>,
    mut chance: impl FnMut(u64) -> u64,
) {
    let mut context = Context::from_waker(Waker::noop());
    let mut poll = |actors: &mut Vec<Actor<'_>>, next: usize, times: u64| {
        for _ in 0..times {
            if let Poll::Ready(()) = actors[next].as_mut().poll(&mut context) {
                drop(actors.remove(next));
                return;
            }
        }
    };
    if let Some(times) = sleeps_after {
        poll(&mut actors, 0, times);
        let awake = chance(2) * chance(3);
        while actors.len() as u64 > 1 + awake {
            let next = 1 + chance(actors.len() as u64 - 1) as usize;
            poll(&mut actors, next, [3, 1000, 1000, 1000][chance(4) as usize]);
        }
    }
    while !actors.is_empty() {
        let next = chance(actors.len() as u64) as usize;
        poll(&mut actors, next, [1, 3, 10, 1000][chance(4) as usize]);
    }
}

/// A clean looked, slept, and removed a pack that another clean had meanwhile found reached, and so taken
/// from the list, and that a push then relied on.
#[test]
fn nothing_that_is_reached_is_removed() {
    let pushes = Pushes::new();
    let [lost, other] = ["lost", "other"].map(|name| pushes.commit(name));
    let (lost, other) = (pushes.said("lost", &lost), pushes.said("other", &other));
    let (removed, mut length) = (Cell::new(0), 1);
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
        // In half of all cases the lease of the first one is over when the second one begins, and it
        // sleeps when it is about to remove something.
        let later_s = NOW_S + (seed % 2) * 7200;
        let mut chance = chances(seed);
        if seed == 0 {
            length = polls(Box::pin(clean_at(&Counting::new(copy(&store.store)), "alone", NOW_S)));
        }
        // Most of the time pushes come when the first clean is about to remove something.
        let waits = [(0, 1), (0, length / 2), (length / 2, length), (length / 2, length)];
        let waits = waits.map(|(least, more)| (1 - seed % 2) * (least + chance(more)));
        let note = |report: Result<Report, CheckError>| {
            let has_removed = report.is_ok_and(|report| report.unreachable.contains(&doomed));
            removed.set(removed.get() + u32::from(has_removed));
        };
        let first = async { note(clean_at(&store, "one", NOW_S).await) };
        let second = async {
            wait(waits[1]).await;
            note(clean_at(&store, "two", later_s).await);
        };
        let pushes = [(&other, 2), (&lost, 3)].map(|(said, nonce)| {
            let store = &store;
            async move {
                wait(waits[nonce]).await;
                push(store, said, nonce as u8).await;
            }
        });
        let mut actors: Vec<Actor<'_>> =
            Vec::from([Box::pin(first) as Actor<'_>, Box::pin(second)]);
        actors.extend(pushes.map(|push| Box::pin(push) as Actor<'_>));
        let sleeps_after = (seed % 2 == 1).then(|| length - 1 - chance(length / 3));
        interleave(actors, sleeps_after, chance);
        let report = check(&store.store);
        assert_eq!(report.problems, [""; 0], "seed {seed}");
        let left = keys(&store.store, &format!("{ROOT}journals/maintenance"));
        assert_eq!(left, [""; 0], "seed {seed}: the lease is given back");
    }
    let removed = removed.get();
    assert!((60..570).contains(&removed), "{removed}: pushes and cleans hardly met");
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
