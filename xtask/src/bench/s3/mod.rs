//! `cargo xtask bench --s3`: trunks beside other Git remotes on S3, against one server in one run, by
//! requests, bytes and seconds. A proxy before the server counts.

mod cases;
mod peers;

use crate::{command, servers};
use anyhow::Result;
use cases::Cost;

/// Measures and prints a table.
pub fn run(pushes: usize) -> Result<()> {
    command::run(&mut command::cargo("build --release --workspace --bins"))?;
    servers::install(&Default::default())?;
    let peers = peers::install()?;
    println!("S3: ministack, through a counting proxy; loopback, {} processors", processors());
    println!("repository: 20,000 objects in 400 commits; small files");
    let mut baseline: Vec<Cost> = Vec::new();
    for peer in &peers {
        let costs = cases::measure(peer)?;
        println!(
            "\n{:<28}{:>9}{:>12}{:>12}{:>9}   beside trunks: requests, bytes, seconds",
            peer.name, "requests", "sent", "received", "seconds"
        );
        for (number, (case, cost)) in cases::NAMES.iter().zip(&costs).enumerate() {
            let beside = baseline.get(number).map_or(String::new(), |first| cost.beside(first));
            println!("{case:<28}{cost}   {beside}");
        }
        if baseline.is_empty() {
            baseline = costs;
        }
    }
    if pushes > 0 {
        println!(
            "\n{:<28}{:>9}{:>12}{:>12}{:>9}",
            "trunks, many small packs", "requests", "sent", "received", "seconds"
        );
        for (case, cost) in cases::after_pushes(&peers[0], pushes)? {
            println!("{case:<28}{cost}");
        }
    }
    Ok(())
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
