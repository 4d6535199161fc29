//! The right to change the settings: two commands at once would each write what the other does not know.

use super::{Settings, SettingsError};
use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

/// The right to change a repository's settings, until it is dropped or its process ends.
#[derive(Debug)]
pub struct SettingsLock(#[expect(dead_code, reason = "it is held, not used")] File);

impl Settings {
    /// Waits until nobody else changes the settings.
    ///
    /// `wait`: is called where somebody does, before the waiting begins.
    ///
    /// # Errors
    /// `Io`: the system does not let us.
    pub fn lock(root: &Path, wait: impl FnOnce()) -> Result<SettingsLock, SettingsError> {
        let path = root.join(Self::DIRECTORY).join("lock");
        let lock = || {
            Self::make_directory(root)?;
            let file = File::options().create(true).truncate(false).write(true).open(&path)?;
            let locked = match file.try_lock() {
                Ok(()) => Ok(()),
                Err(TryLockError::WouldBlock) => {
                    wait();
                    file.lock()
                }
                Err(TryLockError::Error(error)) => Err(error),
            };
            match locked {
                // Some filesystems know no locks: there two at once are not kept apart.
                Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(error),
                _ => Ok(SettingsLock(file)),
            }
        };
        lock().map_err(|source| SettingsError::Io { path: path.clone(), source })
    }
}
