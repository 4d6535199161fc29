//! Putting a value in place.

use super::{
    directory::{self, ATTEMPTS},
    failure::{Fault, fault},
    lock::{self, Lock},
    place::{Kind, Place},
    pool::{Pool, Tries},
    read,
    session::{Refusal, Session},
    temporary::{Temporary, fill, seal},
};
use futures_util::join;
use openssh_sftp_client::{UnixTimeStamp, file::File, metadata::MetaDataBuilder};
use std::path::Path;
use trunks_core::store::{Expected, StoreError, Version};

/// Up to this size a value is sent before it is known whether it will be wanted.
const SENT_AHEAD_BYTES: usize = 64 * 1024;

/// A value that is written and sealed, but not in its place.
#[derive(Debug)]
pub(super) struct Draft {
    pub temporary: Temporary,
    /// Open for as long as the connection is the one it was written on.
    pub file: Option<File>,
    pub size_bytes: u64,
    pub modified_s: u32,
    pub version: Version,
}

/// How a value gets into its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Road {
    /// Over whatever is there.
    Move,
    /// Only where nothing is.
    Link,
    /// Under the lock.
    Lock,
}

impl Road {
    fn of(session: &Session, place: &Place, expected: &Expected) -> Self {
        match (place.kind, expected) {
            (Kind::Object, Expected::Any) => Self::Move,
            (Kind::Object, Expected::Absent) if session.can_link() => Self::Link,
            _ => Self::Lock,
        }
    }
}

/// Replaces the value at `place` whole.
pub(super) async fn put(
    pool: &Pool,
    place: &Place,
    bytes: &[u8],
    expected: &Expected,
) -> Result<Version, StoreError> {
    let mut tries = Tries::new(&place.key);
    let (session, draft) = loop {
        let session = pool.session(place).await?;
        match attempt(&session, place, bytes, expected).await {
            Ok(draft) => break (session, draft),
            Err(fault) => pool.again(&mut tries, &session, fault).await?,
        }
    };
    let now_s = draft.modified_s;
    let sweep = pool.sweep_once(&session, place, now_s);
    join!(install(pool, place, draft, expected, &mut tries), sweep).0
}

/// Writes the draft, if the value could be put there now.
async fn attempt(
    session: &Session,
    place: &Place,
    bytes: &[u8],
    expected: &Expected,
) -> Result<Draft, Fault> {
    check_server(session, place)?;
    // Decided again under the lock: this spares a writer that has lost already the work.
    let check = read::is_as_expected(session, place, expected);
    let draft = draft(session, place, bytes, expected);
    let (is_as_expected, draft) = if bytes.len() <= SENT_AHEAD_BYTES {
        let (checked, draft) = join!(check, draft);
        (checked, Some(draft))
    } else {
        match check.await {
            Ok(true) => (Ok(true), Some(draft.await)),
            checked => (checked, None),
        }
    };
    match (is_as_expected, draft) {
        (Ok(true), Some(draft)) => draft,
        (checked, draft) => {
            if let Some(Ok(draft)) = draft {
                draft.temporary.remove(session).await;
            }
            checked?;
            Err(read::conflict(place))
        }
    }
}

/// Refuses to write to a server that could not replace a value in one step.
pub(super) fn check_server(session: &Session, place: &Place) -> Result<(), StoreError> {
    if session.can_replace() {
        return Ok(());
    }
    let (key, target) = (place.key.clone(), session.target());
    // So OpenSSH greets those who may not write: with what else it can, but nothing that writes.
    if session.can_measure() && !session.can_link() {
        let reason =
            format!("{target} lets this account only read: use one that may write to push");
        return Err(StoreError::Denied { key, reason });
    }
    let reason = format!(
        "{target} does not offer posix-rename@openssh.com, without which no value can be replaced \
         safely: it can be read only; use a server that offers it, such as OpenSSH"
    );
    Err(StoreError::Failed { key, reason })
}

