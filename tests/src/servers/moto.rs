//! moto: an emulator of Amazon's services that keeps everything in memory. It honours the conditions
//! of S3 except on the end of an upload in parts.

use super::{Process, S3, http, installed::installed};
use std::{process::Command, sync::LazyLock};

impl S3 {
    /// The one of this test program.
    pub fn moto() -> &'static Self {
        static ONE: LazyLock<S3> = LazyLock::new(|| {
            S3::unsigned(Process::start(
                "moto",
                http::answers,
                Box::new(|port, _| {
                    let mut command = Command::new(installed("python/bin/moto_server"));
                    command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
                    command
                }),
            ))
        });
        &ONE
    }
}
