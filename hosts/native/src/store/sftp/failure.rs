//! What a server's refusals mean to the caller of a store.

use super::session::{Loss, Refusal, Session};
use std::path::Path;
use trunks_core::store::StoreError;

/// Why an operation did not come to its end.
#[derive(Debug)]
pub(super) enum Fault {
    /// The connection was lost, and with it the answer to the last question.
    Lost(Loss),
    /// Someone took this writer for dead and broke its lock: it can start again.
    Fenced,
    /// That is what the caller is told.
    Store(StoreError),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// So little space is none: what was written has been taken back by now.
const FULL_BYTES: u64 = 1024 * 1024;
/// Flag of a filesystem that is mounted read-only: PROTOCOL of OpenSSH, "statvfs@openssh.com".
const READ_ONLY: u64 = 1;

/// The fault for `key` when the server refused to do `action` to `path`.
///
/// `action`: reads on after "cannot", as in "write the file".
pub(super) async fn fault(
    session: &Session,
    key: &str,
    action: &str,
    path: &Path,
    refusal: Refusal,
) -> Fault {
    let key = key.to_owned();
    let said =
        |what: &str| format!("cannot {action} {} on {}: {what}", path.display(), session.target());
    Fault::Store(match refusal {
        Refusal::Lost(loss) => return Fault::Lost(loss),
        Refusal::Denied => {
            let reason = said("permission denied; check there who owns it and its mode");
            StoreError::Denied { key, reason }
        }
        Refusal::Missing => StoreError::Failed { key, reason: said("no such file or directory") },
        Refusal::Invalid => {
            StoreError::Failed { key, reason: said("the name is too long, or not one there") }
        }
        Refusal::Unsupported => {
            StoreError::Failed { key, reason: said("the server does not know how") }
        }
        Refusal::Failure => match condition(session, path).await {
            Some(Condition::ReadOnly) => StoreError::Denied {
                key,
                reason: said("the filesystem is read-only; mount it writable to push there"),
            },
            Some(Condition::Full) => StoreError::Failed {
                key,
                reason: said("the disk is full; free some space and try again"),
            },
            None => StoreError::Failed {
                key,
                reason: said(
                    "the server says no more than \"failure\"; look for a quota, and in its log",
                ),
            },
        },
    })
}

/// Whether the filesystem around `path` takes nothing, so that trying again is of no use.
pub(super) async fn is_hopeless(session: &Session, path: &Path) -> bool {
    condition(session, path).await.is_some()
}

#[derive(Debug, PartialEq, Eq)]
enum Condition {
    ReadOnly,
    Full,
}

/// What is wrong with the filesystem around `path`, as far as the server tells.
async fn condition(session: &Session, path: &Path) -> Option<Condition> {
    if !session.can_measure() {
        return None;
    }
    for place in path.ancestors() {
        let place = if place.as_os_str().is_empty() { Path::new(".") } else { place };
        let Ok(found) = session.ask(session.fs().statvfs(place)).await else { continue };
        return if found.flag & READ_ONLY != 0 {
            Some(Condition::ReadOnly)
        } else if found.bavail.saturating_mul(found.frsize) < FULL_BYTES
            || (found.files > 0 && found.favail == 0)
        {
            Some(Condition::Full)
        } else {
            None
        };
    }
    None
}
