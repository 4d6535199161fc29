//! What a repository is like.

use super::{Manifest, Repository, RepositoryError};
use crate::{at_once, refs::Head, store::Store};
use alloc::string::String;

/// What a repository is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryInfo {
    /// A UUID that marks it across stores; empty where it was made by stock git.
    pub id: String,
    /// What `HEAD` says.
    pub head: Head,
    /// Whether `info/refs` and `objects/info/packs` are kept for static file servers.
    pub is_static: bool,
    /// Whether all may read it, over a door that asks others for a token.
    pub is_public: bool,
}

impl<S: Store + Clone> Repository<S> {
    /// What the repository is like: two requests at once.
    ///
    /// # Errors
    /// `Missing`: there is no repository. `Corrupt`: its `trunk.json` is not one.
    pub async fn show(&self) -> Result<RepositoryInfo, RepositoryError> {
        let key = self.layout().manifest();
        let (head, manifest) = at_once::join(self.refs.head(), self.store().get(&key, None)).await;
        let Some(head) = head? else { return Err(self.absence().await) };
        let Some(value) = manifest? else {
            return Ok(RepositoryInfo {
                id: String::new(),
                head,
                is_static: false,
                is_public: false,
            });
        };
        let Manifest { id, is_static, is_public, .. } =
            Manifest::parse(self.layout(), &value.bytes)?;
        Ok(RepositoryInfo { id, head, is_static, is_public })
    }
}
