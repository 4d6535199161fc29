//! Chores, run as `cargo xtask <chore>`.

fn main() {}
