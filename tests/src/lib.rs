//! What every store and every host must do, with real git as the judge.

pub mod conformance;
pub mod faults;
pub mod google;
pub mod journeys;
pub mod sandbox;
pub mod servers;
pub mod static_server;
pub mod workshop;
