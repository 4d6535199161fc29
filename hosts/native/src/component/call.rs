//! One call of an export: an instance of its own, within its bounds.

use super::{
    CoreError, Exchange, Guest, SendStore,
    bindings::{Trunks, exports::trunks::core::repository as wit},
    bounds::MemoryBound,
    ticker::TICK,
};
use crate::runtime::hint;
use rustix::io::Errno;
use std::sync::Arc;
use wasmtime::{Store, Trap, UpdateDeadline, WasmBacktrace, component::Accessor};

/// What one call holds outside the sandbox.
pub(super) struct State {
    pub store: Arc<dyn SendStore>,
    pub exchange: Exchange,
    memory: MemoryBound,
    /// Ticks for which the guest computed since it last called the host.
    ticks: u128,
}

impl State {
    /// Notes that the guest called the host.
    pub fn called(&mut self) -> &mut Self {
        self.ticks = 0;
        self
    }
}

/// The guest computed for longer than it may.
#[derive(Debug, thiserror::Error)]
#[error("it computed for too long")]
struct ComputeBound;

impl Guest {
    /// Makes an instance, runs `export` in it and throws it away.
    pub(super) async fn call<R>(
        &self,
        exchange: Exchange,
        export: impl AsyncFnOnce(&Accessor<State>, &Trunks) -> wasmtime::Result<Result<R, wit::Error>>,
    ) -> Result<R, CoreError> {
        let _running = self.core.ticker.run(&self.core.engine).map_err(|error| {
            CoreError::refused(format!("no thread for the core: {error}{}", hint(&error)))
        })?;
        let mut store = self.instance_store(exchange);
        let outcome = match self.core.component.instantiate_async(&mut store).await {
            Ok(world) => store
                .run_concurrent(async |guest| export(guest, &world).await)
                .await
                .and_then(|outcome| outcome),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(answer) => answer.map_err(CoreError::from),
            Err(error) => Err(self.broken_off(&error, store.data())),
        }
    }

    fn instance_store(&self, exchange: Exchange) -> Store<State> {
        let memory = MemoryBound { limit_bytes: self.bounds.memory_bytes, was_reached: false };
        let state = State { store: self.store.clone(), exchange, memory, ticks: 0 };
        let mut store = Store::new(&self.core.engine, state);
        store.limiter(|state| &mut state.memory);
        let ticks_max = self.bounds.compute.as_nanos() / TICK.as_nanos();
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |mut guest| {
            let state = guest.data_mut();
            state.ticks += 1;
            if state.ticks > ticks_max {
                return Err(ComputeBound.into());
            }
            Ok(UpdateDeadline::Yield(1))
        });
        store
    }

    /// What to say when the guest did not come to an end of its own.
    fn broken_off(&self, error: &wasmtime::Error, state: &State) -> CoreError {
        if error.is::<ComputeBound>() {
            return CoreError::too_large(format!(
                "the core computed for more than {} s without reading or writing, and was stopped",
                self.bounds.compute.as_secs_f32()
            ));
        }
        if state.memory.was_reached {
            return CoreError::too_large(format!(
                "the core needs more than the {} MiB of memory that it is allowed",
                self.bounds.memory_bytes >> 20
            ));
        }
        if is_out_of_memory(error) {
            return CoreError::refused(format!(
                "there is no room for the core, which reserves 4 GiB of addresses, though not of \
                 memory: allow more (ulimit -v): {}",
                error.root_cause()
            ));
        }
        trapped(error)
    }
}

/// Whether the system had no memory, or no addresses, for an instance.
fn is_out_of_memory(error: &wasmtime::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref() == Some(&Errno::NOMEM))
}

/// What to say of a trap that no bound explains.
pub(super) fn trapped(error: &wasmtime::Error) -> CoreError {
    let what = match error.downcast_ref::<Trap>() {
        Some(Trap::UnreachableCodeReached) => "it panicked".to_owned(),
        Some(trap) => trap.to_string(),
        None => format!("{error:#}"),
    };
    match error.downcast_ref::<WasmBacktrace>().and_then(culprit) {
        Some(function) => CoreError::internal(format_args!("{what} in {function}")),
        None => CoreError::internal(what),
    }
}

/// The innermost function of ours on the stack, as far as inlining left it there.
fn culprit(backtrace: &WasmBacktrace) -> Option<String> {
    let names = backtrace.frames().iter().filter_map(|frame| frame.func_name());
    let mut names = names.map(|name| format!("{:#}", rustc_demangle::demangle(name)));
    names.find(|name| name.contains("trunks_"))
}
