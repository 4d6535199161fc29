//! Work that waits for the device, off the thread that drives everything else.
//!
//! The threads are the store's own: as many as there may be open files for, and where the system allows
//! none at all, the work is done where it is asked for.

use crate::runtime::open_files_max;
use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};
use tokio::sync::oneshot;
use trunks_core::store::StoreError;

/// More at once are not faster, even where each waits for its fsync.
const MOST_THREADS: usize = 64;
/// Files that a process has open besides: streams, pipes to git, sockets, what it reads.
const OTHER_FILES: usize = 32;
/// Files that one piece of work may have open at once: a value, its temporary file, a lock, directories.
const FILES_A_WORK: usize = 8;

/// Runs `work` on a thread for blocking work, or right here where there is none to be had.
///
/// The work goes on to its end even if the future is dropped: nothing is left half done.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    if tokio::runtime::Handle::try_current().is_err() {
        return work();
    }
    let (tell, told) = oneshot::channel();
    POOL.run(Box::new(move || {
        // Where nobody waits for it any more, nobody has to be told.
        let _ = tell.send(catch_unwind(AssertUnwindSafe(work)));
    }));
    match told.await {
        Ok(Ok(done)) => done,
        Ok(Err(panic)) => resume_unwind(panic),
        Err(_) => Err(StoreError::Unavailable {
            key: String::new(),
            reason: "the program is shutting down".to_owned(),
        }),
    }
}

/// How many packs may be held open, beside what the threads have open.
pub(super) fn held_files_max() -> usize {
    const MOST: usize = 128;
    (open_files_max().saturating_sub(OTHER_FILES) / 4).clamp(4, MOST)
}

type Work = Box<dyn FnOnce() + Send>;

static POOL: Pool = Pool { queue: Mutex::new(Queue::new()), comes: Condvar::new() };

/// The threads of all stores of this kind, and what waits for one.
struct Pool {
    queue: Mutex<Queue>,
    comes: Condvar,
}

struct Queue {
    waiting: VecDeque<Work>,
    threads: usize,
    idle: usize,
}

impl Queue {
    const fn new() -> Self {
        Self { waiting: VecDeque::new(), threads: 0, idle: 0 }
    }
}

impl Pool {
    fn run(&'static self, work: Work) {
        let mut queue = self.lock();
        queue.waiting.push_back(work);
        if queue.idle >= queue.waiting.len() {
            self.comes.notify_one();
            return;
        }
        if queue.threads < threads_max() {
            let named = thread::Builder::new().name("trunks-disk".to_owned());
            if named.spawn(|| self.work()).is_ok() {
                queue.threads += 1;
                return;
            }
        }
        // A thread that is busy takes it later; where there is none, nobody would.
        if queue.threads == 0 {
            let work = queue.waiting.pop_back();
            drop(queue);
            work.into_iter().for_each(|work| work());
        }
    }

    fn work(&self) {
        let mut queue = self.lock();
        loop {
            match queue.waiting.pop_front() {
                Some(work) => {
                    drop(queue);
                    work();
                    queue = self.lock();
                }
                None => {
                    queue.idle += 1;
                    queue = self.comes.wait(queue).unwrap_or_else(PoisonError::into_inner);
                    queue.idle -= 1;
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn threads_max() -> usize {
    (open_files_max().saturating_sub(OTHER_FILES) / FILES_A_WORK).clamp(1, MOST_THREADS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;

    #[tokio::test]
    async fn all_work_is_done_and_its_answers_are_its_own() {
        let works = (0..1000).map(|number| blocking(move || Ok(number)));
        let answers: Result<Vec<i32>, _> = join_all(works).await.into_iter().collect();
        assert_eq!(answers.expect("no error"), (0..1000).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_panic_reaches_who_asked_and_no_thread_is_lost() {
        for _ in 0..2 * MOST_THREADS {
            let work = tokio::spawn(blocking(|| -> Result<(), _> { panic!("as it is meant to") }));
            assert!(work.await.expect_err("it panicked").is_panic());
        }
        assert_eq!(blocking(|| Ok(7)).await, Ok(7));
    }
}
