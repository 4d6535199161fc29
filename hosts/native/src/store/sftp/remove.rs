//! Deleting a value.

use super::{
    directory,
    failure::{Fault, fault},
    lock::{self, Lock},
    place::{Kind, Place},
    pool::{Pool, Tries},
    read,
    session::{Refusal, Session},
    temporary::Temporary,
    write::check_server,
};
use trunks_core::store::{Expected, StoreError};

/// Removes the value at `place`, and the directories that it leaves empty.
pub(super) async fn delete(
    pool: &Pool,
    place: &Place,
    expected: &Expected,
) -> Result<(), StoreError> {
    let mut tries = Tries::new(&place.key);
    let mut unsettled: Option<Temporary> = None;
    loop {
        let session = pool.session(place).await?;
        let mut token = None;
        let delete = async {
            if let Some(temporary) = unsettled.take()
                && is_deleted(&session, place, &temporary).await?
            {
                return Ok(true);
            }
            delete_once(&session, place, expected, &mut token).await
        };
        match delete.await {
            Ok(was_there) => {
                if was_there {
                    directory::prune(&session, place).await;
                }
                return Ok(());
            }
            Err(fault) => {
                unsettled = token;
                pool.again(&mut tries, &session, fault).await?;
            }
        }
    }
}

/// Returns whether there was something. `token`: under what it was done, if under a lock.
async fn delete_once(
    session: &Session,
    place: &Place,
    expected: &Expected,
    token: &mut Option<Temporary>,
) -> Result<bool, Fault> {
    check_server(session, place)?;
    if !read::is_as_expected(session, place, expected).await? {
        return Err(read::conflict(place));
    }
    match expected {
        // It held, so there is nothing to do.
        Expected::Absent | Expected::AbsentBeside { .. } => Ok(false),
        Expected::Any if place.kind == Kind::Object => unlink(session, place).await,
        Expected::Any if read::present(session, place).await?.is_none() => Ok(false),
        _ => delete_locked(session, place, expected, token).await,
    }
}

/// Git takes the lock to delete, too.
async fn delete_locked(
    session: &Session,
    place: &Place,
    expected: &Expected,
    token: &mut Option<Temporary>,
) -> Result<bool, Fault> {
    let temporary = &*token.insert(Temporary::create_token(session, place).await?);
    let lock = match Lock::acquire(session, place, temporary).await {
        Ok(lock) => lock,
        Err(fault) => {
            if let Fault::Store(_) = fault {
                temporary.remove(session).await;
            }
            return Err(fault);
        }
    };
    let delete = async {
        if !read::is_as_expected(session, place, expected).await? {
            return Err(read::conflict(place));
        }
        lock.delete().await
    };
    let deleted = delete.await;
    match deleted {
        Ok(true) => {
            let gone = lock.gone();
            lock.release_with(&gone).await;
        }
        Err(Fault::Fenced) => {}
        _ => lock.release().await,
    }
    deleted
}

/// Whether a deletion whose last step was not answered has happened. If not, it no longer will.
async fn is_deleted(
    session: &Session,
    place: &Place,
    temporary: &Temporary,
) -> Result<bool, Fault> {
    let settle = async {
        lock::withdraw(session, place, temporary).await?;
        temporary.is_used(session).await
    };
    let is_used = match settle.await {
        Ok(is_used) => is_used,
        Err(refusal) => {
            return Err(fault(session, &place.key, "look at", &place.path, refusal).await);
        }
    };
    temporary.remove(session).await;
    is_used.ok_or_else(|| {
        Fault::Store(StoreError::Unavailable {
            key: place.key.clone(),
            reason: "the connection broke while it was deleted".to_owned(),
        })
    })
}

/// Returns whether there was something.
async fn unlink(session: &Session, place: &Place) -> Result<bool, Fault> {
    match session.remove_file(&place.path).await {
        Ok(()) => Ok(true),
        Err(Refusal::Missing | Refusal::Invalid) => Ok(false),
        Err(refusal) => match directory::look(session, place, &place.path).await? {
            Some(true) | None => Ok(false),
            Some(false) => Err(fault(session, &place.key, "delete", &place.path, refusal).await),
        },
    }
}
