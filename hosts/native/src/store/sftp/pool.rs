//! The connection that is kept, and when to try again on a new one.

use super::{
    config::SftpConfig,
    connect::{NoConnection, connect},
    failure::Fault,
    place::Place,
    session::{Loss, Session},
    temporary::{self, LEFT_S},
};
use std::{
    collections::HashSet,
    hash::{BuildHasher, Hasher, RandomState},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use trunks_core::store::StoreError;

/// So often a call is tried again after its connection broke.
const TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// One connection for all calls, which bears many requests at once. Made on first use.
#[derive(Debug)]
pub(super) struct Pool {
    config: SftpConfig,
    kept: tokio::sync::Mutex<Kept>,
    /// Directories of temporary files that this process has swept.
    swept: Mutex<HashSet<PathBuf>>,
}

#[derive(Debug, Default)]
struct Kept {
    session: Option<Arc<Session>>,
    /// When and why there was none, the last time.
    failed: Option<(Instant, StoreError)>,
}

impl Pool {
    pub fn new(config: SftpConfig) -> Self {
        Self { config, kept: tokio::sync::Mutex::default(), swept: Mutex::default() }
    }

    /// The connection, made if there is none. `place`: what for.
    pub async fn session(&self, place: &Place) -> Result<Arc<Session>, StoreError> {
        self.any_session().await.map_err(|error| name(error, &place.key))
    }

    /// The connection, made if there is none.
    pub async fn any_session(&self) -> Result<Arc<Session>, StoreError> {
        let asked = Instant::now();
        let mut kept = self.kept.lock().await;
        if let Some(session) = &kept.session {
            return Ok(session.clone());
        }
        // Who has waited while somebody else tried has the answer, too.
        if let Some((failed, error)) = &kept.failed
            && *failed >= asked
        {
            return Err(error.clone());
        }
        match self.connect().await {
            Ok(session) => Ok(kept.session.insert(Arc::new(session)).clone()),
            Err(error) => {
                kept.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// Connects, more than once if something in between is broken for a moment.
    async fn connect(&self) -> Result<Session, StoreError> {
        let started = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            match connect(&self.config).await {
                Ok(session) => return Ok(session),
                Err(NoConnection::Final(error)) => return Err(error),
                Err(NoConnection::Dropped(reason)) => {
                    if started.elapsed() + pause >= self.config.connect_timeout {
                        return Err(StoreError::Unavailable { key: self.config.target(), reason });
                    }
                }
            }
            wait(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Waits before a call is tried again after `fault`, which `session` had.
    ///
    /// # Errors
    /// What the caller is told, if that is of no use.
    pub async fn again(
        &self,
        tries: &mut Tries<'_>,
        session: &Arc<Session>,
        fault: Fault,
    ) -> Result<(), StoreError> {
        let unavailable = |reason| StoreError::Unavailable { key: tries.key.to_owned(), reason };
        let loss = match fault {
            Fault::Store(error) => return Err(error),
            Fault::Fenced if tries.left > 0 => {
                tries.left -= 1;
                return Ok(());
            }
            Fault::Fenced => {
                let reason = "others took this writer for dead again and again".to_owned();
                return Err(unavailable(reason));
            }
            Fault::Lost(loss) => loss,
        };
        self.forget(session).await;
        if tries.left == 0 || matches!(loss, Loss::Silent(_)) {
            let reason = format!("{}: {}", self.config.target(), loss.reason());
            return Err(unavailable(reason));
        }
        tries.left -= 1;
        wait(tries.pause).await;
        tries.pause = (tries.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }

    async fn forget(&self, session: &Arc<Session>) {
        let mut kept = self.kept.lock().await;
        if kept.session.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, session)) {
            kept.session = None;
        }
    }

    /// Sweeps the place's temporary files on the first write there. `now_s`: by the server's clock.
    pub async fn sweep_once(&self, session: &Session, place: &Place, now_s: u32) {
        let is_first = {
            let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
            swept.insert(place.temporaries.clone())
        };
        if is_first {
            temporary::sweep(session, &place.temporaries, now_s, LEFT_S).await;
        }
    }
}

/// How often a call may still be tried again.
#[derive(Debug)]
pub(super) struct Tries<'a> {
    key: &'a str,
    left: u32,
    pause: Duration,
}

impl<'a> Tries<'a> {
    /// For a call that is about `key`.
    pub fn new(key: &'a str) -> Self {
        Self { key, left: TRIES, pause: FIRST_PAUSE }
    }
}

/// Says for which key there was no connection, where nothing else is said.
fn name(error: StoreError, key: &str) -> StoreError {
    match error {
        StoreError::Failed { key: named, reason } if named.is_empty() => {
            StoreError::Failed { key: key.to_owned(), reason }
        }
        error => error,
    }
}

/// Waits between half of `pause` and all of it, so that those who wait do not march in step.
async fn wait(pause: Duration) {
    let half = pause / 2;
    let spread = RandomState::new().build_hasher().finish() % 1024;
    sleep(half + half * u32::try_from(spread).unwrap_or(0) / 1024).await;
}
