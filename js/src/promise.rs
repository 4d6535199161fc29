//! The core's futures as promises that are kept even when the core breaks off.
//!
//! A future that panics or runs out of memory traps, and whoever ran it is gone: nobody is left to
//! settle its promise. So each step of a future is the handler of a promise of its own, and what
//! that is rejected with, a trap included, rejects the promise that the caller holds.

use crate::error::Thrown;
use js_sys::{Error, Function, Promise};
use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};
use wasm_bindgen::prelude::*;

/// The promise of what `future` comes to. It is polled for the first time once the caller has
/// returned to JavaScript.
///
/// This is what an `async` method of an `impl` with `wasm_bindgen_futures = crate::promise` calls.
pub fn future_to_promise(
    future: impl Future<Output = Result<JsValue, JsValue>> + 'static,
) -> Promise {
    // What follows is there once, and not for each method.
    promise_of(Box::pin(future))
}

fn promise_of(future: Pin<Box<dyn Future<Output = Result<JsValue, JsValue>>>>) -> Promise {
    let mut future = Some(future);
    Promise::new(&mut |resolve, reject| {
        if let Some(future) = future.take() {
            let trapped = reject.clone();
            let settled = async move {
                let called = match future.await {
                    Ok(value) => resolve.call1(&JsValue::UNDEFINED, &value),
                    Err(error) => reject.call1(&JsValue::UNDEFINED, &error),
                };
                called.expect("a promise's own functions throw nothing");
            };
            Task::begin(Box::pin(settled), trapped);
        }
    })
}

thread_local! {
    /// The futures under way: a few.
    static TASKS: RefCell<Vec<Rc<Task>>> = const { RefCell::new(Vec::new()) };
    static NEXT: Cell<u64> = const { Cell::new(0) };
    static TRAPS: Cell<u64> = const { Cell::new(0) };
}

/// How often a future has trapped. What it held then, locks included, it holds for ever.
pub fn traps() -> u64 {
    TRAPS.get()
}

type Settled = Pin<Box<dyn Future<Output = ()>>>;

/// A future under way.
struct Task {
    id: u64,
    /// Taken while it is polled, so that it is not there any more if that traps.
    future: Cell<Option<Settled>>,
    is_queued: Cell<bool>,
    step: Closure<dyn FnMut()>,
    trapped: Closure<dyn FnMut(JsValue)>,
    /// Rejects the promise.
    reject: Function,
}

impl Task {
    fn begin(future: Settled, reject: Function) {
        let id = NEXT.replace(NEXT.get() + 1);
        let rejecting = reject.clone();
        let task = Rc::new(Self {
            id,
            future: Cell::new(Some(future)),
            is_queued: Cell::new(false),
            step: Closure::new(move || step(id)),
            trapped: Closure::new(move |error| {
                forget(id);
                TRAPS.set(TRAPS.get() + 1);
                let error = JsValue::from(Thrown::trapped(&reason(error)));
                let _ = rejecting.call1(&JsValue::UNDEFINED, &error);
            }),
            reject,
        });
        TASKS.with_borrow_mut(|tasks| tasks.push(task.clone()));
        task.queue();
    }

    /// Has the next step run once JavaScript has nothing else to do.
    fn queue(&self) {
        if !self.is_queued.replace(true) {
            // Should telling of the trap trap too, the bare error rejects the promise.
            Chain::resolve()
                .then(self.step.as_ref().unchecked_ref())
                .or_else(self.trapped.as_ref().unchecked_ref())
                .or_else(&self.reject);
        }
    }
}

fn find(id: u64) -> Option<Rc<Task>> {
    TASKS.with_borrow(|tasks| tasks.iter().find(|task| task.id == id).cloned())
}

fn forget(id: u64) {
    // Dropped only when the list is free again: what a future holds may wake others.
    drop(TASKS.with_borrow_mut(|tasks| {
        let at = tasks.iter().position(|task| task.id == id)?;
        Some(tasks.swap_remove(at))
    }));
}

fn step(id: u64) {
    let Some(task) = find(id) else { return };
    task.is_queued.set(false);
    let Some(mut future) = task.future.take() else { return };
    let waker = Waker::from(Arc::new(Wakes(task.id)));
    match future.as_mut().poll(&mut Context::from_waker(&waker)) {
        Poll::Pending => task.future.set(Some(future)),
        Poll::Ready(()) => forget(id),
    }
}

/// What wakes a task: its number, which any thread may hold.
struct Wakes(u64);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(task) = find(self.0) {
            task.queue();
        }
    }
}

fn reason(error: JsValue) -> String {
    match error.dyn_ref::<Error>() {
        Some(error) => String::from(error.message()),
        None => format!("{error:?}"),
    }
}

#[wasm_bindgen]
extern "C" {
    /// A promise whose handlers are plain functions.
    #[wasm_bindgen(js_name = Promise)]
    type Chain;

    #[wasm_bindgen(static_method_of = Chain, js_class = "Promise")]
    fn resolve() -> Chain;

    #[wasm_bindgen(method, js_class = "Promise")]
    fn then(this: &Chain, handler: &Function) -> Chain;

    #[wasm_bindgen(method, js_class = "Promise", js_name = catch)]
    fn or_else(this: &Chain, handler: &Function) -> Chain;
}
