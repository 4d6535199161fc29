//! The runtime that drives stores and the core, and what the system allows this process.

use std::{
    io,
    sync::{Arc, Barrier, Mutex, PoisonError},
    thread,
    time::Duration,
};
use tokio::runtime::{Builder, Runtime};

/// So many threads of the runtime may wait for each other: for git's bytes, and for git to take ours.
const THREADS: usize = 2;

/// So many files are open at once in a push to a directory, and a few more: below that something or
/// other fails halfway.
const OPEN_FILES_MIN: usize = 24;

/// Demands that as many files may be open at once as it takes to do anything.
///
/// # Errors
/// The system allows fewer.
pub fn demand_files() -> io::Result<()> {
    let allowed = open_files_max();
    if allowed >= OPEN_FILES_MIN {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "this process may have {allowed} files open at once, and needs {OPEN_FILES_MIN}: allow more \
         (ulimit -n {OPEN_FILES_MIN})"
    )))
}

/// Starts the runtime of this process, on this thread.
///
/// # Errors
/// The system allows too few threads or files.
pub fn start() -> io::Result<Runtime> {
    // One that is there stays, because the runtime panics where it cannot start its first.
    const FOREVER: Duration = Duration::from_secs(u32::MAX as u64);
    // One more ticks while the core computes.
    demand_threads(THREADS + 1)?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .thread_keep_alive(FOREVER)
        .build()
        .map_err(|error| explained("the program cannot start", &error))?;
    let all_there = Arc::new(Barrier::new(THREADS));
    for _ in 0..THREADS {
        let all_there = all_there.clone();
        runtime.spawn_blocking(move || all_there.wait());
    }
    Ok(runtime)
}

/// What to do about an error of the system that a limit on this process explains, to read on after it.
pub fn hint(error: &io::Error) -> &'static str {
    use io::ErrorKind::{OutOfMemory, WouldBlock};
    match (error.kind(), error.raw_os_error()) {
        (_, Some(TOO_MANY_FILES | TOO_MANY_FILES_IN_ALL)) => ": allow more open files (ulimit -n)",
        (WouldBlock, _) => ": allow more processes (ulimit -u) or more memory (ulimit -v)",
        (OutOfMemory, _) => ": allow more memory (ulimit -v)",
        _ => "",
    }
}

/// `EMFILE` and `ENFILE`, the same on all systems of the Unix kind.
const TOO_MANY_FILES: i32 = 24;
const TOO_MANY_FILES_IN_ALL: i32 = 23;

/// How many files this process may have open at once.
pub fn open_files_max() -> usize {
    #[cfg(unix)]
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    let limit = Some(512);
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
}

/// Sees that so many threads can be there at once, by starting them.
fn demand_threads(count: usize) -> io::Result<()> {
    let gate = Mutex::new(());
    thread::scope(|scope| {
        let shut = gate.lock();
        let wait = || drop(gate.lock().unwrap_or_else(PoisonError::into_inner));
        let started =
            (0..count).try_for_each(|_| thread::Builder::new().spawn_scoped(scope, wait).map(drop));
        drop(shut);
        started.map_err(|error| explained("a thread cannot be started", &error))
    })
}

fn explained(what: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{what}: {error}{}", hint(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_has_its_threads_before_it_is_used() {
        let runtime = start().expect("started");
        assert_eq!(runtime.block_on(runtime.spawn_blocking(|| 7)).expect("run"), 7);
        assert!(open_files_max() > 2);
    }

    #[test]
    fn limits_are_named() {
        let of = |code| hint(&io::Error::from_raw_os_error(code));
        assert!(of(TOO_MANY_FILES).contains("ulimit -n"));
        assert_eq!(of(2), "");
        assert!(hint(&io::ErrorKind::OutOfMemory.into()).contains("ulimit -v"));
    }
}
