//! s3s-fs: a server that speaks S3 on a directory. It checks a condition, then writes, and lets
//! several win: to be refused.

use super::{Process, S3, http, installed::installed};
use std::{process::Command, sync::LazyLock};

impl S3 {
    /// The one of this test program. Runs with `--with s3s-fs`: it takes minutes to build.
    pub fn s3s() -> &'static Self {
        static ONE: LazyLock<S3> = LazyLock::new(|| {
            let process = Process::start(
                "s3s-fs",
                http::answers,
                Box::new(|port, directory| {
                    let data = directory.join("data");
                    std::fs::create_dir_all(&data).expect("our own directory");
                    let mut command = Command::new(installed("cargo/bin/s3s-fs"));
                    command
                        .args(["--host", "127.0.0.1", "--port", &port.to_string()])
                        .args(["--access-key", S3::ACCESS_KEY, "--secret-key", S3::SECRET_KEY])
                        .arg(data);
                    command
                }),
            );
            S3::signed(process, S3::ACCESS_KEY, S3::SECRET_KEY)
        });
        &ONE
    }
}
