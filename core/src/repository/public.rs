//! Whether all may read a repository.

use super::{Manifest, Repository, RepositoryError, owned};
use crate::at_once::join;
use crate::store::{Expected, Store, StoreError};

/// How often a change of `trunk.json` is tried against other writers of it.
const TRIES: u32 = 10;

impl<S: Store + Clone> Repository<S> {
    /// Whether it exists and may be read by all, over a door that asks others for a token.
    pub async fn is_public(&self) -> Result<bool, RepositoryError> {
        let key = self.layout.manifest();
        let (exists, manifest) = join(self.exists(), self.store.get(&key, None)).await;
        match (exists?, manifest?) {
            (true, Some(value)) => Ok(Manifest::parse(&self.layout, &value.bytes)?.is_public),
            _ => Ok(false),
        }
    }

    /// Lets all read it, or no longer.
    ///
    /// # Errors
    /// `Missing`: it does not exist, or has no `trunk.json`.
    pub async fn set_public(&self, is_public: bool) -> Result<(), RepositoryError> {
        self.demand().await?;
        let key = self.layout.manifest();
        for _ in 0..TRIES {
            let value = self.store.get(&key, None).await?;
            let missing = || RepositoryError::Missing { name: owned(&self.name) };
            let value = value.ok_or_else(missing)?;
            let mut manifest = Manifest::parse(&self.layout, &value.bytes)?;
            if manifest.is_public == is_public {
                return Ok(());
            }
            manifest.is_public = is_public;
            match self.store.put(&key, manifest.write(), Expected::Is(value.version)).await {
                Err(StoreError::Conflict { .. }) => {}
                outcome => return Ok(outcome.map(drop)?),
            }
        }
        Err(StoreError::Conflict { key }.into())
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        limits::Limits,
        repository::{CreateOptions, Repository, RepositoryError},
        store::Memory,
        testing::{block_on, repo_name},
    };

    #[test]
    fn a_repository_is_private_until_it_is_said_to_be_public() {
        let store = Memory::new();
        let repository = Repository::open(&store, &repo_name(), Limits::default());
        assert_eq!(block_on(repository.is_public()), Ok(false));
        let missing = block_on(repository.set_public(true));
        assert!(matches!(missing, Err(RepositoryError::Missing { .. })));
        let options =
            CreateOptions { default_branch: "main".into(), is_static: false, id: "0d3e".into() };
        block_on(Repository::create(&store, &repo_name(), &options)).unwrap();
        assert_eq!(block_on(repository.is_public()), Ok(false));
        for is_public in [true, true, false] {
            block_on(repository.set_public(is_public)).unwrap();
            assert_eq!(block_on(repository.is_public()), Ok(is_public));
        }
    }
}
