//! upload-pack: the server's side of `git fetch` and `git clone`.

use super::{Session, Version, WireError};
use crate::{exchange::Exchange, repository::Repository, store::Store};
use alloc::string::String;

/// How upload-pack behaves.
#[derive(Clone, Debug, Default)]
pub struct UploadOptions {
    /// The protocol's version.
    pub version: Version,
    /// How much of the conversation this call holds.
    pub session: Session,
    /// The `agent` that is told to clients, such as `trunks/0.1.0`.
    pub agent: String,
}

/// Serves one fetch or clone.
///
/// # Source
/// gitprotocol-pack(5), gitprotocol-v2(5)
pub async fn upload_pack<S: Store + Clone, E: Exchange>(
    _repository: &Repository<S>,
    _exchange: &mut E,
    _options: &UploadOptions,
) -> Result<(), WireError> {
    todo!()
}
