//! Bringing a store in line with the primary.

use super::{MirrorError, Pushed, Trunk, objects};
use crate::component::CoreError;
use std::{collections::BTreeMap, fmt::Display};
use trunks_core::{
    code::Code,
    object::ObjectId,
    refs::{Head, OldValue, RefName, RefUpdate},
    repository::{CreateOptions, Layout, Peel, RefListing},
    store::Store,
};

/// How often the primary may move on meanwhile.
pub(super) const ROUNDS: usize = 20;

/// The refs of a repository that have values of their own.
pub(super) type Refs = BTreeMap<RefName, ObjectId>;

/// Brings `mirror` in line with `primary`.
///
/// Whoever moves a ref of the primary reads both afterwards. So of all who follow at once, the last to
/// write has seen the primary's last value, or is told by the mirror that it has changed, and looks
/// again.
pub(super) async fn follow(
    primary: &Trunk,
    mirror: &Trunk,
    name: &str,
    pushed: Pushed<'_>,
) -> Result<(), MirrorError> {
    let missed = |reason: &dyn Display| MirrorError::Missed {
        name: name.to_owned(),
        url: mirror.remote.to_string(),
        reason: reason.to_string(),
    };
    for _ in 0..ROUNDS {
        // The mirror is read first: what the primary says then is newer.
        let there = listing(mirror).await.map_err(|error| missed(&error))?;
        let Some(wanted) = listing(primary).await? else { return Ok(()) };
        let there = match there {
            Some(there) => there,
            None => {
                create(mirror, &wanted).await.map_err(|error| missed(&error))?;
                continue;
            }
        };
        let updates = updates(&refs_of(&there), &refs_of(&wanted));
        if updates.is_empty() && there.head == wanted.head {
            return Ok(());
        }
        if let Some((reference, id)) = known_to(primary, &updates, pushed).await? {
            let (name, url) = (name.to_owned(), mirror.remote.to_string());
            return Err(MirrorError::Foreign { name, url, reference, id: id.to_string() });
        }
        move_refs(primary, mirror, &updates, &there, &wanted)
            .await
            .map_err(|error| missed(&error))?;
    }
    Err(missed(&"it was pushed to all the time: push again"))
}

