//! `cargo xtask test`: the checks, then all tests. A test that is skipped is a failure.

mod table;

use crate::{
    check,
    command::{cargo, run_seeing},
    javascript, servers, setup, worker,
};
use anyhow::{Result, bail};
use table::Table;
use trunks_tests::workshop::LONG;

/// What is tested besides what always is.
#[derive(Default, clap::Args)]
pub struct Options {
    #[command(flatten)]
    servers: servers::Options,
    /// As often and as large as is promised: 200 kills, 20 writers, 150 MiB through the Worker; some 25
    /// minutes more
    #[arg(long)]
    long: bool,
}

/// How many tests came to which end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// They ran and held.
    pub passed: u64,
    /// They ran and did not hold.
    pub failed: u64,
    /// They did not run.
    pub skipped: u64,
}

/// Runs everything that CI runs.
pub fn run_all(options: &Options) -> Result<()> {
    setup::git()?;
    setup::node()?;
    check::run_all()?;
    servers::install(&options.servers)?;
    let mut stores = Table::default();
    let ended = tests_of_rust(options, &mut stores);
    print!("{}", stores.shown());
    let mut total = ended?;
    total.add(javascript::run_all()?);
    total.add(worker::run_all(&worker::Options { long: options.long })?);
    println!("total: {} passed, {} failed", total.passed, total.failed);
    total.demand_all_passed()
}

/// Runs the tests of Rust that `which` selects, in cargo's words.
pub fn cargo_tests(which: &str) -> Result<Counts> {
    cargo_tests_seen(which, false, &mut Table::default())
}

fn tests_of_rust(options: &Options, stores: &mut Table) -> Result<Counts> {
    let mut counts = cargo_tests_seen("--workspace", options.long, stores)?;
    for test in options.servers.tests() {
        let which = format!("--workspace --test {test}");
        counts.add(cargo_tests_seen(&which, options.long, stores)?);
    }
    Ok(counts)
}

fn cargo_tests_seen(which: &str, long: bool, stores: &mut Table) -> Result<Counts> {
    let mut counts = Counts::default();
    let mut tests = cargo(&format!("test --release {which}"));
    tests.env(servers::PLACE, servers::place());
    if long {
        tests.env(LONG, "1");
    }
    run_seeing(&mut tests, |line| {
        counts.add(Counts::of_cargo(line).unwrap_or_default());
        stores.see(line);
    })?;
    Ok(counts)
}

impl Counts {
    /// The counts in a closing line of cargo's test runner; `None` for any other line.
    fn of_cargo(line: &str) -> Option<Self> {
        let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let count = |what: &str| {
            let of = counts.split("; ").find_map(|part| part.strip_suffix(what));
            of.and_then(|number| number.trim().parse().ok())
        };
        Some(Self {
            passed: count("passed")?,
            failed: count("failed")?,
            skipped: count("ignored")?,
        })
    }

    /// Adds the counts of another run.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// Demands that there were tests, and that each of them ran and held.
    pub fn demand_all_passed(self) -> Result<()> {
        match self {
            Self { passed: 1.., failed: 0, skipped: 0 } => Ok(()),
            Self { passed: 0, .. } => bail!("no test ran"),
            Self { failed: 0, skipped, .. } => bail!("{skipped} tests were skipped"),
            Self { failed, .. } => bail!("{failed} tests failed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn cargo_closing_lines_are_understood() {
        let line = "test result: ok. 12 passed; 0 failed; 3 ignored; 0 measured; 7 filtered out; \
                    finished in 0.00s";
        let counts = Counts { passed: 12, failed: 0, skipped: 3 };
        assert_eq!(Counts::of_cargo(line), Some(counts));
        assert_eq!(Counts::of_cargo("test result of mine ... ok"), None);
        assert_eq!(Counts::of_cargo("test object::id::tests::hex ... ok"), None);
    }

    #[test]
    fn a_skip_or_nothing_at_all_is_a_failure() {
        let demand = |passed, failed, skipped| {
            Counts { passed, failed, skipped }.demand_all_passed().map_err(|e| e.to_string())
        };
        assert_eq!(demand(1, 0, 0), Ok(()));
        assert!(demand(0, 0, 0).is_err());
        assert!(demand(9, 0, 1).is_err());
        assert!(demand(9, 1, 0).is_err());
    }
}
