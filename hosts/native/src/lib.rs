//! The native host: stores, the component that runs the core, and the commands over them.

pub mod cli;
pub mod component;
pub mod helper;
pub mod mirror;
pub mod runtime;
pub mod secrets;
pub mod settings;
pub mod store;
