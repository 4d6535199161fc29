//! The core for JavaScript: the second binding of the seam to storage, and what the core offers.
//!
//! | module | what |
//! |---|---|
//! | [`store`] | a JavaScript object as the core's store |
//! | [`repository`] | `wit/repository.wit` as methods that return promises |
//! | [`history`] | `wit/history.wit` as methods of the same class |
//! | [`refs`] | moving refs, as methods of the same class |
//! | [`error`] | the core's errors as JavaScript's |
//! | [`promise`] | futures as promises |

pub mod error;
pub mod history;
pub mod promise;
pub mod refs;
pub mod repository;
mod shapes;
pub mod store;
mod value;
