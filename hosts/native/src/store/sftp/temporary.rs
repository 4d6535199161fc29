//! Values on their way, which lie in the store's own directory until they are moved to their places.

use super::{
    directory::{self, ATTEMPTS},
    failure::{Fault, fault},
    list::entries,
    place::{Kind, Place},
    session::{Refusal, Session},
};
use futures_util::{StreamExt, TryStreamExt, join, stream};
use openssh_sftp_client::{file::File, metadata::MetaDataBuilder};
use std::{
    env, fs,
    io::SeekFrom,
    path::{Path, PathBuf},
    pin::Pin,
    process,
    sync::LazyLock,
};
use tokio::io::AsyncSeek;

/// Name of the value in a token.
const VALUE: &str = "value";
/// Name that a value is moved to that is deleted.
const GONE: &str = "gone";

/// As much is asked for and sent at once: what OpenSSH takes (its `limits@openssh.com`).
pub(super) const CHUNK_BYTES: usize = 255 * 1024;
/// So many requests of that size are under way at once.
pub(super) const CHUNKS_IN_FLIGHT: usize = 16;

/// What a killed client has left is removed after so long: no write takes longer.
pub(super) const LEFT_S: u64 = 24 * 60 * 60;

/// A value that is to be, or a token of a lock without one.
#[derive(Clone, Debug)]
pub(super) struct Temporary {
    /// Names its owner, and is like no other.
    pub token: String,
    /// The directory of temporary files.
    home: PathBuf,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The value is the file `<home>/<token>`.
    File,
    /// The value is the file `<home>/<token>/<token>/value`: the outer directory can become a lock.
    Lock,
    /// As before, but without a value.
    Token,
}

impl Temporary {
    /// Makes an empty file that will be moved or linked into place.
    pub async fn create_file(session: &Session, place: &Place) -> Result<(Self, File), Fault> {
        let temporary = Self::new(place, Form::File);
        let path = temporary.value();
        let mut made = session.create(&path).await;
        for _ in 0..ATTEMPTS {
            let Err(Refusal::Missing) = made else { break };
            directory::make(session, place, &place.temporaries).await?;
            made = session.create(&path).await;
        }
        match made {
            Ok(file) => Ok((temporary, file)),
            Err(refusal) => Err(fault(session, &place.key, "write", &path, refusal).await),
        }
    }

    /// Makes an empty file in a directory that can become a lock.
    pub async fn create_lockable(session: &Session, place: &Place) -> Result<(Self, File), Fault> {
        let temporary = Self::new(place, Form::Lock);
        let path = temporary.value();
        let (outer, inner) = (temporary.outer(), temporary.inner());
        // Sent together: most servers do one after the other, and then this is one round trip.
        let mut made = join!(
            session.make_directory(&outer),
            session.make_directory(&inner),
            session.create(&path)
        )
        .2;
        for _ in 0..ATTEMPTS {
            let Err(Refusal::Missing) = made else { break };
            directory::make(session, place, &inner).await?;
            made = session.create(&path).await;
        }
        match made {
            Ok(file) => Ok((temporary, file)),
            Err(refusal) => {
                let fault = fault(session, &place.key, "write", &path, refusal).await;
                temporary.remove(session).await;
                Err(fault)
            }
        }
    }

    /// Makes a directory that can become a lock, without a value in it.
    pub async fn create_token(session: &Session, place: &Place) -> Result<Self, Fault> {
        let temporary = Self::new(place, Form::Token);
        let (outer, inner) = (temporary.outer(), temporary.inner());
        let made = join!(session.make_directory(&outer), session.make_directory(&inner)).1;
        if made.is_err() {
            directory::make(session, place, &inner).await?;
        }
        Ok(temporary)
    }

    fn new(place: &Place, form: Form) -> Self {
        Self { token: token(), home: place.temporaries.clone(), form }
    }

    /// Where the value lies, before any lock is taken.
    pub fn value(&self) -> PathBuf {
        match self.form {
            Form::File => self.outer(),
            Form::Lock | Form::Token => self.inner().join(VALUE),
        }
    }

