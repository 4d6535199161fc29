//! The core for JavaScript: the second binding of the seam to storage, and what the core offers.
//!
//! | module | what |
//! |---|---|
//! | [`store`] | a JavaScript object as the core's store |
//! | [`repository`] | `wit/repository.wit` as methods that return promises |
//! | [`error`] | the core's errors as JavaScript's |
//! | [`promise`] | futures as promises |

pub mod error;
pub mod promise;
pub mod repository;
pub mod store;