async fn draft(
    session: &Session,
    place: &Place,
    bytes: &[u8],
    expected: &Expected,
) -> Result<Draft, Fault> {
    let (temporary, file) = match Road::of(session, place, expected) {
        Road::Lock => Temporary::create_lockable(session, place).await?,
        Road::Move | Road::Link => Temporary::create_file(session, place).await?,
    };
    let write = async {
        fill(session, &file, 0, bytes).await?;
        finish(session, place, &file, bytes.len() as u64, Some(bytes)).await
    };
    match write.await {
        Ok((modified_s, version)) => Ok(Draft {
            temporary,
            file: Some(file),
            size_bytes: bytes.len() as u64,
            modified_s,
            version,
        }),
        Err(refusal) => {
            let fault = fault(session, &place.key, "write", &place.path, refusal).await;
            temporary.remove(session).await;
            Err(fault)
        }
    }
}

/// Seals a file that is written, and marks its value.
pub(super) async fn finish(
    session: &Session,
    place: &Place,
    file: &File,
    size_bytes: u64,
    written: Option<&[u8]>,
) -> Result<(u32, Version), Refusal> {
    let modified_s = seal(session, place, file).await?;
    let version = read::mark(session, place, file, size_bytes, modified_s, written).await?;
    Ok((modified_s, version))
}

/// Makes the draft the value at `place`; when the connection is lost in between, finds out whether it
/// has become that.
pub(super) async fn install(
    pool: &Pool,
    place: &Place,
    mut draft: Draft,
    expected: &Expected,
    tries: &mut Tries<'_>,
) -> Result<Version, StoreError> {
    let mut is_settled = true;
    loop {
        let session = pool.session(place).await?;
        let installed = async {
            if !is_settled {
                if is_in_place(&session, place, &draft, expected).await? {
                    draft.temporary.remove(&session).await;
                    return Ok(draft.version.clone());
                }
                renew(&session, place, &mut draft).await?;
                is_settled = true;
            }
            install_once(&session, place, &mut draft, expected).await
        };
        match installed.await {
            Ok(version) => return Ok(version),
            Err(Fault::Store(error)) => {
                if is_settled {
                    draft.temporary.remove(&session).await;
                }
                return Err(error);
            }
            Err(fault) => {
                is_settled = false;
                draft.file = None;
                pool.again(tries, &session, fault).await?;
            }
        }
    }
}

async fn install_once(
    session: &Session,
    place: &Place,
    draft: &mut Draft,
    expected: &Expected,
) -> Result<Version, Fault> {
    match Road::of(session, place, expected) {
        Road::Move => {
            if let Some(found) = read::present(session, place).await? {
                let path = draft.temporary.value();
                outdate(session, place, draft, &path, read::modified(&found)).await?;
            }
            let value = draft.temporary.value();
            into_place(session, place, Step::Move(&value)).await?;
            harden(session, place, draft).await?;
        }
        Road::Link => {
            let value = draft.temporary.value();
            into_place(session, place, Step::Link(&value)).await?;
            let (hardened, ()) =
                join!(harden(session, place, draft), draft.temporary.remove(session));
            hardened?;
        }
        Road::Lock => replace_locked(session, place, draft, expected).await?,
    }
    Ok(draft.version.clone())
}

async fn replace_locked(
    session: &Session,
    place: &Place,
    draft: &mut Draft,
    expected: &Expected,
) -> Result<(), Fault> {
    if draft.temporary.is_file() {
        *draft = renewed(session, place, draft).await?;
    }
    let temporary = draft.temporary.clone();
    let lock = Lock::acquire(session, place, &temporary).await?;
    let replace = async {
        if !read::is_as_expected(session, place, expected).await? {
            return Err(read::conflict(place));
        }
        if place.kind == Kind::Head {
            directory::make_skeleton(session, place).await?;
        }
        if place.kind == Kind::Object
            && let Some(found) = read::present(session, place).await?
        {
            outdate(session, place, draft, &lock.value(), read::modified(&found)).await?;
        }
        lock.replace().await
    };
    match replace.await {
        Ok(()) => {
            let (hardened, ()) = join!(harden(session, place, draft), lock.release());
            hardened
        }
        Err(Fault::Fenced) => Err(Fault::Fenced),
        Err(fault) => {
            let value = lock.value();
            lock.release_with(&value).await;
            Err(fault)
        }
    }
}

