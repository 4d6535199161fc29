//! What the Worker was configured with: its bucket and its secret.

use crate::bucket::R2;
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

/// What is accepted: what fits into a Worker's memory.
pub fn limits() -> Limits {
    Limits::default()
}
