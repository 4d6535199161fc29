//! Requests in flight, so that several calls that want the same bytes make one request.

use crate::sorted::BTreeMap;
use alloc::vec::Vec;
use core::{
    future::{Future, poll_fn},
    task::{Poll, Waker},
};
use spin::Mutex;

/// The requests in flight, each known by what it brings.
///
/// A call that finds its key in flight waits for the one that flies it. So whoever runs several
/// calls must poll them together, as `join_all` does; a call that was begun and is left unpolled
/// keeps others waiting.
#[derive(Debug)]
pub(super) struct Flights<K> {
    state: Mutex<State<K>>,
    most: usize,
}

#[derive(Debug)]
struct State<K> {
    /// Who waits for each key in flight.
    flying: BTreeMap<K, Vec<Waker>>,
    /// Who waits because too many are in flight.
    queue: Vec<Waker>,
}

/// What came of asking for a key.
pub(super) enum Boarding<'f, K: Ord + Copy> {
    /// Nobody is bringing it: bring it and drop this when it is there.
    Lead(Flight<'f, K>),
    /// Somebody brought it, or failed to: look again.
    Landed,
}

impl<K: Ord + Copy> Flights<K> {
    /// `most`: how many may be in flight at once.
    pub(super) fn new(most: usize) -> Self {
        Self { state: Mutex::new(State { flying: BTreeMap::new(), queue: Vec::new() }), most }
    }

    /// Waits until `key` has landed or is the caller's to bring.
    pub(super) fn board(&self, key: K) -> impl Future<Output = Boarding<'_, K>> {
        let mut has_waited = false;
        poll_fn(move |context| {
            let mut state = self.state.lock();
            if let Some(waiting) = state.flying.get_mut(&key) {
                has_waited = true;
                add(waiting, context.waker());
                return Poll::Pending;
            }
            if has_waited {
                return Poll::Ready(Boarding::Landed);
            }
            if state.flying.len() >= self.most {
                add(&mut state.queue, context.waker());
                return Poll::Pending;
            }
            state.flying.insert(key, Vec::new());
            Poll::Ready(Boarding::Lead(Flight { flights: self, key }))
        })
    }

    /// Takes `key` along on a flight of another one, unless it is in flight already.
    pub(super) fn join(&self, key: K) -> Option<Flight<'_, K>> {
        let mut state = self.state.lock();
        if state.flying.contains_key(&key) {
            return None;
        }
        state.flying.insert(key, Vec::new());
        Some(Flight { flights: self, key })
    }
}

fn add(waiting: &mut Vec<Waker>, waker: &Waker) {
    if !waiting.iter().any(|other| other.will_wake(waker)) {
        waiting.push(waker.clone());
    }
}

/// A request in flight; it lands when this is dropped, whether it brought something or not.
pub(super) struct Flight<'f, K: Ord + Copy> {
    flights: &'f Flights<K>,
    key: K,
}

impl<K: Ord + Copy> Drop for Flight<'_, K> {
    fn drop(&mut self) {
        let mut state = self.flights.state.lock();
        let waiting = state.flying.remove(&self.key).unwrap_or_default();
        let queue = core::mem::take(&mut state.queue);
        drop(state);
        waiting.into_iter().chain(queue).for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::block_on;
    use futures_util::{FutureExt, future::join_all, pending};
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Gives every other future its turn.
    async fn pause() {
        let mut is_first = true;
        poll_fn(move |context| {
            context.waker().wake_by_ref();
            if core::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }

    #[test]
    fn one_brings_what_many_want() {
        let flights = Flights::new(10);
        let led = AtomicUsize::new(0);
        let calls = (0..20).map(|call| {
            let (flights, led) = (&flights, &led);
            async move {
                if let Boarding::Lead(_flight) = flights.board(call % 2).await {
                    led.fetch_add(1, Ordering::Relaxed);
                    pause().await;
                }
            }
        });
        block_on(join_all(calls));
        assert_eq!(led.into_inner(), 2);
    }

    #[test]
    fn no_more_than_allowed_are_in_flight() {
        let flights = Flights::new(3);
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let calls = (0..50).map(|call| {
            let (flights, now, most) = (&flights, &now, &most);
            async move {
                let Boarding::Lead(_flight) = flights.board(call).await else { panic!() };
                most.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                pause().await;
                now.fetch_sub(1, Ordering::Relaxed);
            }
        });
        block_on(join_all(calls));
        assert_eq!(most.into_inner(), 3);
    }

    #[test]
    fn a_call_that_is_given_up_does_not_keep_others_waiting() {
        let flights = Flights::new(1);
        let mut given_up = alloc::boxed::Box::pin(async {
            let _flight = flights.board(1).await;
            pending!();
        });
        assert!(given_up.as_mut().now_or_never().is_none());
        let mut waiting = alloc::boxed::Box::pin(flights.board(1));
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(given_up);
        assert!(matches!(block_on(waiting), Boarding::Landed));
        assert!(matches!(block_on(flights.board(1)), Boarding::Lead(_)));
    }
}
