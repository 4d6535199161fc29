//! upload-pack: the server's side of `git fetch` and `git clone`.

mod advertise;
mod common;
mod fetch;
mod negotiate;
mod request;
mod send;
mod shallow;
#[cfg(test)]
mod tests;
mod v2;

use super::{
    Session, Version, WireError,
    pktline::{Packet, PktLines},
    sideband::{Band, SideBand},
};
use crate::{at_once::join, exchange::Exchange, repository::Repository, store::Store};
use alloc::{
    format,
    string::{String, ToString},
};
use core::future::Future;

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
/// # Errors
/// See [`WireError`]. The client was told wherever that was possible.
///
/// # Source
/// gitprotocol-pack(5), gitprotocol-v2(5)
pub async fn upload_pack<S: Store + Clone, E: Exchange>(
    repository: &Repository<S>,
    exchange: &mut E,
    options: &UploadOptions,
) -> Result<(), WireError> {
    let mut server = Server {
        repository,
        options,
        lines: PktLines::new(exchange),
        side_band: SideBand::None,
        stage: Stage::Talk,
        lines_left: repository.objects.limits().wire_lines,
        is_format_known: false,
    };
    let result = match options.version {
        Version::V0 | Version::V1 => server.serve_v0().await,
        Version::V2 => server.serve_v2().await,
    };
    match result {
        Ok(()) => server.lines.flush().await,
        Err(error) => {
            server.tell(&error).await;
            Err(error)
        }
    }
}

/// One conversation.
struct Server<'s, 'e, S, E> {
    repository: &'s Repository<S>,
    options: &'s UploadOptions,
    lines: PktLines<'e, E>,
    side_band: SideBand,
    stage: Stage,
    /// How many more lines the client may send.
    lines_left: u32,
    /// Whether the repository's format was looked at.
    is_format_known: bool,
}

/// How far a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Lines go both ways.
    Talk,
    /// A pack is being written.
    Pack,
}

impl<S: Store + Clone, E: Exchange> Server<'_, '_, S, E> {
    /// Tells the client why the conversation ends here, as far as it still listens.
    async fn tell(&mut self, error: &WireError) {
        if matches!(error, WireError::Exchange(_)) {
            return;
        }
        let message = error.to_string();
        // What fails from here on is a lost connection, and the first error says more.
        match self.stage {
            Stage::Talk => {
                let _ = self.lines.write_error(&message).await;
            }
            Stage::Pack => {
                let text = format!("fatal: {message}\n");
                self.lines.write_band(self.side_band, Band::Fatal, text.as_bytes());
                let _ = self.lines.flush().await;
            }
        }
    }

    /// Reads the next frame that the client sends, within the bound on their number.
    async fn next(&mut self) -> Result<Packet, WireError> {
        let limit = self.repository.objects.limits().wire_lines;
        match self.lines_left.checked_sub(1) {
            Some(left) => self.lines_left = left,
            None => return Err(refused(format!("more than {limit} lines in one request"))),
        }
        self.lines.next().await
    }

    /// Looks something up, and with the first look whether the repository is stored in a format that is
    /// known: side by side, so that nothing takes longer.
    async fn look<T>(
        &mut self,
        look: impl Future<Output = Result<T, WireError>>,
    ) -> Result<T, WireError> {
        if self.is_format_known {
            return look.await;
        }
        let (format, found) = join(self.repository.format(), look).await;
        format?;
        self.is_format_known = true;
        found
    }
}

fn protocol(reason: impl Into<String>) -> WireError {
    WireError::Protocol { reason: reason.into() }
}

fn refused(reason: impl Into<String>) -> WireError {
    WireError::Refused { reason: reason.into() }
}

/// The line of a client for an error message.
fn shown(line: &[u8]) -> String {
    String::from_utf8_lossy(line.get(..200).unwrap_or(line)).into_owned()
}
