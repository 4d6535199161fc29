//! s3rver: a server that speaks S3 and ignores every condition: to be refused.

use super::{Process, S3, http, installed::installed};
use std::{process::Command, sync::LazyLock};

impl S3 {
    /// The one of this test program.
    pub fn s3rver() -> &'static Self {
        static ONE: LazyLock<S3> = LazyLock::new(|| {
            let process = Process::start(
                "s3rver",
                http::answers,
                Box::new(|port, directory| {
                    let data = directory.join("data");
                    std::fs::create_dir_all(&data).expect("our own directory");
                    let mut command = Command::new("node");
                    command
                        .arg(installed("node/node_modules/s3rver/bin/s3rver.js"))
                        .args(["-a", "127.0.0.1", "-p", &port.to_string(), "--silent", "-d"])
                        .arg(data);
                    command
                }),
            );
            S3::signed(process, "S3RVER", "S3RVER")
        });
        &ONE
    }
}
