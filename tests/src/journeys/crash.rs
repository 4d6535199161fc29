//! The server goes down in the middle of a push.

use crate::{
    conformance::noise,
    sandbox::Sandbox,
    servers::{Place, Process},
};
use std::{
    fs,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

/// How a server goes down.
pub type End = fn(&Process);

/// Nothing that was acknowledged is lost, and the same push succeeds when the server is back.
///
/// `server`: one that no other test uses.
pub fn a_push_survives_its_server(server: &Process, end: End, place: Place) {
    let sandbox = Sandbox::over(place);
    sandbox.repository("one", 3);
    let url = sandbox.url("app");
    let push = ["push", "--quiet", url.as_str(), "main"];
    sandbox.git("one", &push);
    let mut whole = Duration::from_millis(200);
    let mut tip = sandbox.git("one", &["rev-parse", "main"]);
    for (round, moment) in [0.9, 0.1, 0.3, 0.5, 0.7].into_iter().enumerate() {
        fs::write(sandbox.path("one/noise"), noise(round as u64 + 1, 1 << 20)).expect("written");
        sandbox.git("one", &["add", "noise"]);
        sandbox.git("one", &["commit", "--quiet", "--message", "noise"]);
        let new = sandbox.git("one", &["rev-parse", "HEAD"]);
        let mut git = sandbox.command("one", "git", &push);
        let mut running = git.stderr(Stdio::null()).spawn().expect("git is installed");
        // The one place where time must pass: the moment is the test.
        thread::sleep(whole.mul_f64(moment));
        end(server);
        server.start_again();
        let is_done = running.wait().expect("it ends").success();
        let seen = sandbox.git("", &["ls-remote", &url, "refs/heads/main"]);
        let seen = seen.split_whitespace().next().unwrap_or_default().to_owned();
        assert!(seen == new || (seen == tip && !is_done), "round {round}: {seen} at {moment}");
        let start = Instant::now();
        sandbox.git("one", &push);
        if seen == tip {
            whole = start.elapsed();
        }
        let clone = format!("clone-{round}");
        sandbox.git("", &["clone", "--quiet", &url, &clone]);
        sandbox.fsck_beside_losers(&clone);
        assert_eq!(sandbox.git(&clone, &["rev-parse", "main"]), new);
        tip = new;
    }
    sandbox.trunks("", &["check", &url]);
}
