//! What the system's errors mean to the caller of a store.

use crate::runtime::hint;
use rustix::io::Errno;
use std::{io, path::Path};
use trunks_core::store::StoreError;

/// The error for `key` when the system refused to do `action` to `path`.
///
/// `action`: reads on after "cannot", as in "write the file".
pub(super) fn failed(key: &str, action: &str, path: &Path, error: &io::Error) -> StoreError {
    let key = key.to_owned();
    let said = |advice: &str| format!("cannot {action} {}: {error}{advice}", path.display());
    match Errno::from_io_error(error) {
        Some(Errno::ACCESS | Errno::PERM) => {
            StoreError::Denied { key, reason: said("; check who owns it and its mode") }
        }
        Some(Errno::ROFS) => {
            StoreError::Denied { key, reason: said("; mount it writable to push there") }
        }
        Some(Errno::NOSPC | Errno::DQUOT) => {
            StoreError::Failed { key, reason: said("; free some space and try again") }
        }
        Some(Errno::FBIG) => {
            StoreError::Failed { key, reason: said("; the filesystem or a limit forbids it") }
        }
        Some(
            Errno::MFILE
            | Errno::NFILE
            | Errno::NOMEM
            | Errno::AGAIN
            | Errno::STALE
            | Errno::TIMEDOUT,
        ) => StoreError::Unavailable { key, reason: said(hint(error)) },
        _ => StoreError::Failed { key, reason: said("") },
    }
}

/// Whether the error says that no file is there.
pub(super) fn is_absence(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(Errno::NOENT | Errno::NOTDIR | Errno::ISDIR | Errno::NAMETOOLONG)
    )
}

/// Whether the error is this one.
pub(super) fn is(error: &io::Error, errno: Errno) -> bool {
    Errno::from_io_error(error) == Some(errno)
}
