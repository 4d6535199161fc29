//! The tables that the bench prints.

use super::{fixture::Fixture, measure::Row, memory::Peak};
use anyhow::Result;

/// Says what is measured.
pub fn heading(fixture: &Fixture) -> Result<()> {
    let counts = fixture.ask(&["count-objects", "-v"])?;
    let count =
        |name| counts.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("?").trim();
    let commits = fixture.ask(&["rev-list", "--all", "--count"])?;
    let refs = fixture.ask(&["for-each-ref", "--format=x"])?.lines().count();
    println!(
        "repository: {} objects, {commits} commits, {refs} refs, a pack of {} KiB",
        count("in-pack:"),
        count("size-pack:")
    );
    Ok(())
}

/// Prints the timed operations: medians in seconds, and the median of the ratios pair by pair.
pub fn speed(rows: &[Row]) {
    println!("\n{:<32}{:>10}{:>10}{:>8}{:>7}", "operation", "trunks s", "git s", "ratio", "goal");
    for row in rows {
        let (trunks, git, ratio) = row.medians();
        let goal = row.goal.map_or(String::from("-"), |goal| format!("{goal:.1}"));
        let mark = if row.goal.is_some_and(|goal| ratio > goal) { "  missed" } else { "" };
        println!("{:<32}{trunks:>10.3}{git:>10.3}{ratio:>8.2}{goal:>7}{mark}", row.name);
    }
}

/// Prints the memory that our processes held at most.
pub fn memory(peaks: &[Peak]) {
    println!("\n{:<32}{:>10}{:>10}", "peak memory of our processes", "MiB", "goal");
    for peak in peaks {
        let mark = if peak.mib > peak.goal_mib { "  missed" } else { "" };
        println!("{:<32}{:>10.1}{:>10.0}{mark}", peak.name, peak.mib, peak.goal_mib);
    }
}
