//! SFTP, by OpenSSH's server. What an account may do is said beside its key; on a full or read-only
//! filesystem its session runs in a mount namespace of its own.

use super::is_told;
use std::{fs, process::Command};
use trunks_tests::servers::{Place, Sshd};

/// A place whose key makes the server run `command` instead of what is asked for.
fn forced(name: &str, command: impl Fn(&str) -> String) -> Place {
    let sshd = Sshd::shared();
    let place = sshd.place();
    let directory = sshd.process().directory();
    let key = directory.join(name);
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&key);
    assert!(keygen.status().expect("ssh-keygen is installed").success());
    let public = fs::read_to_string(directory.join(format!("{name}.pub"))).expect("it was made");
    let root = format!("/{}", place.url.splitn(4, '/').nth(3).expect("a path"));
    let line = format!("restrict,command=\"{}\" {public}", command(&root));
    sshd.let_in(&line);
    place.with("identity_file", key.display().to_string())
}

/// The server's own program for SFTP, in a namespace in which `mount` was run.
fn mounted(mount: &str) -> String {
    let servers = ["/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server"];
    let server = servers.into_iter().find(|path| fs::metadata(path).is_ok());
    let server = server.expect("sftp-server is installed with sshd");
    format!("unshare --mount --map-root-user sh -c '{mount} && exec {server}'")
}

#[test]
fn a_wrong_key() {
    let key = tempfile::tempdir().expect("a directory");
    let path = key.path().join("stranger");
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&path);
    assert!(keygen.status().expect("ssh-keygen is installed").success());
    let place = Sshd::shared().place().with("identity_file", path.display().to_string());
    is_told(&place, &["Permission denied", "does not know this key", "authorized_keys"]);
}

#[test]
fn a_wrong_password() {
    let place = Sshd::shared().place().without("identity_file").with("password", "geheim-4711");
    is_told(&place, &["Permission denied", "password", "give the right one"]);
}

#[test]
fn a_missing_directory() {
    let mut place = Sshd::shared().place();
    place.url += "/not/yet";
    is_told(&place, &["/not/yet", "does not exist on", "make it, or mount"]);
}

#[test]
fn no_rights_to_write() {
    let place = forced("reader", |_| "internal-sftp -R".to_owned());
    is_told(&place, &["lets this account only read", "use one that may write"]);
}

#[test]
fn a_full_disk() {
    let place = forced("full", |root| {
        // A file that takes all of it.
        mounted(&format!(
            "mount -t tmpfs -o size=64k trunks-test {root} && \
             (head -c 64k /dev/zero > {root}/all || true) 2>/dev/null"
        ))
    });
    is_told(&place, &["the disk is full", "free some space and try again"]);
}

#[test]
fn a_read_only_filesystem() {
    let place = forced("read-only", |root| {
        mounted(&format!("mount -o bind {root} {root} && mount -o remount,bind,ro {root}"))
    });
    is_told(&place, &["the filesystem is read-only", "mount it writable"]);
}
