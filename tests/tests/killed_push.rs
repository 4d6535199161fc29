//! A push is killed at a random moment: nothing is broken, and nothing is in the way of the next one.

use std::{
    os::unix::process::CommandExt,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use trunks_tests::workshop::{Workshop, files, is_long};

/// Bytes that do not compress, the same for the same `seed`.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        bytes.extend_from_slice(&state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Of the file that a push brings. The largest is uploaded in parts.
const SIZES: [usize; 5] = [100, 100_000, 1_000_000, 300, 9_000_000];

#[test]
fn a_push_that_is_killed_breaks_nothing() {
    let rounds: u64 = if is_long() { 200 } else { 40 };
    let workshop = Workshop::new();
    let work = workshop.worktree("work");
    let url = workshop.remote("app");
    let stored = workshop.stored("app");
    let mut old = workshop.commit(&work, None, "first", b"first");
    workshop.git(&work, &["push", "--quiet", &url, &format!("{old}:refs/heads/main")]);
    // How long a push takes when nobody kills it: the moments are spread over that.
    let mut whole = Duration::from_millis(100);
    let mut outcomes = [0, 0];
    for round in 0..rounds {
        let size = SIZES[usize::try_from(round).expect("small") % SIZES.len()];
        let new = workshop.commit(&work, Some(&old), &format!("{round}"), &noise(round, size));
        let refspec = format!("{new}:refs/heads/main");
        let words = ["push", "--quiet", url.as_str(), refspec.as_str()];
        let mut push = workshop.command("git", &work);
        push.args(words).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut push = push.spawn().expect("git is installed");
        // The one place where time must pass: the moment is the test.
        thread::sleep(whole.mul_f64(f64::from(u32::from(noise(round, 1)[0])) / 230.0));
        kill_group(push.id());
        push.wait().expect("it ends");

        workshop.fsck(&stored);
        let tip = workshop.git(&stored, &["rev-parse", "refs/heads/main"]);
        assert!(tip == old || tip == new, "round {round}: {tip} is neither {old} nor {new}");
        outcomes[usize::from(tip == new)] += 1;
        let started = Instant::now();
        workshop.git(&work, &words);
        if tip == old && size >= 1_000_000 {
            whole = started.elapsed();
        }
        let tip = workshop.git(&stored, &["rev-parse", "refs/heads/main"]);
        assert_eq!(tip, new, "round {round}: the next push");
        old = new;
    }
    assert!(outcomes[0] > 0, "no push was killed before its end: {outcomes:?}");

    workshop.fsck(&stored);
    // Twice: what nothing reaches is marked, and removed when it is still so the next time.
    for _ in 0..2 {
        workshop.trunks(&work, &["check", &workshop.url("app"), "--clean", "--grace", "0"]);
    }
    workshop.fsck(&stored);
    let unreachable = workshop.git(&stored, &["fsck", "--full", "--unreachable", "--no-reflogs"]);
    assert_eq!(unreachable, "", "objects that nothing reaches are left");
    let left = files(&stored);
    let rubbish: Vec<_> = left
        .iter()
        .filter(|file| {
            file.ends_with(".lock") || file.contains(".trunks-tmp/") || file.contains("/tmp_")
        })
        .collect();
    assert!(rubbish.is_empty(), "{rubbish:?}");
    let count = |end: &str| left.iter().filter(|file| file.ends_with(end)).count();
    assert_eq!(count(".pack"), count(".idx"), "{left:?}");
    workshop.git(&work, &["fetch", "--quiet", &url, "main"]);
}

/// Kills git and all that it has started.
fn kill_group(leader: u32) {
    let group = format!("-{leader}");
    let killed = Command::new("kill").args(["-9", "--", &group]).stderr(Stdio::null()).status();
    // There is nobody to kill when the push was faster.
    killed.expect("kill is installed");
}
