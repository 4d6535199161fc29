//! A few connections, opened when there is work for them.

use super::{
    config::PostgresConfig,
    connect,
    failure::Failure,
    link::{Lease, Link},
    tls,
};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio_postgres_rustls::MakeRustlsConnect;
use trunks_core::store::StoreError;

/// From so many calls on one connection on another one is worth its opening.
const BUSY: usize = 4;

/// Open connections to one database.
pub(super) struct Pool {
    config: PostgresConfig,
    tls: MakeRustlsConnect,
    /// How long the server may be silent while something is under way.
    patience: Duration,
    links: Mutex<Vec<Arc<Link>>>,
    /// Held by who connects, while the others wait.
    turn: tokio::sync::Mutex<Option<Failure>>,
    failures: AtomicU64,
    /// How many further connections are being opened.
    opening: AtomicUsize,
    was_connected: AtomicBool,
}

impl Pool {
    /// # Errors
    /// `Failed`: a certificate cannot be read.
    pub fn new(config: PostgresConfig) -> Result<Self, StoreError> {
        let tls = tls::connector(&config).map_err(|why| Failure::Failed(why).into_error(""))?;
        Ok(Self {
            patience: config.deadline() / 3,
            config,
            tls,
            links: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            failures: AtomicU64::new(0),
            opening: AtomicUsize::new(0),
            was_connected: AtomicBool::new(false),
        })
    }

    /// Whether a connection has ever been made: then a server that is gone may come back.
    pub fn was_connected(&self) -> bool {
        self.was_connected.load(Ordering::Relaxed)
    }

    /// What it means that there was no connection for so long.
    pub fn silent(&self, patience: Duration) -> Failure {
        connect::all_silent(&self.config, patience)
    }

    /// A connection: the one with the least to do, or the first one, which is waited for.
    pub async fn lease(self: &Arc<Self>) -> Result<Lease, Failure> {
        if let Some(lease) = self.open_one() {
            return Ok(lease);
        }
        let before = self.failures.load(Ordering::Acquire);
        let mut turn = self.turn.lock().await;
        if let Some(lease) = self.open_one() {
            return Ok(lease);
        }
        // Who waited while another one tried shares what it met.
        if self.failures.load(Ordering::Acquire) > before
            && let Some(failure) = &*turn
        {
            return Err(failure.clone());
        }
        match self.connect().await {
            Ok(link) => {
                *turn = None;
                Ok(Lease::new(&link))
            }
            Err(failure) => {
                *turn = Some(failure.clone());
                self.failures.fetch_add(1, Ordering::Release);
                Err(failure)
            }
        }
    }

    fn open_one(self: &Arc<Self>) -> Option<Lease> {
        let mut links = self.links();
        links.retain(|link| link.is_open());
        let link = links.iter().min_by_key(|link| link.load())?;
        let lease = Lease::new(link);
        let all = links.len() + self.opening.load(Ordering::Relaxed);
        if link.load() > BUSY && all < self.config.connections() {
            self.open_another();
        }
        Some(lease)
    }

    /// Opens one more beside what goes on. If that fails, those that there are must do.
    fn open_another(self: &Arc<Self>) {
        let opening = Opening::new(self);
        tokio::spawn(async move {
            if let Some(pool) = opening.0.upgrade() {
                let _ = pool.connect().await;
            }
        });
    }

    async fn connect(&self) -> Result<Arc<Link>, Failure> {
        let connected = connect::connect(&self.config, &self.tls, self.patience).await?;
        let link = Arc::new(Link::start(connected, self.patience));
        self.was_connected.store(true, Ordering::Relaxed);
        self.links().push(link.clone());
        Ok(link)
    }

    fn links(&self) -> MutexGuard<'_, Vec<Arc<Link>>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a connection that is being opened, whether or not it comes to be.
struct Opening(Weak<Pool>);

impl Opening {
    fn new(pool: &Arc<Pool>) -> Self {
        pool.opening.fetch_add(1, Ordering::Relaxed);
        Self(Arc::downgrade(pool))
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if let Some(pool) = self.0.upgrade() {
            pool.opening.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
