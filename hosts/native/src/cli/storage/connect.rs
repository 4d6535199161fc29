//! The map of a repository's stores, as it is read and written when a storage is connected.

use crate::{
    cli::{CliError, block_on, output::Output, place::Place},
    mirror::map,
    settings::{Settings, Storage, StorageUrl},
};
use trunks_core::repository::{MappedStorage, Role};

/// How many mirrors are believed to be one repository's.
const MOST: usize = 32;

/// Enters the primary in its own map, unless somebody has.
pub fn enter_primary(place: &Place, storage: &Storage) -> Result<(), CliError> {
    block_on(async {
        let changed = map::change(&place.store, place.name(), |mapped| {
            if !mapped.iter().any(|known| known.role == Role::Primary || known.url == storage.url) {
                map::enter(mapped, storage, Role::Primary);
            }
        });
        Ok(changed.await?)
    })
}

/// Connects the mirrors that the primary's map tells of, and says so: pushes go there too.
pub fn mirrors(place: &Place, settings: &mut Settings, output: &Output) -> Result<(), CliError> {
    let mapped = block_on(async { Ok(map::read(&place.store, place.name()).await?) })?;
    let mirrors = mapped.iter().filter(|mapped| mapped.role == Role::Mirror).take(MOST);
    for mapped in mirrors {
        let url = StorageUrl::parse(&mapped.url)?;
        if settings.storages.iter().any(|storage| storage.url == url.to_string()) {
            continue;
        }
        let name = free_name(mapped, settings);
        output.say(&format!(
            "pushes go to the mirror {name} as well: {url} (its keys and passwords are looked up as \
             trunks storage add --help says; forget it with: trunks storage remove {name})"
        ));
        let options = map::options(mapped);
        settings.storages.push(Storage { name, url: url.to_string(), is_mirror: true, options });
    }
    Ok(())
}

/// The name in the map, or one like it that is not taken here.
fn free_name(mapped: &MappedStorage, settings: &Settings) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let plain: String = mapped.name.chars().filter(is_plain).take(64).collect();
    let plain = if plain.is_empty() { "mirror".to_owned() } else { plain };
    // A primary's keys are not for a mirror that calls itself so.
    let is_taken = |name: &str| name == Storage::PRIMARY || settings.storage(name).is_ok();
    let mut names = (1..).map(|n| if n == 1 { plain.clone() } else { format!("{plain}-{n}") });
    names.find(|name| !is_taken(name)).unwrap_or(plain)
}
