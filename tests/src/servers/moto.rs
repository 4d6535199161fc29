//! moto: an emulator of Amazon's services that keeps everything in memory. It honours the conditions
//! of S3 except on the end of an upload in parts.

use super::{Process, S3, http, installed::installed};
use std::{process::Command, sync::LazyLock};

/// One request at a time: in several threads it checks a condition, then writes, and now and then
/// lets two of twenty win.
const SCRIPT: &str = "import sys, moto.server as moto\n\
                      app = moto.DomainDispatcherApplication(moto.create_backend_app)\n\
                      moto.run_simple('127.0.0.1', int(sys.argv[1]), app, threaded=False,\n\
                                      request_handler=moto.MotoRequestHandler)";

impl S3 {
    /// The one of this test program.
    pub fn moto() -> &'static Self {
        static ONE: LazyLock<S3> = LazyLock::new(|| {
            S3::unsigned(Process::start(
                "moto",
                http::answers,
                Box::new(|port, _| {
                    let mut command = Command::new(installed("python/bin/python"));
                    command.args(["-c", SCRIPT, &port.to_string()]);
                    command
                }),
            ))
        });
        &ONE
    }
}
