//! receive-pack: the server's side of `git push`.

use super::{Session, Version, WireError};
use crate::{exchange::Exchange, repository::Repository, store::Store};
use alloc::string::String;

/// How receive-pack behaves.
#[derive(Clone, Debug, Default)]
pub struct ReceiveOptions {
    /// The protocol's version; V2 has no push and is answered as V0.
    pub version: Version,
    /// How much of the conversation this call holds.
    pub session: Session,
    /// The `agent` that is told to clients.
    pub agent: String,
    /// Random bytes from the host: the name of a pack too large to be named by its checksum.
    pub nonce: [u8; 20],
}

/// Serves one push.
///
/// # Source
/// gitprotocol-pack(5)
pub async fn receive_pack<S: Store + Clone, E: Exchange>(
    _repository: &Repository<S>,
    _exchange: &mut E,
    _options: &ReceiveOptions,
) -> Result<(), WireError> {
    todo!()
}
