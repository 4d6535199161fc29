//! Ports of the loopback that nobody listens at.

use std::{
    hash::{BuildHasher, RandomState},
    net::TcpListener,
};

/// Below the ports that connections are given: a server that is started again must find its own
/// free, and nobody who waits for it must meet himself there.
const PORTS: std::ops::Range<u16> = 10_000..30_000;

/// A free one, by chance.
pub fn free() -> u16 {
    let mut state = RandomState::new().hash_one(std::process::id());
    for _ in 0..1000 {
        let span = u64::from(PORTS.end - PORTS.start);
        let port = PORTS.start + u16::try_from(state % span).expect("less than the span");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
        state = RandomState::new().hash_one(state);
    }
    panic!("no port of {PORTS:?} is free");
}
