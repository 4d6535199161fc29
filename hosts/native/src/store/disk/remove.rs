//! Deleting a value.

use super::{
    directory,
    failure::{failed, is_absence},
    lock::Lock,
    place::{Kind, Place},
    read,
    temporary::Temporary,
};
use std::fs;
use trunks_core::store::{Expected, StoreError};

/// Removes the value at `place`, and the directories that it leaves empty.
pub(super) fn delete(place: &Place, expected: &Expected) -> Result<(), StoreError> {
    if !read::is_as_expected(place, expected)? {
        return Err(place.conflict());
    }
    let was_there = match expected {
        // It held, so there is nothing to do.
        Expected::Absent | Expected::AbsentBeside { .. } => false,
        Expected::Any if place.kind == Kind::Object => unlink(place)?,
        Expected::Any if read::is_as_expected(place, &Expected::Absent)? => false,
        _ => unlink_locked(place, expected)?,
    };
    if was_there {
        let directory = place.directory();
        match directory::sync(directory) {
            Err(error) if !is_absence(&error) => {
                return Err(failed(&place.key, "sync", directory, &error));
            }
            _ => {}
        }
        directory::prune(place);
    }
    Ok(())
}

/// Git takes the lock to delete, too.
fn unlink_locked(place: &Place, expected: &Expected) -> Result<bool, StoreError> {
    let temporary = Temporary::create(place)?;
    let _lock = Lock::acquire(place, &temporary)?;
    if !read::is_as_expected(place, expected)? {
        return Err(place.conflict());
    }
    unlink(place)
}

/// Returns whether there was something.
fn unlink(place: &Place) -> Result<bool, StoreError> {
    match fs::remove_file(&place.path) {
        Ok(()) => Ok(true),
        Err(error) if is_absence(&error) => Ok(false),
        Err(error) => Err(failed(&place.key, "delete", &place.path, &error)),
    }
}
