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

    fn requests(&self) -> [usize; 4] {
        [self.puts, self.gets, self.lists, self.others]
    }
}

/// What each of three pushes of one commit costs, and its fetch by another, after a first push of all
/// that `fill` makes in the repository `one`.
fn commits(fill: impl Fn(&Sandbox)) -> Vec<(Cost, Cost)> {
    let (proxy, sandbox) = counted();
    sandbox.git("", &["init", "--quiet", "--initial-branch=main", "one"]);
    fill(&sandbox);
    sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "main"]);
    proxy.take();
    sandbox.git("", &["clone", "--quiet", &sandbox.url("app"), "two"]);
    let clone = Cost::of(&proxy.take());
    assert!(clone.all() <= 10, "full clone: {clone:?}");
    assert_eq!(clone.puts, 0);
    (0..3)
        .map(|number| {
            sandbox.commit("one", "small", &format!("{number}"));
            sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "main"]);
            let push = Cost::of(&proxy.take());
            sandbox.git("two", &["fetch", "--quiet", "origin"]);
            let fetch = Cost::of(&proxy.take());
            let tips = ["one", "two"].map(|dir| sandbox.git(dir, &["rev-parse", dir_tip(dir)]));
            assert_eq!(tips[0], tips[1]);
            (push, fetch)
        })
        .collect()
}

fn dir_tip(dir: &str) -> &'static str {
    if dir == "one" { "main" } else { "origin/main" }
}

#[test]
fn a_commit_costs_what_it_holds_whatever_the_repository() {
    let large = commits(|sandbox| {
        large::import(sandbox, "one");
        sandbox.git("one", &["reset", "--quiet", "--hard"]);
    });
    let small = commits(|sandbox| drop(sandbox.commit("one", "first", "file")));
    for (number, ((push, fetch), (small_push, small_fetch))) in large.iter().zip(&small).enumerate()
    {
        assert_eq!(push.puts, 3, "a pack, its idx, and the ref: {push:?}");
        assert_eq!(push.requests(), small_push.requests(), "push {number}");
        assert!(push.all() <= 13, "{push:?}");
        // The tree that the commit changes has 400 entries.
        assert!(push.sent_bytes < 16_000, "{push:?}");
        assert!(push.received_bytes < small_push.received_bytes + 200, "{push:?}");
        assert!(push.received_bytes < 4_000, "{push:?}");
        assert_eq!(fetch.puts, 0, "{fetch:?}");
        assert_eq!(fetch.requests(), small_fetch.requests(), "fetch {number}");
        assert!(fetch.all() <= 8, "the pack and its idx, a list of packs, and the refs: {fetch:?}");
        // The commit with its tree, and a list of the packs.
        assert!(fetch.received_bytes < 15_000, "{fetch:?}");
    }
    let [(first, first_fetch), .., (last, last_fetch)] = &large[..] else { panic!("{large:?}") };
    assert_eq!(first.requests(), last.requests(), "packs that were pushed before cost nothing");
    assert_eq!(first_fetch.requests(), last_fetch.requests());
}

/// Pushes so many branches that all name one commit.
fn push_branches(sandbox: &Sandbox, count: usize) {
    sandbox.repository("one", 1);
    let tip = sandbox.git("one", &["rev-parse", "HEAD"]);
    let mut refs = String::new();
    for number in 0..count {
        writeln!(refs, "create refs/heads/b/{number} {tip}").expect("a string takes all");
    }
    sandbox.git_with("one", &["update-ref", "--stdin"], &refs);
    sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "main"]);
    sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "refs/heads/b/*:refs/heads/b/*"]);
}

#[test]
fn branches_cost_a_put_each_and_are_listed_side_by_side() {
    let (proxy, sandbox) = counted();
    push_branches(&sandbox, 168);
    let push = Cost::of(&proxy.take());
    assert_eq!(push.puts, 3 + 3 + 168, "one put a ref, and one pack: {push:?}");
    let listed = sandbox.git("one", &["ls-remote", "--heads", &sandbox.url("app")]);
    assert_eq!(listed.lines().count(), 169);
    let list = Cost::of(&proxy.take());
    assert_eq!(list.puts, 0);
    assert!(list.all() <= 169 + 4, "one get a ref, side by side: {list:?}");
}

#[test]
fn ten_thousand_branches_are_listed_by_a_handful_of_requests_after_maintenance() {
    let (proxy, sandbox) = counted();
    push_branches(&sandbox, 10_000);
    let checked = sandbox.trunks("one", &["check", &sandbox.url("app"), "--clean", "--grace", "0"]);
    assert!(checked.contains("packed 10001 refs"), "{checked}");
    proxy.take();
    let listed = sandbox.git("one", &["ls-remote", "--heads", &sandbox.url("app")]);
    assert_eq!(listed.lines().count(), 10_001);
    let list = Cost::of(&proxy.take());
    assert!(list.all() <= 4, "HEAD, config, packed-refs, and a list of loose refs: {list:?}");
    // Branches go on moving, and a push of one does not read the others one by one.
    sandbox.commit("one", "small", "more");
    sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "main", "main:b/7"]);
    let push = Cost::of(&proxy.take());
    assert!(push.puts == 4 && push.all() <= 20, "{push:?}");
    let listed = sandbox.git("one", &["ls-remote", "--heads", &sandbox.url("app"), "b/7"]);
    assert!(listed.starts_with(&sandbox.git("one", &["rev-parse", "main"])), "{listed}");
}