/// Makes the new name survive a power cut as well: a journaling filesystem that syncs the file anew
/// writes down all that was done to it.
async fn harden(session: &Session, place: &Place, draft: &Draft) -> Result<(), Fault> {
    let Some(mut file) = draft.file.clone() else { return Ok(()) };
    if place.kind == Kind::Derived || !session.can_sync() {
        return Ok(());
    }
    match session.ask(file.sync_all()).await {
        Ok(()) => Ok(()),
        Err(refusal) => Err(fault(session, &place.key, "sync", &place.path, refusal).await),
    }
}

/// Sees to it that a pack that replaces another does not bear the same time: its mark is made of it.
async fn outdate(
    session: &Session,
    place: &Place,
    draft: &mut Draft,
    path: &Path,
    old_s: u32,
) -> Result<(), Fault> {
    if old_s < draft.modified_s {
        return Ok(());
    }
    let Some(time) = UnixTimeStamp::from_raw(old_s.saturating_add(1)) else { return Ok(()) };
    let later = MetaDataBuilder::new().time(time, time).create();
    if let Err(refusal) = session.ask(session.fs().set_metadata(path, later)).await {
        return Err(fault(session, &place.key, "date", path, refusal).await);
    }
    draft.modified_s = old_s.saturating_add(1);
    draft.version = read::remark(place, &draft.version, draft.size_bytes, draft.modified_s);
    Ok(())
}

/// The last step of a value that needs no lock.
#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Move(&'a Path),
    Link(&'a Path),
}

async fn into_place(session: &Session, place: &Place, step: Step<'_>) -> Result<(), Fault> {
    for _ in 0..ATTEMPTS {
        let done = match step {
            Step::Move(from) => session.rename(from, &place.path).await,
            Step::Link(from) => session.ask(session.fs().hard_link(from, &place.path)).await,
        };
        let refusal = match done {
            Ok(()) => return Ok(()),
            Err(refusal) => refusal,
        };
        match (step, refusal) {
            (_, Refusal::Missing) => directory::make(session, place, place.directory()).await?,
            (Step::Link(_), Refusal::Failure)
                if directory::look(session, place, &place.path).await? == Some(false) =>
            {
                return Err(read::conflict(place));
            }
            (_, refusal) => {
                return Err(fault(session, &place.key, "write", &place.path, refusal).await);
            }
        }
    }
    Err(place.failed(format!("{} is removed again and again", place.directory().display())).into())
}

/// Whether a draft whose last step was not answered has become the value. If not, it no longer will.
async fn is_in_place(
    session: &Session,
    place: &Place,
    draft: &Draft,
    expected: &Expected,
) -> Result<bool, Fault> {
    let road = Road::of(session, place, expected);
    let settle = async {
        if road == Road::Lock {
            lock::withdraw(session, place, &draft.temporary).await?;
        }
        draft.temporary.is_used(session).await
    };
    match settle.await {
        Err(refusal) => Err(fault(session, &place.key, "look at", &place.path, refusal).await),
        // A link leaves the draft where it was.
        Ok(Some(false)) if road == Road::Link => {
            let found = read::present(session, place).await?;
            Ok(found.is_some_and(|found| {
                found.len() == Some(draft.size_bytes) && read::modified(&found) == draft.modified_s
            }))
        }
        Ok(Some(is_used)) => Ok(is_used),
        // Someone broke the lock and has swept since. Equal bytes are as good as ours.
        Ok(None) => {
            let found = read::get(session, place, Some(0..0)).await?;
            if found.is_some_and(|value| value.version == draft.version) {
                return Ok(true);
            }
            Err(StoreError::Unavailable {
                key: place.key.clone(),
                reason: "the connection broke while it was written".to_owned(),
            }
            .into())
        }
    }
}

/// Prepares a draft that was not used to be tried once more.
async fn renew(session: &Session, place: &Place, draft: &mut Draft) -> Result<(), Fault> {
    if !draft.temporary.is_file() {
        *draft = renewed(session, place, draft).await?;
    }
    Ok(())
}

async fn renewed(session: &Session, place: &Place, draft: &Draft) -> Result<Draft, Fault> {
    let Some(temporary) = draft.temporary.renew(session, place).await? else {
        let reason = format!("{} was removed by somebody", draft.temporary.value().display());
        return Err(place.failed(reason).into());
    };
    Ok(Draft {
        temporary,
        file: draft.file.clone(),
        size_bytes: draft.size_bytes,
        modified_s: draft.modified_s,
        version: draft.version.clone(),
    })
}
