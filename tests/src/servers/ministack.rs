//! ministack: an emulator of Amazon's services that honours every condition of S3, and keeps what it
//! was given on disk.

use super::{Process, S3, http, installed::installed};
use std::{path::Path, process::Command, sync::LazyLock};

impl S3 {
    /// The one of this test program.
    pub fn ministack() -> &'static Self {
        static ONE: LazyLock<S3> = LazyLock::new(S3::start_ministack);
        &ONE
    }

    /// One that no other test uses, to be killed.
    pub fn start_ministack() -> Self {
        Self::unsigned(Process::start("ministack", http::answers, Box::new(command)))
    }
}

fn command(port: u16, directory: &Path) -> Command {
    let mut command = Command::new(installed("python/bin/ministack"));
    command
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("EDGE_PORT", port.to_string())
        .env("SERVICES", "s3")
        .env("S3_PERSIST", "1")
        .env("S3_DATA_DIR", directory.join("data"))
        .env("STATE_DIR", directory.join("state"))
        .env("IOT_MTLS_ENABLED", "0")
        .env("LOG_LEVEL", "WARNING");
    command
}
