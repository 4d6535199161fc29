//! Directories, which keys know nothing of: made when a key needs them, removed when none does.

use super::{
    failure::{Fault, fault, is_hopeless},
    list::entries,
    lock::Lock,
    place::{Kind, LOCK, Place, TEMPORARIES},
    session::{Refusal, Session},
    temporary::Temporary,
};
use std::path::{Path, PathBuf};
use trunks_core::store::StoreError;

/// How often a race with someone who removes a directory while we fill it, or the other way round, is
/// run again.
pub(super) const ATTEMPTS: u32 = 64;

/// Makes the root and what is missing above it.
pub(super) async fn make_root(session: &Session, root: &Path) -> Result<(), Fault> {
    let mut missing = vec![root];
    while let Some(&directory) = missing.last() {
        match session.make_directory(directory).await {
            Ok(()) => {
                missing.pop();
            }
            Err(Refusal::Missing) if directory.parent().is_some_and(|up| up != Path::new("")) => {
                missing.extend(directory.parent());
            }
            Err(refusal) => {
                let found = session.look(directory).await;
                if !found.is_ok_and(|found| found.is_some_and(is_directory)) {
                    return Err(fault(session, "", "make the directory", root, refusal).await);
                }
                missing.pop();
            }
        }
    }
    Ok(())
}

/// Makes `directory`, which lies below the place's root, and what is missing in between.
///
/// Never the root itself: a missing root may be a disk that is not mounted.
pub(super) async fn make(session: &Session, place: &Place, directory: &Path) -> Result<(), Fault> {
    for _ in 0..ATTEMPTS {
        if make_below(session, place, directory).await? {
            return Ok(());
        }
    }
    Err(place.failed(format!("{} is removed again and again", directory.display())).into())
}

/// Returns false when someone removed what was just made.
async fn make_below(session: &Session, place: &Place, directory: &Path) -> Result<bool, Fault> {
    let mut missing = vec![directory];
    while let Some(&directory) = missing.last() {
        if directory == place.root {
            return rooted(session, place).await.map(|()| false);
        }
        match session.make_directory(directory).await {
            Ok(()) => {
                missing.pop();
            }
            Err(Refusal::Missing) => missing.push(directory.parent().unwrap_or(&place.root)),
            Err(refusal) => match look(session, place, directory).await? {
                Some(true) => {
                    missing.pop();
                }
                Some(false) => {
                    return Err(place
                        .failed(format!(
                            "a file stands where the directory {} is needed: remove one or choose \
                             another name",
                            directory.display()
                        ))
                        .into());
                }
                // Removed by somebody who found it empty, unless nothing can be made here at all.
                None if refusal == Refusal::Failure && !is_hopeless(session, directory).await => {
                    return Ok(false);
                }
                None => {
                    let action = "make the directory";
                    return Err(fault(session, &place.key, action, directory, refusal).await);
                }
            },
        }
    }
    Ok(true)
}

async fn rooted(session: &Session, place: &Place) -> Result<(), Fault> {
    match look(session, place, &place.root).await? {
        Some(true) => Ok(()),
        _ => Err(place
            .failed(format!(
                "the store's directory {} does not exist on {}: make it, or mount what belongs there",
                place.root.display(),
                session.target()
            ))
            .into()),
    }
}

/// Whether a directory is at `path`; `None`: nothing is.
pub(super) async fn look(
    session: &Session,
    place: &Place,
    path: &Path,
) -> Result<Option<bool>, Fault> {
    match session.look(path).await {
        Ok(found) => Ok(found.map(is_directory)),
        Err(refusal) => Err(fault(session, &place.key, "look at", path, refusal).await),
    }
}

fn is_directory(found: openssh_sftp_client::metadata::MetaData) -> bool {
    found.file_type().is_some_and(|kind| kind.is_dir())
}

/// Makes the directories without which git does not take the place for a repository.
pub(super) async fn make_skeleton(session: &Session, place: &Place) -> Result<(), Fault> {
    let Some(trunk) = &place.trunk else { return Ok(()) };
    make(session, place, &trunk.join("refs/heads")).await?;
    make(session, place, &trunk.join("objects/pack")).await
}

