//! The native host: stores, the component that runs the core, and the commands over them.

pub mod component;
pub mod store;
