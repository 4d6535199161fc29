//! The core for JavaScript: the second binding of the seam to storage.
//!
//! | module | what |
//! |---|---|
//! | [`store`] | a JavaScript object as the core's store |
#![allow(missing_docs)]
pub mod store;
