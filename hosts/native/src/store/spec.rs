//! All that it takes to open a store.

use super::{AnyStore, OpenError, StoreOptions, StoreUrl};

/// A store's URL and what is said of it besides.
#[derive(Clone, Debug)]
pub struct StoreSpec {
    /// Where it is, without a password.
    pub url: StoreUrl,
    /// The rest.
    pub options: StoreOptions,
}

impl StoreSpec {
    /// The store at `url`; a password in it moves to the options, unless one is there.
    pub fn new(mut url: StoreUrl, mut options: StoreOptions) -> Self {
        options.take_password(&mut url);
        Self { url, options }
    }

    /// Fills what is not said from what was saved.
    pub fn or(mut self, saved: &StoreOptions) -> Self {
        self.options = self.options.or(saved);
        self
    }

    /// Fills what is not said from the environment, where it speaks of a storage called one of
    /// `names`.
    pub fn or_environment(mut self, names: &[&str]) -> Self {
        self.options = self.options.or_environment(names);
        self
    }

    /// Sees that the directory is there, where the store is one. Of a store that was connected once, a
    /// missing one is a disk that is not mounted: what is made in its place would be lost from sight as
    /// soon as it is.
    ///
    /// # Errors
    /// `NoDirectory`: it is not.
    pub fn require_directory(&self) -> Result<(), OpenError> {
        match self.url.directory() {
            Some(root) if !root.is_dir() => Err(OpenError::NoDirectory { root: root.to_owned() }),
            _ => Ok(()),
        }
    }

    /// Opens it. Makes no request: it may turn out not to exist.
    ///
    /// # Errors
    /// The URL or the options name nothing that can be opened.
    pub fn open(&self) -> Result<AnyStore, OpenError> {
        if self.url.is_far() {
            crate::secrets::keep();
        }
        AnyStore::open(&self.url, &self.options)
    }
}
