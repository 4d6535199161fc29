//! The mirrors of a repository: those that are connected here, and those that its map tells of.

use super::{GitRemote, Mirror, MirrorError, Target, Trunk, map};
use crate::{
    component::{Core, Guest},
    settings::{Settings, Storage, StorageUrl},
};
use trunks_core::repository::{MappedStorage, RepoName, Role};

/// The mirrors that a push to `primary` must reach.
///
/// `settings`: those of the repository that is pushed from, if it has any.
///
/// # Errors
/// `Unknown`: the map tells of one that is not connected here. It is not for whoever may write to the
/// primary to say where this machine's credentials go, so the user has to.
/// `Reversed`: `primary` is a mirror itself.
pub async fn find(
    primary: &Trunk,
    settings: Option<&Settings>,
) -> Result<Vec<Mirror>, MirrorError> {
    let name = &primary.remote.name;
    let mapped = map::read(&primary.store, name).await?;
    let own_url = primary.remote.store.to_string();
    if let Some(own) = mapped.iter().find(|mapped| mapped.url == own_url)
        && own.role == Role::Mirror
    {
        let first = mapped.iter().find(|mapped| mapped.role == Role::Primary);
        let first = first.map_or_else(|| "another store".to_owned(), |first| first.url.clone());
        return Err(MirrorError::Reversed { name: own.name.clone(), primary: first });
    }
    let connected: Vec<&Storage> =
        settings.into_iter().flat_map(|settings| settings.mirrors()).collect();
    for mapped in mapped.iter().filter(|mapped| mapped.role == Role::Mirror) {
        if !connected.iter().any(|storage| storage.url == mapped.url) {
            return Err(unknown(mapped));
        }
    }
    connected.into_iter().map(|storage| open(storage, name)).collect()
}

/// A storage as a mirror.
///
/// # Errors
/// What is saved of it names nothing that can be opened.
pub fn open(storage: &Storage, name: &RepoName) -> Result<Mirror, MirrorError> {
    let target = match storage.target()? {
        StorageUrl::Store(_) => {
            let spec = storage.spec()?;
            let store = spec.open()?;
            let core = Guest::new(Core::shared()?, store.as_shared());
            Target::Trunk(Trunk { remote: spec.url.join(name), store, core })
        }
        StorageUrl::Git(url) => Target::Git(GitRemote::new(url, storage.options_here())),
    };
    Ok(Mirror { name: storage.name.clone(), target })
}

fn unknown(mapped: &MappedStorage) -> MirrorError {
    let options = map::options(mapped);
    let options =
        options.in_clear().map(|(key, value)| format!(" {}={}", key.flag(), quoted(value)));
    MirrorError::Unknown {
        name: quoted(&mapped.name),
        url: quoted(&mapped.url),
        options: options.collect(),
    }
}

/// A word for a shell: a map may say anything.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let visible: String = word.chars().filter(|c| !c.is_control()).collect();
    format!("'{}'", visible.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_map_says_is_safe_to_paste() {
        assert_eq!(quoted("s3://bucket/p"), "s3://bucket/p");
        assert_eq!(quoted("x; rm -rf $HOME"), "'x; rm -rf $HOME'");
        assert_eq!(quoted("it's\n"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
