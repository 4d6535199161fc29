//! Directories of this machine, and shares. Mounts are made in namespaces of their own, so that nothing
//! stays mounted and no rights are needed.

use super::run::Attempt;
use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
    process::Command,
};
use trunks_tests::{conformance::noise, sandbox::Sandbox, servers::Place};

/// Who is run as somebody else where we are root, who may do everything: nobody.
const NOBODY: &str = "65534";

/// A push to the directory called `store`, and a ping of it.
fn scratch(scheme: &str) -> Attempt {
    let sandbox = Sandbox::new();
    let url = format!("{scheme}://{}", sandbox.path("store").display());
    Attempt::new(sandbox, &Place { url, options: Vec::new() })
}

/// The words that run a program after `mount`, in which `$store` is the directory.
fn after(attempt: &Attempt, mount: &str) -> Vec<String> {
    let script = format!("store=$0; {mount} && exec \"$@\"");
    let store = attempt.sandbox.path("store").display().to_string();
    let words = ["unshare", "--mount", "--map-root-user", "sh", "-c", &script, &store];
    words.map(str::to_owned).to_vec()
}

#[test]
fn a_full_disk() {
    for scheme in ["local", "file"] {
        let mut attempt = scratch(scheme);
        fs::write(attempt.sandbox.path("work/noise"), noise(1, 2 << 20)).expect("written");
        attempt.sandbox.git("work", &["add", "noise"]);
        attempt.sandbox.git("work", &["commit", "--quiet", "--message", "noise"]);
        attempt.before = after(&attempt, "mount -t tmpfs -o size=1m trunks-test $store");
        attempt.push_is_told(&["No space left on device", "/store/", "free some space"]);
        let full = "mount -t tmpfs -o size=64k trunks-test $store && \
                    { head -c 64k /dev/zero > $store/all || true; } 2>&-";
        attempt.before = after(&attempt, full);
        attempt.ping_is_told(&["No space left on device", "/store/", "free some space"]);
    }
}

#[test]
fn a_read_only_filesystem() {
    for scheme in ["local", "file"] {
        let mut attempt = scratch(scheme);
        let mount = "mount -o bind $store $store && mount -o remount,bind,ro $store";
        attempt.before = after(&attempt, mount);
        let says = ["Read-only file system", "/store/", "mount it writable"];
        attempt.push_is_told(&says);
        attempt.ping_is_told(&says);
    }
}

#[test]
fn no_rights_to_write() {
    let mut attempt = scratch("local");
    let top = attempt.sandbox.path("");
    let store = attempt.sandbox.path("store");
    fs::set_permissions(&store, Permissions::from_mode(0o555)).expect("our own");
    if fs::metadata(&store).expect("there").uid() == 0 {
        fs::set_permissions(&top, Permissions::from_mode(0o755)).expect("our own");
        let program = programs(&attempt.sandbox);
        let git = ["GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"];
        let path = format!("PATH={}:/usr/local/bin:/usr/bin:/bin", program.display());
        let somebody = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "env"];
        let words = somebody.into_iter().chain(git).chain([path.as_str()]);
        attempt.before = words.map(str::to_owned).collect();
        let own = Command::new("chown").args(["-R", NOBODY]).arg(top.join("work")).status();
        assert!(own.expect("chown is installed").success());
    }
    let says = ["ermission denied", "/store/", "check who owns it and its mode"];
    attempt.push_is_told(&says);
    attempt.ping_is_told(&says);
}

/// Puts the programs where everybody finds them.
fn programs(sandbox: &Sandbox) -> std::path::PathBuf {
    let bin = sandbox.path("bin");
    fs::create_dir(&bin).expect("made");
    for program in ["trunks", "git-remote-trunks"] {
        let mut find = sandbox.command("", "sh", &["-c", &format!("command -v {program}")]);
        let found = find.output().expect("a shell is installed").stdout;
        let found = String::from_utf8(found).expect("a path");
        fs::copy(Path::new(found.trim()), bin.join(program)).expect("copied");
    }
    fs::set_permissions(&bin, Permissions::from_mode(0o755)).expect("our own");
    bin
}

#[test]
fn a_share_that_is_not_mounted() {
    let attempt = scratch("file");
    fs::remove_dir(attempt.sandbox.path("store")).expect("empty");
    let says = ["/store", "is not there", "mount it"];
    attempt.push_is_told(&says);
    attempt.ping_is_told(&says);
    assert!(!attempt.sandbox.path("store").exists());
}