    /// What becomes the lock; also where the token lies once someone has broken the lock.
    pub fn outer(&self) -> PathBuf {
        self.home.join(&self.token)
    }

    fn inner(&self) -> PathBuf {
        self.outer().join(&self.token)
    }

    /// Whether there is a file in place of a directory, which no lock can be made of.
    pub fn is_file(&self) -> bool {
        self.form == Form::File
    }

    /// Whether it has left the directory of temporary files as what it is for, once it is in no lock.
    ///
    /// `None`: nothing is left to tell.
    pub async fn is_used(&self, session: &Session) -> Result<Option<bool>, Refusal> {
        let is_there = async |path: &Path| Ok(session.look_at_name(path).await?.is_some());
        let outer = self.outer();
        if self.form == Form::File {
            return is_there(&outer).await.map(|is_there| Some(!is_there));
        }
        if !is_there(&outer).await? {
            return Ok(None);
        }
        if self.form == Form::Token {
            return is_there(&outer.join(GONE)).await.map(Some);
        }
        // The second is where it lies when its lock was broken.
        let is_left = is_there(&self.value()).await? || is_there(&outer.join(VALUE)).await?;
        Ok(Some(!is_left))
    }

    /// Where the value lies while `lock` is held.
    pub fn value_in(&self, lock: &Path) -> PathBuf {
        lock.join(&self.token).join(VALUE)
    }

    /// Where a deleted value goes while `lock` is held.
    pub fn gone_in(&self, lock: &Path) -> PathBuf {
        lock.join(&self.token).join(GONE)
    }

    /// Gives the value a new token, from wherever it lies. `None`: it is nowhere any more.
    ///
    /// An order that was given under the old token and is still on its way can then do nothing.
    pub async fn renew(&self, session: &Session, place: &Place) -> Result<Option<Self>, Fault> {
        let renewed = Self::new(place, Form::Lock);
        directory::make(session, place, &renewed.inner()).await?;
        let broken = self.outer().join(VALUE);
        for from in [self.value(), broken] {
            match session.rename(&from, &renewed.value()).await {
                Ok(()) => {
                    self.remove(session).await;
                    return Ok(Some(renewed));
                }
                Err(Refusal::Missing) => {}
                Err(refusal) => {
                    return Err(fault(session, &place.key, "move", &from, refusal).await);
                }
            }
        }
        renewed.remove(session).await;
        Ok(None)
    }

    /// Removes it, wherever it may lie outside of a lock. What cannot be removed is swept one day.
    pub async fn remove(&self, session: &Session) {
        let outer = self.outer();
        if self.form == Form::File {
            let _ = session.remove_file(&outer).await;
            return;
        }
        let (inner, value) = (self.inner(), self.value());
        let removed = join!(
            session.remove_file(&value),
            session.remove_directory(&inner),
            session.remove_directory(&outer)
        )
        .2;
        if removed.is_err() {
            empty(session, &outer).await;
        }
    }
}

/// Removes a token's directory that came out of a broken lock, or was left behind.
async fn empty(session: &Session, outer: &Path) {
    let Ok(found) = entries(session, outer).await else { return };
    for entry in found {
        let path = outer.join(&entry.name);
        if entry.is_directory() {
            for name in [VALUE, GONE] {
                let _ = session.remove_file(&path.join(name)).await;
            }
            let _ = session.remove_directory(&path).await;
        } else {
            let _ = session.remove_file(&path).await;
        }
    }
    let _ = session.remove_directory(outer).await;
}

/// Writes `bytes` from `offset` on, many chunks at once.
pub(super) async fn fill(
    session: &Session,
    file: &File,
    offset: u64,
    bytes: &[u8],
) -> Result<(), Refusal> {
    stream::iter((0..bytes.len()).step_by(CHUNK_BYTES))
        .map(|at| {
            let chunk = &bytes[at..bytes.len().min(at + CHUNK_BYTES)];
            write_chunk(session, file.clone(), offset + at as u64, chunk)
        })
        .buffer_unordered(CHUNKS_IN_FLIGHT)
        .try_for_each(|()| async { Ok(()) })
        .await
}

