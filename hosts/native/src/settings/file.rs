//! The file of settings, which is its owner's alone.

use super::{Settings, SettingsError};
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

impl Settings {
    /// Reads them; `None` when there are none.
    ///
    /// # Errors
    /// `Io`, `Unreadable`, `OtherVersion`: there are, but not as this program writes them.
    pub fn read(root: &Path, repo: &str) -> Result<Option<Self>, SettingsError> {
        let path = Self::path(root, repo);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(SettingsError::Io { path, source }),
        };
        let settings: Self = match serde_json::from_str(&text) {
            Ok(settings) => settings,
            Err(error) => {
                // What the file holds may be a secret, so only the place is told.
                let reason = format!("line {}, column {}", error.line(), error.column());
                return Err(SettingsError::Unreadable { path, reason });
            }
        };
        match settings.version {
            Self::VERSION => Ok(Some(settings)),
            version => Err(SettingsError::OtherVersion { path, version }),
        }
    }

    /// Writes them, whole or not at all.
    ///
    /// # Errors
    /// `Io`: the system does not let us.
    pub fn write(&self, root: &Path) -> Result<(), SettingsError> {
        let path = Self::path(root, &self.repo);
        let written = self.write_to(root, &path);
        written.map_err(|source| SettingsError::Io { path, source })
    }

    fn write_to(&self, root: &Path, path: &Path) -> io::Result<()> {
        let top = Self::make_directory(root)?;
        // A repository's name may hold slashes.
        let dir = path.parent().unwrap_or(&top);
        make_private(dir)?;
        let text = serde_json::to_string_pretty(self)?;
        // A temporary file is its owner's alone from the start, and stays so.
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// Makes the directory that settings are in, its owner's alone and ignored by git.
    pub(super) fn make_directory(root: &Path) -> io::Result<PathBuf> {
        const IGNORE_ALL: &str = "*\n";
        let top = root.join(Self::DIRECTORY);
        make_private(&top)?;
        let ignore = top.join(".gitignore");
        if fs::read_to_string(&ignore).is_ok_and(|text| text == IGNORE_ALL) {
            return Ok(top);
        }
        fs::write(ignore, IGNORE_ALL)?;
        Ok(top)
    }
}

#[cfg(unix)]
fn make_private(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn make_private(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)
}
