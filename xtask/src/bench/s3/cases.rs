//! What is done through each remote, and what it costs.

use super::peers::Peer;
use anyhow::{Context, Result, ensure};
use std::{
    env, fmt,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};
use trunks_tests::{
    faults::{Exchange, HttpFaults},
    journeys::large,
    sandbox::Sandbox,
    servers::{Place, S3},
};

/// The operations, in the order of their costs.
pub const NAMES: [&str; 4] =
    ["first push of everything", "full clone", "push of one commit", "fetch of one commit"];

/// Rounds of push and fetch; the middle one by time counts.
const ROUNDS: usize = 5;

/// What an operation cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    requests: usize,
    sent_bytes: u64,
    received_bytes: u64,
    took: Duration,
}

impl Cost {
    /// How this compares with `first`, as ratios.
    pub fn beside(&self, first: &Self) -> String {
        let bytes = |cost: &Self| (cost.sent_bytes + cost.received_bytes) as f64;
        let ratio = |ours: f64, theirs: f64| format!("{:.1}x", theirs / ours.max(f64::EPSILON));
        let requests = ratio(first.requests as f64, self.requests as f64);
        let seconds = ratio(first.took.as_secs_f64(), self.took.as_secs_f64());
        format!("{requests}, {}, {seconds}", ratio(bytes(first), bytes(self)))
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, sent_bytes, received_bytes, took } = self;
        write!(f, "{requests:>9}{sent_bytes:>12}{received_bytes:>12}{:>9.2}", took.as_secs_f64())
    }
}

/// A repository, and a bucket behind a proxy that counts.
struct Bench<'p> {
    peer: &'p Peer,
    proxy: HttpFaults,
    sandbox: Sandbox,
    url: String,
}

impl<'p> Bench<'p> {
    fn new(peer: &'p Peer) -> Result<Self> {
        let server = S3::ministack();
        let proxy = HttpFaults::before(server.address());
        let place = server.place_at(proxy.address());
        let bucket = bucket(&place).context("a place of S3 names a bucket")?.to_owned();
        let url = (peer.url)(proxy.address(), &bucket);
        let sandbox = Sandbox::over(place);
        sandbox.git("", &["init", "--quiet", "--initial-branch=main", "one"]);
        large::import(&sandbox, "one");
        sandbox.git("one", &["reset", "--quiet", "--hard"]);
        Ok(Self { peer, proxy, sandbox, url })
    }

    /// Runs git, and counts.
    fn git(&self, dir: &str, words: &[&str]) -> Result<Cost> {
        let mut git = self.sandbox.command(dir, "git", words);
        self.introduce(&mut git)?;
        self.proxy.take();
        let start = Instant::now();
        let output = git.output().context("git is needed")?;
        let took = start.elapsed();
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}: git {words:?}: {said}", self.peer.name);
        let exchanges = self.proxy.take();
        let sum = |of: fn(&Exchange) -> u64| exchanges.iter().map(of).sum();
        Ok(Cost {
            requests: exchanges.len(),
            sent_bytes: sum(|exchange| exchange.sent_bytes),
            received_bytes: sum(|exchange| exchange.received_bytes),
            took,
        })
    }

    /// Tells git where the helper is, and the helper where the server is.
    fn introduce(&self, git: &mut Command) -> Result<()> {
        let Some(folder) = &self.peer.folder else { return Ok(()) };
        let rest = env::var_os("PATH").unwrap_or_default();
        let path = [PathBuf::from(folder)].into_iter().chain(env::split_paths(&rest));
        git.env("PATH", env::join_paths(path)?)
            .env("AWS_ENDPOINT_URL", self.proxy.endpoint())
            .env("AWS_ACCESS_KEY_ID", S3::ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", S3::SECRET_KEY)
            .env("AWS_DEFAULT_REGION", S3::REGION)
            .env("AWS_REGION", S3::REGION)
            .env("AWS_EC2_METADATA_DISABLED", "true");
        Ok(())
    }

    fn push(&self) -> Result<Cost> {
        self.git("one", &["push", "--quiet", &self.url, "main"])
    }

    fn clone_to(&self, dir: &str) -> Result<Cost> {
        self.git("", &["clone", "--quiet", "--branch=main", &self.url, dir])
    }

    /// Commits a small file in `one`, which `two` is to have afterwards.
    fn commit(&self, number: usize) -> String {
        self.sandbox.commit("one", "small", &format!("{number}"))
    }
}

/// Measures every operation of [`NAMES`].
pub fn measure(peer: &Peer) -> Result<Vec<Cost>> {
    let bench = Bench::new(peer)?;
    let first = bench.push()?;
    let clone = bench.clone_to("two")?;
    let (mut pushes, mut fetches) = (Vec::new(), Vec::new());
    for number in 0..ROUNDS {
        let commit = bench.commit(number);
        pushes.push(bench.push()?);
        fetches.push(bench.git("two", &["fetch", "--quiet", "origin"])?);
        let fetched = bench.sandbox.git("two", &["rev-parse", "origin/main"]);
        ensure!(fetched == commit, "{}: the commit was not fetched", peer.name);
    }
    Ok(vec![first, clone, middle(pushes), middle(fetches)])
}

/// What a repository costs that was pushed to commit by commit.
pub fn after_pushes(peer: &Peer, pushes: usize) -> Result<Vec<(String, Cost)>> {
    let bench = Bench::new(peer)?;
    bench.push()?;
    bench.clone_to("two")?;
    bench.clone_to("late")?;
    let mut push = None;
    for number in 0..pushes {
        bench.commit(number);
        push = Some(bench.push()?);
        if number + 2 == pushes {
            bench.git("two", &["fetch", "--quiet", "origin"])?;
        }
    }
    let fetch = ["fetch", "--quiet", "origin"];
    let one = bench.git("two", &fetch)?;
    let all = bench.git("late", &fetch)?;
    let clone = bench.clone_to("three")?;
    let mut costs = Vec::new();
    costs.extend(push.map(|cost| (format!("push number {pushes}"), cost)));
    costs.push(("fetch of the last of them".into(), one));
    costs.push(("fetch of all of them".into(), all));
    costs.push(("full clone".into(), clone));
    Ok(costs)
}

/// The one whose time is in the middle.
fn middle(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by_key(|cost| cost.took);
    costs[costs.len() / 2]
}

fn bucket(place: &Place) -> Option<&str> {
    place.url.strip_prefix("s3://")?.split('/').next()
}
