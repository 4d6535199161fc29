//! Futures that run side by side, in a form that is fast, or in one that is small.
//!
//! What runs futures comes as some KiB of code for every kind of future. With the feature `small`
//! they are boxed and leave what they come to in slots, so that one piece of code runs all of them.

#[cfg(not(feature = "small"))]
use fast as runs;
pub(crate) use runs::{join, join_all, join3, join4};
#[cfg(feature = "small")]
use small as runs;

use alloc::vec::Vec;
use core::future::Future;

/// How many requests are in flight at once.
const IN_FLIGHT: usize = 64;

/// Runs futures side by side, at most [`IN_FLIGHT`] at a time; the results are in their order.
pub(crate) async fn side_by_side<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    runs::within(futures, IN_FLIGHT).await
}

#[cfg(not(feature = "small"))]
mod fast {
    pub(crate) use futures_util::future::{join, join_all, join3, join4};

    use alloc::vec::Vec;
    use core::future::Future;
    use futures_util::{StreamExt, stream};

    pub(super) async fn within<F: Future>(futures: Vec<F>, limit: usize) -> Vec<F::Output> {
        stream::iter(futures).buffered(limit).collect().await
    }
}

#[cfg(any(feature = "small", test))]
mod small {
    use alloc::{boxed::Box, rc::Rc, vec::Vec};
    use core::{
        cell::RefCell,
        future::{Future, poll_fn},
        mem,
        pin::Pin,
        task::{Context, Poll, ready},
    };
    use futures_util::{StreamExt, future::LocalBoxFuture, stream};

