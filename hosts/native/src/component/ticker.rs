//! The clock by which computing is bounded: it runs only while a call does.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};
use wasmtime::Engine;

/// How long an epoch lasts: how often a computing guest lets others have the thread.
pub const TICK: Duration = Duration::from_millis(10);

/// Advances the engine's epoch while at least one call runs.
#[derive(Clone, Debug, Default)]
pub struct Ticker {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    calls: usize,
    is_ticking: bool,
}

/// A call that runs: dropping it ends the need for ticks.
#[derive(Debug)]
pub struct Running {
    ticker: Ticker,
}

impl Ticker {
    /// Makes sure that the clock runs until the result is dropped.
    ///
    /// # Errors
    /// No thread could be started.
    pub fn run(&self, engine: &Engine) -> std::io::Result<Running> {
        let mut state = self.lock();
        if !state.is_ticking {
            let (ticker, engine) = (self.clone(), engine.clone());
            thread::Builder::new()
                .name("trunks-ticker".to_owned())
                .spawn(move || ticker.tick(&engine))?;
            state.is_ticking = true;
        }
        state.calls += 1;
        Ok(Running { ticker: self.clone() })
    }

    fn tick(&self, engine: &Engine) {
        loop {
            thread::sleep(TICK);
            engine.increment_epoch();
            let mut state = self.lock();
            if state.calls == 0 {
                state.is_ticking = false;
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.ticker.lock().calls -= 1;
    }
}
