//! Sorted maps and sets, in a form that is fast, or in one that is small.
//!
//! The standard library's trees come as several KiB of code for every type that they hold. With the
//! feature `small` a map is a list of short sorted lists, and one search serves all of them.

#[cfg(not(feature = "small"))]
pub(crate) use alloc::collections::{BTreeMap, BTreeSet};
#[cfg(feature = "small")]
pub(crate) use small::{BTreeMap, BTreeSet};

#[cfg(any(feature = "small", test))]
#[cfg_attr(not(feature = "small"), expect(dead_code, reason = "tests use a part of it"))]
mod small;