    /// Runs two futures.
    pub(crate) fn join<'f, A: Future + 'f, B: Future + 'f>(
        a: A,
        b: B,
    ) -> LocalBoxFuture<'f, (A::Output, B::Output)> {
        Box::pin(Both { a: Slot::Running(Box::pin(a)), b: Slot::Running(Box::pin(b)) })
    }

    /// Runs three futures.
    pub(crate) async fn join3<A: Future, B: Future, C: Future>(
        a: A,
        b: B,
        c: C,
    ) -> (A::Output, B::Output, C::Output) {
        let (a, (b, c)) = join(a, join(b, c)).await;
        (a, b, c)
    }

    /// Runs four futures.
    pub(crate) async fn join4<A: Future, B: Future, C: Future, D: Future>(
        a: A,
        b: B,
        c: C,
        d: D,
    ) -> (A::Output, B::Output, C::Output, D::Output) {
        let ((a, b), (c, d)) = join(join(a, b), join(c, d)).await;
        (a, b, c, d)
    }

    /// Runs all futures; the results are in their order.
    pub(crate) fn join_all<'f, I: IntoIterator<Item: Future + 'f>>(
        futures: I,
    ) -> LocalBoxFuture<'f, Vec<<I::Item as Future>::Output>> {
        within(futures.into_iter().collect(), usize::MAX)
    }

    pub(super) fn within<'f, F: Future + 'f>(
        futures: Vec<F>,
        limit: usize,
    ) -> LocalBoxFuture<'f, Vec<F::Output>> {
        let mut slots: Vec<Slot<'f, F::Output>> = Vec::with_capacity(futures.len());
        for future in futures {
            slots.push(Slot::Running(Box::pin(future)));
        }
        in_order(slots, limit)
    }

    // From here on there is one of each for each kind of outcome.

    /// A future, or what it came to.
    enum Slot<'f, T> {
        Running(LocalBoxFuture<'f, T>),
        Done(T),
        Taken,
    }

    impl<T> Slot<'_, T> {
        /// Polls the future until it has come to its end.
        #[inline(never)]
        fn step(&mut self, context: &mut Context<'_>) -> Poll<()> {
            if let Self::Running(future) = self {
                *self = Self::Done(ready!(future.as_mut().poll(context)));
            }
            Poll::Ready(())
        }

        fn take(&mut self) -> T {
            let outcome = match mem::replace(self, Self::Taken) {
                Self::Done(outcome) => Some(outcome),
                Self::Running(_) | Self::Taken => None,
            };
            outcome.expect("every future is run to its end, once")
        }
    }

    struct Both<'f, A, B> {
        a: Slot<'f, A>,
        b: Slot<'f, B>,
    }

    // Nothing in it is pinned: the futures are in boxes.
    impl<A, B> Unpin for Both<'_, A, B> {}

    impl<A, B> Future for Both<'_, A, B> {
        type Output = (A, B);

        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<(A, B)> {
            let Self { a, b } = &mut *self;
            let (first, second) = (a.step(context), b.step(context));
            if first.is_pending() || second.is_pending() {
                return Poll::Pending;
            }
            Poll::Ready((a.take(), b.take()))
        }
    }

    type Slots<'f, T> = RefCell<Vec<Slot<'f, T>>>;

    #[inline(never)]
    fn in_order<'f, T: 'f>(slots: Vec<Slot<'f, T>>, limit: usize) -> LocalBoxFuture<'f, Vec<T>> {
        let count = slots.len();
        let slots = Rc::new(RefCell::new(slots));
        let running = run(slots.clone(), count, limit);
        Box::pin(InOrder { slots, running })
    }

    struct InOrder<'f, T> {
        slots: Rc<Slots<'f, T>>,
        running: LocalBoxFuture<'f, ()>,
    }

    // As above.
    impl<T> Unpin for InOrder<'_, T> {}

    impl<T> Future for InOrder<'_, T> {
        type Output = Vec<T>;

        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Vec<T>> {
            ready!(self.running.as_mut().poll(context));
            let mut outcomes = Vec::new();
            for slot in self.slots.borrow_mut().iter_mut() {
                outcomes.push(slot.take());
            }
            Poll::Ready(outcomes)
        }
    }

    impl<T> Run for Slots<'_, T> {
        fn step(&self, at: usize, context: &mut Context<'_>) -> Poll<()> {
            // A future that is polled here reaches none of its neighbours.
            self.borrow_mut().get_mut(at).map_or(Poll::Ready(()), |slot| slot.step(context))
        }
    }

    // And of this there is one.

    /// Slots of one kind, whichever it is.
    trait Run {
        /// Polls the future in this slot until it has come to its end.
        fn step(&self, at: usize, context: &mut Context<'_>) -> Poll<()>;
    }

    #[inline(never)]
    fn run<'f>(slots: Rc<dyn Run + 'f>, count: usize, limit: usize) -> LocalBoxFuture<'f, ()> {
        let step = move |at| {
            let slots = slots.clone();
            poll_fn(move |context| slots.step(at, context))
        };
        Box::pin(stream::iter((0..count).map(step)).buffer_unordered(limit).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use core::{cell::Cell, task::Poll};
    use futures_executor::block_on;
    use futures_util::future::poll_fn;

    /// Comes to `outcome` once it was polled so often.
    fn after<T: Copy>(mut polls: u32, outcome: T) -> impl Future<Output = T> {
        poll_fn(move |context| {
            if polls == 0 {
                return Poll::Ready(outcome);
            }
            polls -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        })
    }

    #[test]
    fn outcomes_are_in_the_order_of_the_futures() {
        let two = block_on(small::join(after(3, 'a'), after(1, 2)));
        assert_eq!(two, ('a', 2));
        let three = block_on(small::join3(after(0, 1), after(2, "b"), after(1, 'c')));
        assert_eq!(three, (1, "b", 'c'));
        let four = block_on(small::join4(after(3, 1), after(2, 2), after(1, 3), after(0, 4)));
        assert_eq!(four, (1, 2, 3, 4));
        let many = block_on(small::join_all((0..100).map(|n| after(100 - n, n))));
        assert_eq!(many, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn no_more_are_in_flight_than_allowed() {
        let (flying, most) = (Cell::new(0), Cell::new(0));
        let futures: Vec<_> = (0..20u32)
            .map(|n| {
                let (flying, most) = (&flying, &most);
                async move {
                    flying.set(flying.get() + 1);
                    most.set(most.get().max(flying.get()));
                    after(n % 4, ()).await;
                    flying.set(flying.get() - 1);
                    n
                }
            })
            .collect();
        assert_eq!(block_on(small::within(futures, 3)), (0..20).collect::<Vec<_>>());
        assert_eq!((flying.get(), most.get()), (0, 3));
        assert_eq!(block_on(small::within(Vec::<core::future::Ready<()>>::new(), 3)), vec![]);
    }
}
