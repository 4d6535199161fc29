//! `trunk.json`: the map of a repository's stores, which travels in it, and other words.

use super::MirrorError;
use crate::{
    settings::{Storage, StorageUrl},
    store::{Key, StoreOptions},
};
use trunks_core::{
    repository::{Layout, Manifest, MappedStorage, RepoName, RepositoryError, Role},
    store::{Expected, Store, StoreError, Value},
};

/// How often somebody else may be first.
const ATTEMPTS: usize = 10;

/// The map of the repository called `name`; empty where there is no such repository.
///
/// # Errors
/// The store failed, or the map is not understood.
pub async fn read<S: Store>(store: &S, name: &RepoName) -> Result<Vec<MappedStorage>, MirrorError> {
    let layout = Layout::new(name);
    match store.get(&layout.manifest(), None).await? {
        Some(value) => Ok(Manifest::parse(&layout, &value.bytes)?.storages(&layout)?),
        None => Ok(Vec::new()),
    }
}

/// Changes the map by compare-and-swap.
///
/// # Errors
/// As [`read`]; `Conflict`: others change it again and again.
pub async fn change<S: Store>(
    store: &S,
    name: &RepoName,
    mut change: impl FnMut(&mut Vec<MappedStorage>),
) -> Result<(), MirrorError> {
    change_manifest(store, name, |layout, manifest| {
        let mut storages = manifest.storages(layout)?;
        change(&mut storages);
        manifest.set_storages(&storages);
        Ok(())
    })
    .await
}

/// Says of a new repository that its default branch was chosen by somebody.
///
/// # Errors
/// As [`change`].
pub async fn choose_head<S: Store>(store: &S, name: &RepoName) -> Result<(), MirrorError> {
    change_manifest(store, name, |_, manifest| {
        manifest.is_head_chosen = true;
        Ok(())
    })
    .await
}

/// Whether that was said.
///
/// # Errors
/// As [`read`].
pub async fn is_head_chosen<S: Store>(store: &S, name: &RepoName) -> Result<bool, MirrorError> {
    let layout = Layout::new(name);
    match store.get(&layout.manifest(), None).await? {
        Some(value) => Ok(Manifest::parse(&layout, &value.bytes)?.is_head_chosen),
        None => Ok(false),
    }
}

async fn change_manifest<S: Store>(
    store: &S,
    name: &RepoName,
    mut change: impl FnMut(&Layout, &mut Manifest) -> Result<(), RepositoryError>,
) -> Result<(), MirrorError> {
    let layout = Layout::new(name);
    let key = layout.manifest();
    for _ in 0..ATTEMPTS {
        let Some(Value { bytes, version, .. }) = store.get(&key, None).await? else {
            let reason = "the repository does not exist".to_owned();
            return Err(StoreError::Failed { key, reason }.into());
        };
        let mut manifest = Manifest::parse(&layout, &bytes)?;
        let before = manifest.clone();
        change(&layout, &mut manifest)?;
        if manifest == before {
            return Ok(());
        }
        match store.put(&key, manifest.write(), Expected::Is(version)).await {
            Ok(_) => return Ok(()),
            Err(StoreError::Conflict { .. } | StoreError::Unavailable { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Conflict { key }.into())
}

/// Puts a storage into a map, in place of the one at the same URL.
pub fn enter(storages: &mut Vec<MappedStorage>, storage: &Storage, role: Role) {
    let options = storage.options.in_clear().filter(|(key, _)| key.is_address());
    let options = options.map(|(key, value)| (key.name().to_owned(), value.to_owned())).collect();
    let name = storage.name.clone();
    let url = storage.url.clone();
    let url = StorageUrl::parse(&url).map_or(url, |parsed| parsed.to_string());
    match storages.iter_mut().find(|known| known.url == url) {
        Some(known) => (known.name, known.role, known.options) = (name, role, options),
        None => storages.push(MappedStorage::new(name, role, url, options)),
    }
}

/// What a map says of a storage, beside its URL. What is not an address is passed over: nobody but
/// the user says where secrets are.
pub fn options(storage: &MappedStorage) -> StoreOptions {
    let mut options = StoreOptions::new();
    for (name, value) in &storage.options {
        if let Some(key) = Key::of_name(name).filter(|key| key.is_address()) {
            options.set(key, value.clone());
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use trunks_core::store::Memory;

    fn storage(url: &str) -> Storage {
        let mut options = StoreOptions::new();
        options.set(Key::Endpoint, "http://localhost:9000");
        options.set(Key::Region, "eu-1");
        options.set(Key::SecretKey, "geheim");
        options.set(Key::Password, "geheim");
        options.set(Key::IdentityFile, "geheim");
        Storage { name: "backup".into(), url: url.into(), is_mirror: true, options }
    }

    #[tokio::test]
    async fn no_secret_travels_in_the_map() {
        let store = Memory::default();
        let name = RepoName::new("app").expect("a name");
        let key = Layout::new(&name).manifest();
        let text = br#"{"version":1,"id":"x","static":false,"later":1}"#;
        store.put(&key, text.to_vec(), Expected::Any).await.expect("put");
        for url in
            ["s3://bucket", "git:https://me:geheim@host/app.git", "git:https://me@host/app.git"]
        {
            change(&store, &name, |map| enter(map, &storage(url), Role::Mirror)).await.expect(url);
        }
        let stored = store.get(&key, None).await.expect("get").expect("there").bytes;
        let stored = String::from_utf8(stored).expect("text");
        assert!(!stored.contains("geheim"), "{stored}");
        assert!(stored.contains("\"later\": 1"), "{stored}");
        let map = read(&store, &name).await.expect("read");
        let options = options(&map[0]);
        assert_eq!(options.text(Key::Region), Some("eu-1"));
        assert_eq!(options.text(Key::Endpoint), Some("http://localhost:9000"));
    }

    #[test]
    fn a_map_cannot_say_where_secrets_are() {
        let said = [("identity_file", "/etc/passwd"), ("secret_key", "x"), ("region", "eu-1")];
        let said = said.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mapped = MappedStorage::new(
            "m".into(),
            Role::Mirror,
            "s3://b".into(),
            said.into_iter().collect(),
        );
        let options = options(&mapped);
        let names: Vec<Key> = options.in_clear().map(|(key, _)| key).collect();
        assert_eq!(names, [Key::Region]);
    }
}
