//! What a repository's `config` demands of whoever opens it.
//!
//! # Source
//! git's `Documentation/technical/repository-version.txt`; git-config(1), "Syntax"

use super::{Layout, Repository, RepositoryError, config};
use crate::store::Store;
use alloc::{format, string::String};

/// What of the format changes what may be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Format {
    /// Whether objects must stay, whatever reaches them.
    pub(crate) is_precious: bool,
}

impl<S: Store + Clone> Repository<S> {
    /// Demands that the repository is stored in a format that is known here: one request.
    ///
    /// # Errors
    /// `Unsupported`: it is not. `Corrupt`: `config` cannot be read.
    pub(crate) async fn format(&self) -> Result<Format, RepositoryError> {
        match self.store().get(&self.layout().config(), None).await? {
            Some(value) => parse(self.layout(), &value.bytes),
            // As git does.
            None => Ok(Format::default()),
        }
    }
}

fn parse(layout: &Layout, bytes: &[u8]) -> Result<Format, RepositoryError> {
    let key = layout.config();
    let entries = config::parse(bytes).map_err(|line| RepositoryError::Corrupt {
        key: key.clone(),
        reason: format!("line {line} is not valid"),
    })?;
    let unsupported = |what: String| RepositoryError::Unsupported { key: key.clone(), what };
    let mut version = 0;
    for entry in entries.iter().filter(|entry| entry.name == "core.repositoryformatversion") {
        version = entry.value.parse().map_err(|_| RepositoryError::Corrupt {
            key: key.clone(),
            reason: format!("repositoryformatversion is no number: {:?}", entry.value),
        })?;
    }
    if !matches!(version, 0 | 1) {
        return Err(unsupported(format!("repositoryformatversion {version}")));
    }
    let mut format = Format::default();
    for entry in &entries {
        let Some(extension) = entry.name.strip_prefix("extensions.") else { continue };
        let value = entry.value.as_str();
        let is_known = match extension {
            "noop" | "noop-v1" | "partialclone" | "worktreeconfig" | "relativeworktrees" => true,
            "preciousobjects" => {
                format.is_precious =
                    !["false", "no", "off", "0", ""].contains(&value.to_ascii_lowercase().as_str());
                true
            }
            "objectformat" => value == "sha1",
            "refstorage" => value == "files",
            "compatobjectformat" => false,
            // Git passes over what it does not know in the older version.
            _ => version == 0,
        };
        if !is_known {
            return Err(unsupported(format!("extensions.{extension} = {value}")));
        }
    }
    Ok(format)
}

#[cfg(test)]
mod tests;
