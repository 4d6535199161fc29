//! Calls that go on whether or not their caller looks after them.

use super::failure::Failure;
use tokio::task::JoinHandle;
use trunks_core::store::StoreError;

/// Runs `call` on a task of its own. It ends with the future that is returned.
pub(super) async fn run<T: Send + 'static>(
    key: &str,
    call: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    let mut task = Ending(tokio::spawn(call));
    match (&mut task.0).await {
        Ok(answer) => answer,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(Failure::Lost("the program is ending".to_owned()).into_error(key)),
    }
}

struct Ending<T>(JoinHandle<T>);

impl<T> Drop for Ending<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
