//! Fsck of the store and collecting what nothing reaches.

mod marks;

pub(crate) use marks::Marks;

use crate::{
    odb::ReadError,
    refs::RefError,
    repository::{Repository, RepositoryError},
    store::{Store, StoreError},
};
use alloc::{string::String, vec::Vec};

/// What a check does besides looking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckOptions {
    /// Whether to remove what nothing reaches.
    pub clean: bool,
    /// The time, in seconds since 1970.
    pub now_s: u64,
    /// What was written less than this ago, in seconds, is never removed.
    pub grace_s: u64,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many objects are stored.
    pub objects: u64,
    /// How many packs are stored.
    pub packs: u64,
    /// How many refs there are.
    pub refs: u64,
    /// What is wrong, each naming its object, ref or key.
    pub problems: Vec<String>,
    /// Keys that nothing reaches; with `clean`, those that were removed.
    pub unreachable: Vec<String>,
}

/// Why a check could not be finished. What is wrong with the repository is in its [`Report`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An object could not be read for a reason other than what is stored.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A ref could not be read for a reason other than what is stored.
    #[error(transparent)]
    Ref(#[from] RefError),
    /// The repository could not be read.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

/// Checks what is stored against itself, and removes what nothing reaches if asked.
pub async fn run<S: Store + Clone>(
    _repository: &Repository<S>,
    _options: &CheckOptions,
) -> Result<Report, CheckError> {
    todo!()
}