/// The refs; `None` when there is no such repository.
///
/// # Errors
/// `Corrupt`: one of them cannot be read, so that it is not to be taken for deleted.
pub(super) async fn listing(trunk: &Trunk) -> Result<Option<RefListing>, CoreError> {
    match trunk.core.refs(&trunk.remote.name, &[], Peel::Known).await {
        Ok(RefListing { broken, .. }) if !broken.is_empty() => {
            Err(CoreError { code: Code::Corrupt, message: broken.join("; "), was_stopped: false })
        }
        Ok(listing) => Ok(Some(listing)),
        Err(error) if error.code == Code::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn refs_of(listing: &RefListing) -> Refs {
    let own = listing.refs.iter().filter(|found| found.symbolic.is_none());
    own.map(|found| (found.name.clone(), found.id)).collect()
}

/// What makes `there` the same as `wanted`.
pub(super) fn updates(there: &Refs, wanted: &Refs) -> Vec<RefUpdate> {
    let moved = wanted.iter().filter(|(name, id)| there.get(*name) != Some(*id));
    let moved = moved.map(|(name, &id)| RefUpdate {
        name: name.clone(),
        old: there.get(name).map_or(OldValue::Absent, |&old| OldValue::Is(old)),
        new: Some(id),
    });
    let gone = there.iter().filter(|(name, _)| !wanted.contains_key(*name));
    let gone = gone.map(|(name, &old)| RefUpdate {
        name: name.clone(),
        old: OldValue::Is(old),
        new: None,
    });
    // What is deleted makes room: `a` for `a/b`.
    gone.chain(moved).collect()
}

/// The first of the values that are about to be replaced which the primary does not know, so that
/// somebody's work would be lost.
///
/// The primary is asked to leave a ref at that value: it says that another one is there, but that the
/// object is missing where it is. It is not asked for what its refs named before the push.
pub(super) async fn known_to(
    primary: &Trunk,
    updates: &[RefUpdate],
    pushed: Pushed<'_>,
) -> Result<Option<(String, ObjectId)>, CoreError> {
    let asked: Vec<(RefName, ObjectId)> = updates
        .iter()
        .filter_map(|update| match update.old {
            OldValue::Is(old) if !pushed.had.contains(&old) => Some((update.name.clone(), old)),
            _ => None,
        })
        .collect();
    if asked.is_empty() {
        return Ok(None);
    }
    let questions: Vec<RefUpdate> = asked
        .iter()
        .map(|(name, id)| RefUpdate { name: name.clone(), old: OldValue::Is(*id), new: Some(*id) })
        .collect();
    let answers = primary.core.update_refs(&primary.remote.name, &questions).await?;
    for ((name, id), answer) in asked.into_iter().zip(answers) {
        match answer {
            Ok(()) => {}
            Err(error) if error.code == Code::Conflict => {}
            Err(error) if error.code == Code::NotFound => {
                return Ok(Some((name.as_str().to_owned(), id)));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

async fn create(mirror: &Trunk, wanted: &RefListing) -> Result<(), CoreError> {
    let branch = match &wanted.head {
        Head::Symbolic(branch) => branch.as_str().strip_prefix("refs/heads/"),
        Head::Detached(_) => None,
    };
    let options = CreateOptions {
        default_branch: branch.unwrap_or("main").to_owned(),
        is_static: mirror.remote.store.is_directory(),
        id: uuid::Uuid::new_v4().to_string(),
    };
    match mirror.core.create(&mirror.remote.name, &options).await {
        Err(error) if error.code == Code::Exists => Ok(()),
        outcome => outcome,
    }
}

/// Copies packs once more, under other names, that a clean of the mirror may be removing: nothing there
/// has reached them so far, and now something will.
///
/// `stems`: keys of packs without `.pack`.
async fn rescue(primary: &Trunk, mirror: &Trunk, stems: &[String]) -> Result<(), CoreError> {
    let name = &mirror.remote.name;
    let keys: Vec<[String; 2]> =
        stems.iter().map(|stem| [".pack", ".idx"].map(|end| format!("{stem}{end}"))).collect();
    let all: Vec<&str> = keys.iter().flatten().map(String::as_str).collect();
    if all.is_empty() || !mirror.core.is_doomed(name, &all).await? {
        return Ok(());
    }
    for (stem, [pack, idx]) in stems.iter().zip(&keys) {
        if mirror.core.is_doomed(name, &[pack, idx]).await? {
            let mut nonce = [0; ObjectId::BYTES];
            getrandom::fill(&mut nonce).map_err(failed)?;
            let to_keys = mirror.core.pack_keys(name, &nonce.into()).await?;
            let copied = objects::copy_pack(&primary.store, &mirror.store, stem, &to_keys).await;
            copied.map_err(failed)?;
        }
    }
    Ok(())
}

fn failed(error: impl Display) -> CoreError {
    CoreError { code: Code::Failed, message: error.to_string(), was_stopped: false }
}

async fn move_refs(
    primary: &Trunk,
    mirror: &Trunk,
    updates: &[RefUpdate],
    there: &RefListing,
    wanted: &RefListing,
) -> Result<(), CoreError> {
    let name = &mirror.remote.name;
    // Refs were listed before: what they name is among the objects that are listed now.
    if there.head != wanted.head || updates.iter().any(|update| update.new.is_some()) {
        // Asked first: a clean that begins later marks what it finds, and lets it lie for a while.
        let marks = Layout::new(name).unreachable();
        let marks = mirror.store.get(&marks, Some(0..0)).await.map_err(failed)?;
        let common = objects::copy(&primary.store, &mirror.store, name).await.map_err(failed)?;
        if marks.is_some() {
            rescue(primary, mirror, &common).await?;
        }
    }
    if there.head != wanted.head {
        mirror.core.set_head(name, &wanted.head).await?;
    }
    // The objects were copied, or were there: those that the mirror's refs lead to stay.
    for outcome in mirror.core.move_refs(name, updates).await? {
        match outcome {
            Ok(()) => {}
            // Another follower was first: look again.
            Err(error) if error.code == Code::Conflict => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
