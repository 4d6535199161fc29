//! Why a mirror does not hold what the primary holds.

use crate::{component::CoreError, settings::SettingsError, store::OpenError};
use trunks_core::{repository::RepositoryError, store::StoreError};

/// Why a mirror does not hold what the primary holds. Nothing that the primary holds is lost: the next
/// push brings the mirror in line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MirrorError {
    /// It could not be reached, or did not do what was asked.
    #[error("mirror {name} ({url}) was not reached: {reason}")]
    Missed {
        /// What it is called.
        name: String,
        /// Where it is.
        url: String,
        /// What happened.
        reason: String,
    },
    /// Somebody has pushed to it past the primary.
    #[error(
        "mirror {name} ({url}) has {reference} at {id}, which the primary has never had: fetch it from \
         there and push it, or delete it there"
    )]
    Foreign {
        /// What the mirror is called.
        name: String,
        /// Where it is.
        url: String,
        /// The ref.
        reference: String,
        /// What it names there.
        id: String,
    },
    /// The map has one that is not connected here.
    #[error(
        "this repository has a mirror that is not connected here: connect it with: trunks storage add \
         --mirror --name {name} --url {url}{options}"
    )]
    Unknown {
        /// What it is called.
        name: String,
        /// Where it is.
        url: String,
        /// Flags, each with a blank in front.
        options: String,
    },
    /// What is pushed to is a mirror itself.
    #[error("this is the mirror {name} of {primary}: push there")]
    Reversed {
        /// What it is called.
        name: String,
        /// The primary.
        primary: String,
    },
    /// The primary's map cannot be read.
    #[error(transparent)]
    Map(#[from] RepositoryError),
    /// The primary failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The primary's core failed.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// The mirror's settings name nothing that can be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The settings cannot be read.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}
