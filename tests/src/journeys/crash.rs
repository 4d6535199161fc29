//! The server or the client goes down in the middle of a push.

use crate::{
    conformance::noise,
    sandbox::Sandbox,
    servers::{Place, Process},
    workshop::is_long,
};
use std::{
    fs,
    os::unix::process::CommandExt,
    process::{Command, Stdio},
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

/// Of the files that pushes bring. The largest goes up in parts.
const SIZES: [usize; 3] = [300_000, 300, 9_000_000];

/// Whenever a push is killed, the branch is as it was or as it should be, the same push succeeds right
/// after it, and a clean leaves nothing of it.
pub fn a_push_survives_its_client(sandbox: &Sandbox) {
    let rounds = if is_long() { 60 } else { 9 };
    sandbox.repository("one", 3);
    let url = sandbox.url("app");
    let push = ["push", "--quiet", url.as_str(), "main"];
    sandbox.git("one", &push);
    // How long a push of each size takes when nobody kills it: the moments are spread over that.
    let mut whole = [Duration::from_millis(400); SIZES.len()];
    let mut tip = sandbox.git("one", &["rev-parse", "main"]);
    for round in 0..rounds {
        let kind = round % SIZES.len();
        fs::write(sandbox.path("one/noise"), noise(round as u64 + 1, SIZES[kind]))
            .expect("written");
        sandbox.git("one", &["add", "noise"]);
        sandbox.git("one", &["commit", "--quiet", "--message", "noise"]);
        let new = sandbox.git("one", &["rev-parse", "HEAD"]);
        let mut git = sandbox.command("one", "git", &push);
        let mut running = git.stderr(Stdio::null()).process_group(0).spawn().expect("git is there");
        // The one place where time must pass: the moment is the test.
        let moment = f64::from(noise(round as u64 + 77, 1)[0]) / 256.0;
        thread::sleep(whole[kind].mul_f64(moment));
        kill_group(running.id());
        running.wait().expect("it ends");
        let seen = sandbox.git("", &["ls-remote", &url, "refs/heads/main"]);
        let seen = seen.split_whitespace().next().unwrap_or_default().to_owned();
        assert!(seen == new || seen == tip, "round {round}: {seen} at {moment}");
        let start = Instant::now();
        sandbox.git("one", &push);
        if seen == tip {
            whole[kind] = start.elapsed().min(Duration::from_secs(3));
        }
        tip = new;
    }
    sandbox.git("", &["clone", "--quiet", &url, "clone"]);
    sandbox.fsck_beside_losers("clone");
    assert_eq!(sandbox.git("clone", &["rev-parse", "main"]), tip);
    // Twice: what nothing reaches is marked, and removed when it is still so the next time.
    for _ in 0..2 {
        sandbox.trunks("", &["check", &url, "--clean", "--grace", "0s"]);
    }
    let said = sandbox.trunks("", &["check", &url]);
    assert!(said.contains("all well") && !said.contains("nothing reaches"), "{said}");
    sandbox.git("", &["clone", "--quiet", &url, "again"]);
    sandbox.fsck("again");
}

/// Kills git and all that it has started.
fn kill_group(leader: u32) {
    let group = format!("-{leader}");
    let killed = Command::new("kill").args(["-9", "--", &group]).stderr(Stdio::null()).status();
    // There is nobody to kill when the push was faster.
    killed.expect("kill is installed");
}
