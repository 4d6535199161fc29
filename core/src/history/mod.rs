//! The history of a revision, and the branches and tags that name it.

mod chain;
mod log;
mod names;

pub use log::{CommitInfo, LogOptions, LogPage, log};
pub use names::{Annotation, NameError, create_branch, create_tag, delete_branch, delete_tag};

#[cfg(test)]
mod tests;
