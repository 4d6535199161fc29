//! What has to be known of a server to keep repositories on it.

use secrecy::SecretString;
use std::{path::PathBuf, time::Duration};
use trunks_core::store::StoreError;

/// Where an SFTP store is, and how to get there.
///
/// What is `None` is left to `ssh` and its configuration, so that whatever works for
/// `ssh user@host` works here.
#[derive(Clone, Debug)]
pub struct SftpConfig {
    /// A name, an address (IPv6 without brackets), or a `Host` of `~/.ssh/config`.
    pub host: String,
    /// The port, if it is not what `ssh` would take.
    pub port: Option<u16>,
    /// Whom to log in as, if it is not who `ssh` would take.
    pub user: Option<String>,
    /// The directory that holds `trunks/`. Without a slash in front it lies in the directory where a
    /// login begins; empty, it is that directory.
    pub root: String,
    /// The password of the account. With it, `ssh` asks nobody for anything.
    pub password: Option<SecretString>,
    /// A private key: then only this one is tried.
    pub identity_file: Option<PathBuf>,
    /// What the private key is encrypted with.
    pub passphrase: Option<SecretString>,
    /// The file of known hosts that alone is believed, instead of the user's and the system's.
    pub known_hosts: Option<PathBuf>,
    /// The command that runs `ssh`, as a shell reads it; `None`: `GIT_SSH_COMMAND`, `GIT_SSH` or `ssh`.
    pub ssh_command: Option<String>,
    /// How long a connection may take to come up.
    pub connect_timeout: Duration,
    /// How long a server that owes an answer may say nothing at all.
    pub silence_timeout: Duration,
}

impl SftpConfig {
    /// The store in the directory `root` of `host`, all else as `ssh` has it.
    pub fn new(host: impl Into<String>, root: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: None,
            user: None,
            root: root.into(),
            password: None,
            identity_file: None,
            passphrase: None,
            known_hosts: None,
            ssh_command: None,
            connect_timeout: Duration::from_secs(30),
            silence_timeout: Duration::from_secs(30),
        }
    }

    /// Who is connected to, for people: `user@host:port`, without what is not known.
    pub(super) fn target(&self) -> String {
        let mut target = String::new();
        if let Some(user) = &self.user {
            target.push_str(user);
            target.push('@');
        }
        target.push_str(&self.host);
        if let Some(port) = self.port {
            target.push_str(&format!(":{port}"));
        }
        target
    }

    /// Refuses what `ssh` could take for an option.
    ///
    /// # Errors
    /// `Failed`: says which part.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let words = [("host", Some(&self.host)), ("user", self.user.as_ref())];
        for (what, word) in words {
            let Some(word) = word else { continue };
            let is_odd = |c: char| c.is_whitespace() || c.is_control();
            if word.is_empty() || word.starts_with('-') || word.contains(is_odd) {
                let reason = format!("{word:?} cannot be the {what} of an SFTP store");
                return Err(StoreError::Failed { key: String::new(), reason });
            }
        }
        if self.root.contains('\0') || self.root.split('/').any(|part| part == "..") {
            let reason = format!("{:?} cannot be the directory of an SFTP store", self.root);
            return Err(StoreError::Failed { key: String::new(), reason });
        }
        Ok(())
    }
}
