//! Trying again, and when to stop.

use super::{failure::Failure, link::Lease, pool::Pool};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, timeout_at};

const FIRST_PAUSE: Duration = Duration::from_millis(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The attempts of one call.
pub(super) struct Attempts<'a> {
    pool: &'a Arc<Pool>,
    deadline: Duration,
    until: Instant,
    pause: Duration,
    last: Option<Failure>,
    /// Whether an attempt went unanswered, so that it may have taken effect.
    pub is_doubtful: bool,
}

impl<'a> Attempts<'a> {
    pub fn new(pool: &'a Arc<Pool>, deadline: Duration) -> Self {
        let until = Instant::now() + deadline;
        Self { pool, deadline, until, pause: FIRST_PAUSE, last: None, is_doubtful: false }
    }

    /// A connection for the next attempt.
    pub async fn lease(&mut self) -> Result<Lease, Failure> {
        loop {
            match timeout_at(self.until, self.pool.lease()).await {
                Ok(Ok(lease)) => return Ok(lease),
                Ok(Err(failure @ Failure::Unreachable(_))) if !self.pool.was_connected() => {
                    return Err(failure);
                }
                Ok(Err(failure)) => self.wait(failure).await?,
                Err(_) => {
                    let silence = || self.pool.silent(self.deadline);
                    return Err(self.last.take().unwrap_or_else(silence));
                }
            }
        }
    }

    /// Waits before another attempt, if `failure` may pass.
    ///
    /// # Errors
    /// `failure` itself, if it will not pass, or the deadline is near.
    pub async fn after(&mut self, failure: Failure) -> Result<(), Failure> {
        self.is_doubtful |= matches!(failure, Failure::Lost(_));
        self.wait(failure).await
    }

    async fn wait(&mut self, failure: Failure) -> Result<(), Failure> {
        let may_pass =
            matches!(failure, Failure::Busy(_) | Failure::Lost(_) | Failure::Unreachable(_));
        let pause = self.pause.mul_f32(0.5 + 0.5 * chance());
        if !may_pass || Instant::now() + pause >= self.until {
            return Err(failure);
        }
        self.last = Some(failure);
        sleep(pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }
}

/// From 0 to 1. Clients that failed together should not come back together.
fn chance() -> f32 {
    let mut byte = [0];
    // Without randomness the pause is the longest.
    getrandom::fill(&mut byte).map_or(1.0, |()| f32::from(byte[0]) / 255.0)
}
