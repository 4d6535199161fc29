//! What the Worker was configured with: its bucket and its secret.

use crate::bucket::R2;
use std::time::Duration;
use trunks_core::{http::access::Keys, limits::Limits};
use worker::Env;

/// The binding of the bucket.
const BUCKET: &str = "BUCKET";
/// The secret that signs tokens; several, the newest first, while one is replaced.
const SECRET: &str = "TRUNKS_SECRET";

/// The bucket of this request.
///
/// # Errors
/// There is no such binding.
pub fn bucket(env: &Env) -> Result<R2, String> {
    let bucket = env.bucket(BUCKET);
    bucket.map(R2::new).map_err(|_| format!("the Worker has no R2 binding called {BUCKET}"))
}

/// What tokens are signed with. Without a secret there is nobody who may see what is private.
///
/// # Errors
/// The secret can be guessed.
pub fn keys(env: &Env) -> Result<Keys, String> {
    match env.secret(SECRET) {
        Ok(secret) => {
            Keys::parse(&secret.to_string()).map_err(|error| format!("{SECRET}: {error}"))
        }
        Err(_) => Ok(Keys::default()),
    }
}

/// How long a client may send nothing, in seconds, if not [`PATIENCE_S`].
const PATIENCE: &str = "CLIENT_TIMEOUT_S";
const PATIENCE_S: u64 = 60;

/// How long a client may send nothing.
pub fn patience(env: &Env) -> Duration {
    let set = env.var(PATIENCE).ok().and_then(|seconds| seconds.to_string().parse().ok());
    Duration::from_secs(set.unwrap_or(PATIENCE_S))
}

/// Set to have a line logged for each request.
const LOG: &str = "LOG_REQUESTS";

/// Whether each request is to be logged, with what it took.
pub fn is_logged(env: &Env) -> bool {
    env.var(LOG).is_ok()
}

/// What is accepted: what fits into a Worker's memory.
pub fn limits() -> Limits {
    Limits::default()
}
