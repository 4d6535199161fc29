//! What a store does when its server answers badly, late or not at all.

mod ambiguous;
mod failures;
mod script;
mod tombstones;

use super::{S3, S3Config, S3Provider};
use script::Script;
use std::time::Duration;

/// A bucket at a server that follows the script.
fn bucket(script: &Script) -> S3 {
    let mut config = S3Config::new(S3Provider::Aws, "b");
    config.endpoint = Some(script.endpoint());
    config.access_key = Some("access".into());
    config.secret_key = Some("hush-hush".into());
    config.timeout = Duration::from_millis(1500);
    S3::new(&config).expect("it is well configured")
}
