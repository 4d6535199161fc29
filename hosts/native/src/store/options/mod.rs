//! What is said of a store beside its URL: where it is reached and how one signs in.
//!
//! What is looked up first, wins:
//!
//! 1. flags of a command, and what was saved from them in `.trunks/`;
//! 2. `TRUNKS_STORAGE_<NAME>_<KEY>`, NAME and KEY in capitals, with `_` for what is neither a letter
//!    nor a digit: `TRUNKS_STORAGE_BACKUP_SECRET_KEY`;
//! 3. what the provider's own tools would take: `AWS_*`, profiles, roles, `PGPASSWORD`, the SSH agent.
//!    Each store does this by itself for what it was not told.

mod key;

pub use key::Key;

use super::{OpenError, StoreUrl};
use secrecy::{ExposeSecret, SecretString};
use std::{collections::BTreeMap, path::PathBuf, time::Duration};

/// What is said of a store beside its URL. Every value is kept as a secret, whether it is one or not,
/// so that none is printed by accident.
#[derive(Clone, Debug, Default)]
pub struct StoreOptions {
    values: BTreeMap<Key, SecretString>,
}

impl StoreOptions {
    /// Nothing is said.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says something, instead of what was said before. From the first secret on, no image of this
    /// process is written to a disk.
    pub fn set(&mut self, key: Key, value: impl Into<SecretString>) {
        if key.is_secret() {
            crate::secrets::keep();
        }
        self.values.insert(key, value.into());
    }

    /// What is said, to be used where it is not shown.
    pub fn secret(&self, key: Key) -> Option<SecretString> {
        self.values.get(&key).cloned()
    }

    /// What is said in clear.
    pub fn text(&self, key: Key) -> Option<&str> {
        self.values.get(&key).map(ExposeSecret::expose_secret)
    }

    /// What is said, as a path.
    pub fn path(&self, key: Key) -> Option<PathBuf> {
        self.text(key).map(PathBuf::from)
    }

    /// How long a call may take, if it is said.
    ///
    /// # Errors
    /// It is no number of seconds.
    pub fn timeout(&self) -> Result<Option<Duration>, OpenError> {
        let Some(text) = self.text(Key::Timeout) else { return Ok(None) };
        match text.parse::<u32>() {
            Ok(seconds) if seconds > 0 => Ok(Some(Duration::from_secs(seconds.into()))),
            _ => Err(OpenError::BadValue {
                flag: Key::Timeout.flag(),
                expects: "a whole number of seconds from 1 on",
            }),
        }
    }

    /// Whether anything is said that nobody else may see.
    pub fn has_secrets(&self) -> bool {
        self.values.keys().any(|key| key.is_secret())
    }

    /// All that is said, in clear: for the file that is the user's alone.
    pub fn in_clear(&self) -> impl Iterator<Item = (Key, &str)> {
        self.values.iter().map(|(&key, value)| (key, value.expose_secret()))
    }

    /// All that is said, as it may be shown: secrets as `***`.
    pub fn masked(&self) -> impl Iterator<Item = (Key, &str)> {
        self.in_clear().map(|(key, value)| (key, if key.is_secret() { MASK } else { value }))
    }

    /// Fills what is not said from what was saved.
    pub fn or(mut self, saved: &Self) -> Self {
        for (key, value) in &saved.values {
            self.values.entry(*key).or_insert_with(|| value.clone());
        }
        self
    }

    /// Fills what is not said from the variables of the storages called `names`, the first first.
    pub fn or_variables(
        mut self,
        names: &[&str],
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        for key in Key::ALL {
            let found = || names.iter().find_map(|name| variable(&key.variable(name)));
            if !self.values.contains_key(&key)
                && let Some(value) = found().filter(|value| !value.is_empty())
            {
                self.set(key, value);
            }
        }
        self
    }

    /// The same, from the environment of this process.
    pub fn or_environment(self, names: &[&str]) -> Self {
        self.or_variables(names, |name| std::env::var(name).ok())
    }

    /// Takes the password of a URL over, unless one was said apart from it.
    pub fn take_password(&mut self, url: &mut StoreUrl) {
        if let Some(password) = url.take_password()
            && !self.values.contains_key(&Key::Password)
        {
            self.set(Key::Password, password);
        }
    }

    /// The first thing said that means nothing to the store at `url`.
    pub fn misplaced(&self, url: &StoreUrl) -> Option<Key> {
        self.values.keys().copied().find(|key| !key.concerns(url))
    }
}

/// What stands for a secret.
const MASK: &str = "***";

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str) -> Option<String> {
        let value = match name {
            "TRUNKS_STORAGE_MY_NAS_PASSWORD" => "of my-nas",
            "TRUNKS_STORAGE_PRIMARY_PASSWORD" => "of primary",
            "TRUNKS_STORAGE_PRIMARY_KNOWN_HOSTS" => "/hosts",
            "TRUNKS_STORAGE_PRIMARY_REGION" => "",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn what_is_said_wins_over_variables_and_one_name_over_the_next() {
        let mut options = StoreOptions::new();
        options.set(Key::KnownHosts, "/mine");
        let options = options.or_variables(&["my-nas", "primary"], variable);
        assert_eq!(options.text(Key::Password), Some("of my-nas"));
        assert_eq!(options.text(Key::KnownHosts), Some("/mine"));
        assert_eq!(options.text(Key::Region), None, "empty is not said");
        let options = StoreOptions::new().or_variables(&["primary"], variable);
        assert_eq!(options.text(Key::KnownHosts), Some("/hosts"));
    }

    #[test]
    fn secrets_are_masked() {
        let mut options = StoreOptions::new();
        options.set(Key::Region, "eu-1");
        assert!(!options.has_secrets());
        options.set(Key::SecretKey, "geheim");
        assert!(options.has_secrets());
        let shown: Vec<_> = options.masked().collect();
        assert_eq!(shown, [(Key::Region, "eu-1"), (Key::SecretKey, "***")]);
        assert!(!format!("{options:?}").contains("geheim"));
    }

    #[test]
    fn a_password_said_apart_wins_over_the_one_in_the_url() {
        let mut url = StoreUrl::parse("postgres://me:one@host/db").expect("a URL");
        let mut options = StoreOptions::new();
        options.take_password(&mut url.clone());
        assert_eq!(options.text(Key::Password), Some("one"));
        options.set(Key::Password, "two");
        options.take_password(&mut url);
        assert_eq!(options.text(Key::Password), Some("two"));
        assert_eq!(url, StoreUrl::parse("postgres://me@host/db").expect("a URL"));
    }

    #[test]
    fn what_means_nothing_to_a_store_is_found() {
        let url = StoreUrl::parse("sftp://host/dir").expect("a URL");
        let mut options = StoreOptions::new();
        options.set(Key::Password, "x");
        assert_eq!(options.misplaced(&url), None);
        options.set(Key::Region, "eu-1");
        assert_eq!(options.misplaced(&url), Some(Key::Region));
    }
}