/// Removes `directory` and the directories below it, if there is no file among them.
///
/// Returns whether it is gone.
pub(super) async fn remove_empty(session: &Session, directory: &Path) -> Result<bool, Refusal> {
    let mut found = vec![directory.to_owned()];
    let mut at = 0;
    while let Some(path) = found.get(at).cloned() {
        at += 1;
        for entry in entries(session, &path).await? {
            if !entry.is_directory() {
                return Ok(false);
            }
            found.push(path.join(&entry.name));
        }
    }
    // What was found last lies deepest.
    for path in found.iter().rev() {
        match session.remove_directory(path).await {
            Ok(()) | Err(Refusal::Missing) => {}
            Err(Refusal::Failure) => return Ok(false),
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(true)
}

/// Removes the directories that the deletion of `place` has left empty.
///
/// In a repository only below `refs/heads`, `refs/tags` and their like, as git does. Of one that has
/// no `HEAD` any more, all of it. What cannot be removed stays: it is invisible.
pub(super) async fn prune(session: &Session, place: &Place) {
    let Some(trunk) = &place.trunk else {
        climb(session, place.directory(), &place.root).await;
        return;
    };
    match session.look_at_name(&trunk.join("HEAD")).await {
        Ok(None) => {}
        Ok(Some(_)) => {
            let refs = trunk.join("refs");
            if let Ok(below) = place.directory().strip_prefix(&refs)
                && let Some(kind) = below.components().next()
            {
                climb(session, place.directory(), &refs.join(kind)).await;
            }
            return;
        }
        Err(_) => return,
    }
    let is_top = place.directory() == trunk;
    let is_climbed = climb(session, place.directory(), trunk).await;
    // All the way up: perhaps that was the last value.
    if (is_top || is_climbed) && prune_headless(session, place, trunk).await.is_some() {
        let _ = session.remove_directory(&trunk.join(TEMPORARIES)).await;
        climb(session, trunk, &place.root.join("trunks")).await;
    }
}

/// Prunes a repository without `HEAD`, under the lock of `HEAD`: so nobody makes it anew meanwhile.
///
/// Returns `None` when something is left.
async fn prune_headless(session: &Session, place: &Place, trunk: &Path) -> Option<()> {
    let head = Place { path: trunk.join("HEAD"), kind: Kind::Head, ..place.clone() };
    let temporary = Temporary::create_token(session, &head).await.ok()?;
    let Some(lock) = Lock::try_acquire(session, &head, &temporary).await else {
        temporary.remove(session).await;
        return None;
    };
    let pruned = match session.look_at_name(&head.path).await {
        Ok(None) => remove_all_empty(session, trunk, &head.lock()).await,
        _ => None,
    };
    lock.release().await;
    pruned
}

/// Removes what lies in `trunk`, if it is empty directories, but for `lock` and the temporary files.
async fn remove_all_empty(session: &Session, trunk: &Path, lock: &Path) -> Option<()> {
    for entry in entries(session, trunk).await.ok()? {
        let path: PathBuf = trunk.join(&entry.name);
        if path == lock || entry.name == TEMPORARIES {
            continue;
        }
        if !entry.is_directory() || !remove_empty(session, &path).await.ok()? {
            return None;
        }
    }
    Some(())
}

/// Removes empty directories from `directory` upwards, `top` excluded. Returns whether it got there.
async fn climb(session: &Session, directory: &Path, top: &Path) -> bool {
    let mut directory = directory;
    while directory != top && directory.starts_with(top) {
        if session.remove_directory(directory).await.is_err() {
            return false;
        }
        let Some(parent) = directory.parent() else { return false };
        directory = parent;
    }
    true
}

/// Whether a name is that of a lock: of git's, or of one of ours.
pub(super) fn is_lock(name: &str) -> bool {
    name.ends_with(LOCK)
}

/// The error for a key with a lock's name among its segments.
pub(super) fn refuse_lock(key: &str) -> Result<(), StoreError> {
    if key.split('/').any(is_lock) {
        let reason = "names that end with .lock are git's locks".to_owned();
        return Err(StoreError::Failed { key: key.to_owned(), reason });
    }
    Ok(())
}