async fn write_chunk(
    session: &Session,
    mut file: File,
    at: u64,
    chunk: &[u8],
) -> Result<(), Refusal> {
    let mut written = 0;
    while written < chunk.len() {
        seek(&mut file, at + written as u64);
        written += session.ask(file.write(&chunk[written..])).await?;
    }
    Ok(())
}

/// Moves where `file` is read or written next. That is known here alone.
pub(super) fn seek(file: &mut File, offset: u64) {
    // Fails only for positions that are counted from the end.
    let _ = Pin::new(file).start_seek(SeekFrom::Start(offset));
}

/// Makes what was written survive a power cut, and a pack read-only. Returns when it was written, by
/// the server's clock.
pub(super) async fn seal(session: &Session, place: &Place, file: &File) -> Result<u32, Refusal> {
    let (mut synced, mut looked) = (file.clone(), file.clone());
    let sync = async {
        match place.kind {
            Kind::Derived => Ok(()),
            _ if session.can_sync() => session.ask(synced.sync_all()).await,
            _ => Ok(()),
        }
    };
    let (done, found) = join!(sync, session.ask(looked.metadata()));
    done?;
    let found = found?;
    if place.kind == Kind::Object
        && let Some(mut mode) = found.permissions()
    {
        // As git does: nobody is to change a pack by mistake. A server may not know modes.
        mode.set_readonly(true);
        let read_only = MetaDataBuilder::new().permissions(mode).create();
        if let Err(refusal @ Refusal::Lost(_)) = session.ask(looked.set_metadata(read_only)).await {
            return Err(refusal);
        }
    }
    Ok(found.modified().map_or(0, |at| at.into_raw()))
}

/// Removes what killed clients have left beside `place`, if it is `old_s` seconds old.
pub(super) async fn sweep_older(session: &Session, place: &Place, old_s: u64) -> Result<(), Fault> {
    let home = &place.temporaries;
    let failed = async |action, refusal| fault(session, &place.key, action, home, refusal).await;
    match entries(session, home).await {
        Ok(found) if found.is_empty() => return Ok(()),
        Ok(_) => {}
        Err(refusal) => return Err(failed("read the directory", refusal).await),
    }
    // There is no other way to learn what time it is there.
    let clock = Temporary::create_token(session, place).await?;
    let found = session.look(&clock.outer()).await;
    clock.remove(session).await;
    let now = match found {
        Ok(found) => found.and_then(|found| found.modified()),
        Err(refusal) => return Err(failed("look into", refusal).await),
    };
    if let Some(now) = now {
        sweep(session, home, now.into_raw(), old_s).await;
    }
    Ok(())
}

/// Removes what killed clients have left in the directory of temporary files `home`, if it is `old_s`
/// seconds old.
///
/// `now_s`: the time by the server's clock. What cannot be removed stays: it harms nobody.
pub(super) async fn sweep(session: &Session, home: &Path, now_s: u32, old_s: u64) {
    let Ok(found) = entries(session, home).await else { return };
    for entry in found {
        if u64::from(now_s.saturating_sub(entry.modified_s)) < old_s {
            continue;
        }
        let path = home.join(&entry.name);
        if entry.is_directory() {
            empty(session, &path).await;
        } else {
            let _ = session.remove_file(&path).await;
        }
    }
}

/// A name for one use, that says whose it is.
fn token() -> String {
    static HOST: LazyLock<String> = LazyLock::new(|| {
        let name = fs::read_to_string("/proc/sys/kernel/hostname").ok();
        let name = name.or_else(|| env::var("HOSTNAME").ok()).unwrap_or_default();
        name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect()
    });
    format!("{}-{}-{}", *HOST, process::id(), uuid::Uuid::new_v4().simple())
}
