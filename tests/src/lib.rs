//! What every store and every host must do, with real git as the judge.

pub mod conformance;
pub mod workshop;
