//! Timing two commands in turn, so that a drift of the machine's speed hits both.

use anyhow::Result;
use std::time::{Duration, Instant};

/// One operation measured on both sides.
pub struct Row {
    /// What was done.
    pub name: &'static str,
    /// The ratio that is aimed for, if one was set.
    pub goal: Option<f64>,
    /// Seconds of each round: trunks, git.
    pub rounds: Vec<(f64, f64)>,
}

impl Row {
    /// The medians of trunks and of git, in seconds, and of the ratio pair by pair.
    pub fn medians(&self) -> (f64, f64, f64) {
        let column = |f: fn(&(f64, f64)) -> f64| median(self.rounds.iter().map(f).collect());
        (column(|r| r.0), column(|r| r.1), column(|r| r.0 / r.1))
    }
}

/// Which of the two is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// A trunk, through `git-remote-trunks` or the `trunks` command.
    Trunks,
    /// A bare repository over `file://`.
    Git,
}

/// Runs both sides in turn, `rounds` times after one round that does not count.
///
/// `operations`: what a call of `round` measures, in order, each with its goal. `round` is given the
/// side and the number of the round, sets up what it needs, and returns how long each took.
pub fn pairs<const N: usize>(
    operations: [(&'static str, Option<f64>); N],
    rounds: usize,
    mut round: impl FnMut(Side, usize) -> Result<[Duration; N]>,
) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> =
        operations.into_iter().map(|(name, goal)| Row { name, goal, rounds: Vec::new() }).collect();
    for number in 0..=rounds {
        let trunks = round(Side::Trunks, number)?;
        let git = round(Side::Git, number)?;
        if number == 0 {
            continue;
        }
        for (row, pair) in rows.iter_mut().zip(trunks.iter().zip(&git)) {
            row.rounds.push((pair.0.as_secs_f64(), pair.1.as_secs_f64()));
        }
    }
    Ok(rows)
}

/// How long `action` takes.
pub fn time(action: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let start = Instant::now();
    action()?;
    Ok(start.elapsed())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
