//! Putting a value in place.

use super::{
    directory::{self, ATTEMPTS},
    failure::{failed, is},
    lock::{Lock, is_missing_directory},
    place::{Kind, Place},
    read,
    temporary::{Temporary, has_no_links},
};
use rustix::io::Errno;
use std::{io::Write, path::Path, time::SystemTime};
use trunks_core::store::{Expected, StoreError, Version};

/// Replaces the value at `place` whole.
pub(super) fn put(place: &Place, bytes: &[u8], expected: &Expected) -> Result<Version, StoreError> {
    // Decided again under the lock: this spares a writer that has lost already the work.
    if !read::is_as_expected(place, expected)? {
        return Err(place.conflict());
    }
    let temporary = Temporary::create(place)?;
    (&temporary.file)
        .write_all(bytes)
        .map_err(|error| failed(&place.key, "write", &place.path, &error))?;
    install(place, &temporary, Some(bytes), expected)
}

/// Makes the temporary file, which is written, the value at `place`.
///
/// `written`: its bytes, if they are at hand.
pub(super) fn install(
    place: &Place,
    temporary: &Temporary,
    written: Option<&[u8]>,
    expected: &Expected,
) -> Result<Version, StoreError> {
    let fail = |error| failed(&place.key, "write", &place.path, &error);
    // The kernel stamps files with the time of its last tick; a mark wants a finer one.
    temporary.file.set_modified(SystemTime::now()).map_err(fail)?;
    if place.kind != Kind::Derived {
        temporary.file.sync_all().map_err(fail)?;
    }
    let version = read::mark(place, &temporary.file, written).map_err(fail)?;
    match (place.kind, expected) {
        (Kind::Object, Expected::Any) => move_object(place, temporary)?,
        (Kind::Object, Expected::Absent) => link_object(place, temporary)?,
        _ => replace_locked(place, temporary, expected)?,
    }
    if place.kind != Kind::Derived {
        let directory = place.directory();
        directory::sync(directory)
            .map_err(|error| failed(&place.key, "sync", directory, &error))?;
    }
    Ok(version)
}

fn replace_locked(
    place: &Place,
    temporary: &Temporary,
    expected: &Expected,
) -> Result<(), StoreError> {
    let lock = Lock::acquire(place, temporary)?;
    if !read::is_as_expected(place, expected)? {
        return Err(place.conflict());
    }
    if place.kind == Kind::Head {
        directory::make_skeleton(place)?;
    }
    lock.replace()
}

fn move_object(place: &Place, temporary: &Temporary) -> Result<(), StoreError> {
    into_place(place, || temporary.rename(&place.path))
}

fn link_object(place: &Place, temporary: &Temporary) -> Result<(), StoreError> {
    let mut is_lockable = false;
    let linked = into_place(place, || match temporary.link(&place.path) {
        Err(error) if has_no_links(&error) => {
            is_lockable = true;
            Ok(())
        }
        done => done,
    });
    if is_lockable {
        return replace_locked(place, temporary, &Expected::Absent);
    }
    linked
}

fn into_place(
    place: &Place,
    mut step: impl FnMut() -> std::io::Result<()>,
) -> Result<(), StoreError> {
    for _ in 0..ATTEMPTS {
        match step() {
            Ok(()) => return Ok(()),
            Err(error) if is_missing_directory(&error) => {
                directory::make(place, place.directory())?;
            }
            Err(error) if is(&error, Errno::EXIST) && !is_directory(&place.path) => {
                return Err(place.conflict());
            }
            Err(error) if is_directory(&place.path) => {
                return Err(failed(&place.key, "replace the directory", &place.path, &error));
            }
            Err(error) => return Err(failed(&place.key, "write", &place.path, &error)),
        }
    }
    Err(place.failed(format!("{} is removed again and again", place.directory().display())))
}

fn is_directory(path: &Path) -> bool {
    path.is_dir()
}
