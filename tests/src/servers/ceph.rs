//! Ceph's gateway: a server for production that speaks S3, on a cluster of one, in memory.

use super::{Process, S3, http};
use std::{path::Path, process::Command, sync::LazyLock};

const START: &str = include_str!("ceph.sh");

impl S3 {
    /// The one of this test program. Runs with `--with ceph`: its packages are large.
    pub fn ceph() -> &'static Self {
        static ONE: LazyLock<S3> = LazyLock::new(|| {
            let process = Process::start("ceph", http::answers, Box::new(command));
            S3::signed(process, S3::ACCESS_KEY, S3::SECRET_KEY)
        });
        &ONE
    }
}

fn command(port: u16, directory: &Path) -> Command {
    let mut command = Command::new("bash");
    command.args(["-c", START, "ceph"]).arg(directory.join("data")).arg(port.to_string());
    command.args([super::port::free().to_string().as_str(), S3::ACCESS_KEY, S3::SECRET_KEY]);
    command
}
