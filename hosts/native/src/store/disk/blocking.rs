//! Work that waits for the device, off the thread that drives everything else.

use trunks_core::store::StoreError;

/// Runs `work` on a thread for blocking work, or right here where no runtime is driving us.
///
/// The work goes on to its end even if the future is dropped: nothing is left half done.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return work() };
    match runtime.spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(StoreError::Unavailable {
                key: String::new(),
                reason: "the program is shutting down".to_owned(),
            }),
        },
    }
}
