//! What git's commands cost on S3, in requests and bytes, counted by a proxy before a real server.

use std::fmt::Write as _;
use trunks_tests::{
    faults::{Exchange, HttpFaults},
    journeys::large,
    sandbox::Sandbox,
    servers::S3,
};

/// A sandbox over S3, behind a proxy that counts.
fn counted() -> (HttpFaults, Sandbox) {
    let proxy = HttpFaults::before(S3::ministack().address());
    let sandbox = Sandbox::over(S3::ministack().place_at(proxy.address()));
    (proxy, sandbox)
}

/// What a command cost.
#[derive(Debug)]
struct Cost {
    puts: usize,
    gets: usize,
    lists: usize,
    others: usize,
    sent_bytes: u64,
    received_bytes: u64,
}

impl Cost {
    fn of(exchanges: &[Exchange]) -> Self {
        let count = |is: &dyn Fn(&Exchange) -> bool| exchanges.iter().filter(|e| is(e)).count();
        let is_list = |e: &Exchange| e.method == "GET" && e.target.contains("list-type=2");
        let cost = Self {
            puts: count(&|e| e.method == "PUT"),
            gets: count(&|e| e.method == "GET" && !is_list(e)),
            lists: count(&is_list),
            others: count(&|e| e.method != "PUT" && e.method != "GET"),
            sent_bytes: exchanges.iter().map(|e| e.sent_bytes).sum(),
            received_bytes: exchanges.iter().map(|e| e.received_bytes).sum(),
        };
        println!("{cost:?}");
        cost
    }

    fn all(&self) -> usize {
        self.puts + self.gets + self.lists + self.others
    }
}

#[test]
fn a_commit_costs_what_it_holds_whatever_the_repository() {
    let (proxy, sandbox) = counted();
    sandbox.git("", &["init", "--quiet", "--initial-branch=main", "one"]);
    large::import(&sandbox, "one");
    sandbox.git("one", &["reset", "--quiet", "--hard"]);
    sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "main"]);
    proxy.take();

    sandbox.git("", &["clone", "--quiet", &sandbox.url("app"), "two"]);
    let clone = Cost::of(&proxy.take());
    assert!(clone.all() <= 16, "full clone: {clone:?}");
    assert_eq!(clone.puts, 0);

    for number in 0..3 {
        let packs = 1 + number;
        sandbox.commit("one", "small", &format!("{number}"));
        sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "main"]);
        let push = Cost::of(&proxy.take());
        assert_eq!(push.puts, 3, "push: a pack, its idx, and the ref: {push:?}");
        assert!(push.all() <= 15 + packs, "one idx a pack is read: {push:?}");
        // The tree that the commit changes has 400 entries.
        assert!(push.sent_bytes < 16_000, "{push:?}");
        // An idx of up to 2 MiB is read whole: docs/adr/0007.
        assert!(push.received_bytes < 2_200_000, "{push:?}");

        sandbox.git("two", &["fetch", "--quiet", "origin"]);
        let fetch = Cost::of(&proxy.take());
        assert_eq!(fetch.puts, 0, "fetch: {fetch:?}");
        assert!(fetch.all() <= 20 + packs, "one idx a pack is read: {fetch:?}");
    }
}

#[test]
fn branches_are_listed_in_few_requests() {
    let (proxy, sandbox) = counted();
    sandbox.repository("one", 1);
    let tip = sandbox.git("one", &["rev-parse", "HEAD"]);
    let mut refs = String::new();
    for number in 0..168 {
        writeln!(refs, "create refs/heads/b/{number} {tip}").expect("a string takes all");
    }
    sandbox.git_with("one", &["update-ref", "--stdin"], &refs);
    sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "main"]);
    proxy.take();
    sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "refs/heads/b/*:refs/heads/b/*"]);
    let push = Cost::of(&proxy.take());
    assert_eq!(push.puts, 168, "one put a ref, and no pack: all is there: {push:?}");
    let listed = sandbox.git("one", &["ls-remote", "--heads", &sandbox.url("app")]);
    assert_eq!(listed.lines().count(), 169);
    let list = Cost::of(&proxy.take());
    assert_eq!(list.puts, 0);
    assert!(list.all() <= 169 + 6, "one get a ref, side by side: {list:?}");
}
