//! `trunks storage add --mirror`, and forgetting a mirror.

use super::probe;
use crate::{
    cli::{CliError, Exit, block_on, place::Place, workspace::Workspace},
    mirror::{self, GitRemote, Mirror, Pushed, Target, map},
    settings::{Settings, Storage},
};
use trunks_core::repository::Role;

/// Tests a mirror, brings it in line with the primary, and enters it in the map.
pub fn add(
    storage: Storage,
    workspace: &Workspace,
    settings: &mut Settings,
) -> Result<(), CliError> {
    let primary = primary(settings)?;
    let opened = open(&storage, workspace, settings)?;
    block_on(async {
        match &opened.target {
            Target::Trunk(trunk) => {
                trunk.store.make_place().await?;
                probe::probe(&trunk.store).await?;
            }
            Target::Git(remote) => ping(remote).await?,
        }
        let trunk = primary.trunk();
        opened.follow(&trunk, Pushed::default()).await?;
        // The primary's map goes first: from then on every push must reach the mirror.
        let first = settings.primary()?.clone();
        let mut storages = Vec::new();
        map::change(&primary.store, primary.name(), |mapped| {
            map::enter(mapped, &first, Role::Primary);
            map::enter(mapped, &storage, Role::Mirror);
            storages.clone_from(mapped);
        })
        .await?;
        if let Target::Trunk(trunk) = &opened.target {
            map::change(&trunk.store, primary.name(), |mapped| mapped.clone_from(&storages))
                .await?;
        }
        // A push that came in between did not know of it.
        Ok(opened.follow(&trunk, Pushed::default()).await?)
    })?;
    settings.storages.push(storage);
    Ok(())
}

/// Takes a mirror out of the primary's map: pushes from everywhere pass it over from then on.
pub fn forget(storage: &Storage, settings: &Settings) -> Result<(), CliError> {
    let primary = primary(settings)?;
    let url = storage.target()?.to_string();
    block_on(async {
        let changed = map::change(&primary.store, primary.name(), |mapped| {
            mapped.retain(|known| known.url != url);
        });
        Ok(changed.await?)
    })
}

/// A storage as a mirror of this repository.
pub fn open(
    storage: &Storage,
    workspace: &Workspace,
    settings: &Settings,
) -> Result<Mirror, CliError> {
    let mut opened = mirror::open(storage, &settings.name()?)?;
    if let Target::Git(remote) = opened.target {
        opened.target = Target::Git(remote.from(workspace.root.clone()));
    }
    Ok(opened)
}

/// Sees that a repository of git's is there.
pub async fn ping(remote: &GitRemote) -> Result<(), CliError> {
    let failed = |reason| {
        CliError::new(Exit::Unavailable, format!("{} was not reached: {reason}", remote.url()))
            .advise("make an empty repository there first, and see that git may push to it")
    };
    remote.ping().await.map_err(failed)
}

fn primary(settings: &Settings) -> Result<Place, CliError> {
    Place::open(&settings.primary()?.connected()?, settings.name()?)
}
