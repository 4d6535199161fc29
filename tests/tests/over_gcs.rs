//! Real git, through the component, over a double that answers as Google documents.

use std::sync::{
    LazyLock,
    atomic::{AtomicU32, Ordering},
};
use trunks_tests::{google::Google, servers::Place};

fn place() -> Place {
    static GOOGLE: LazyLock<Google> = LazyLock::new(Google::start);
    static PARTS: AtomicU32 = AtomicU32::new(0);
    GOOGLE.place(&format!("part-{}", PARTS.fetch_add(1, Ordering::Relaxed)))
}

trunks_tests::journeys!(place());
