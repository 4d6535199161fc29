//! What it means when `ssh` ends before a store can be reached, and what the user can do about it.

use super::{
    config::SftpConfig,
    connect::{NoConnection, command, destination},
};
use openssh_sftp_client::Error;
use std::{fs, process::Stdio};
use tokio::time::timeout;
use trunks_core::store::StoreError;

/// What `ssh` says when a server has too much to do, or something between is broken for a moment.
const PASSING: [&str; 4] = [
    "kex_exchange_identification",
    "ssh_exchange_identification",
    "Connection reset by",
    "Connection closed by",
];

/// What it says when there is nobody at that address just now.
const AWAY: [&str; 6] = [
    "Connection refused",
    "Connection timed out",
    "Operation timed out",
    "No route to host",
    "Network is unreachable",
    "timed out",
];

/// The program is not installed.
pub(super) fn no_ssh(config: &SftpConfig) -> StoreError {
    failed(
        config,
        "ssh cannot be run: install the OpenSSH client, or say in GIT_SSH_COMMAND how to run it"
            .to_owned(),
    )
}

/// Judges by what `ssh` said and how it ended; `error`: how its stream ended.
pub(super) async fn judge(
    config: &SftpConfig,
    words: &str,
    status: Option<i32>,
    error: &Error,
) -> NoConnection {
    let says = |what: &str| words.contains(what);
    let line = |what: &[&str]| line_with(words, what).unwrap_or_default();
    let last = words.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("").trim();
    NoConnection::Final(if says("Host key verification failed") || says("REVOKED HOST KEY") {
        unverified(config, words).await
    } else if says("Permission denied (") {
        StoreError::Denied { key: config.target(), reason: not_let_in(config, words) }
    } else if says("Could not resolve hostname") {
        let said = line(&["Could not resolve hostname"]);
        let reason = format!("{said}: check the name in the URL, or the network");
        StoreError::Unavailable { key: config.target(), reason }
    } else if says("subsystem request failed") {
        let advice = "the server lets you in but offers no SFTP: its sshd_config needs \
                      `Subsystem sftp internal-sftp`";
        failed(config, advice.to_owned())
    } else if AWAY.iter().any(|what| says(what)) {
        let reason = format!("{}: check the address, the port and the server", line(&AWAY));
        StoreError::Unavailable { key: config.target(), reason }
    } else if PASSING.iter().any(|what| says(what)) {
        return NoConnection::Dropped(line(&PASSING));
    } else if status == Some(127) {
        no_ssh(config)
    } else if !last.is_empty() {
        failed(config, format!("ssh failed: {last}"))
    } else if matches!(error, Error::IOError(_) | Error::BackgroundTaskFailure(_)) {
        return NoConnection::Dropped("the connection ended before it was up".to_owned());
    } else {
        let advice = "what the server says is not SFTP: does its login shell print something?";
        failed(config, advice.to_owned())
    })
}

fn failed(config: &SftpConfig, reason: String) -> StoreError {
    StoreError::Failed { key: config.target(), reason }
}

fn line_with(words: &str, any: &[&str]) -> Option<String> {
    let line = words.lines().find(|line| any.iter().any(|what| line.contains(what)))?;
    Some(line.trim().trim_start_matches("ssh: ").to_owned())
}

fn not_let_in(config: &SftpConfig, words: &str) -> String {
    let said = line_with(words, &["Permission denied ("]).unwrap_or_default();
    let said = said.trim_end_matches('.');
    let unusable =
        ["bad permissions", "UNPROTECTED PRIVATE KEY", "not accessible", "invalid format"];
    if let Some(line) = line_with(words, &unusable) {
        return format!("{said}, because a key could not be used: {line}");
    }
    let advice = match (&config.password, &config.identity_file, &config.passphrase) {
        (Some(_), ..) => {
            "the password is wrong, or the server takes none: give the right one, or a key that the \
             account knows"
        }
        (None, Some(_), None) => {
            "the account does not know this key, or the key has a passphrase that was not given: add \
             the public key to the account's authorized_keys, or the private one to ssh-agent (ssh-add)"
        }
        (None, _, Some(_)) => {
            "the passphrase is wrong, or the account does not know this key: add the public key to the \
             account's authorized_keys"
        }
        (None, None, None) => {
            "add the public key to the account's authorized_keys and the private one to ssh-agent \
             (ssh-add), or give the identity file or the password of the account"
        }
    };
    format!("{said}: {advice}")
}

/// The error for a host whose key is not known, or is not the one that is known.
async fn unverified(config: &SftpConfig, words: &str) -> StoreError {
    if words.contains("REVOKED HOST KEY") || words.contains("is revoked") {
        let reason = "the server's key was marked as revoked in the file of known hosts: somebody may \
                      be posing as the server, so do not connect before its owner says why";
        return failed(config, reason.to_owned());
    }
    let file = match (&config.known_hosts, line_with(words, &["Add correct host key in "])) {
        (Some(file), _) => file.display().to_string(),
        (None, Some(line)) => line
            .trim_start_matches("Add correct host key in ")
            .split(" to get rid of")
            .next()
            .unwrap_or_default()
            .to_owned(),
        (None, None) => "~/.ssh/known_hosts".to_owned(),
    };
    let line = key_line(config).await;
    let name = line.as_deref().and_then(|line| line.split(' ').next()).unwrap_or(&config.host);
    let add = match &line {
        Some(line) => format!("add this line to {file}: {line}"),
        None => format!("run `ssh {}` once and accept it", config.host),
    };
    failed(
        config,
        if words.contains("IDENTIFICATION HAS CHANGED") {
            format!(
                "the server's key is not the one that is known, so somebody may be posing as the \
                 server: if its owner confirms the new key, run `ssh-keygen -f {file} -R '{name}'` and \
                 {add}"
            )
        } else {
            format!("the server's key is not known: if its owner confirms it, {add}")
        },
    )
}

/// The line that makes the server's key a known one, as `ssh` itself would write it.
///
/// It is learned by connecting once more without logging in, so that aliases and jumps are honoured.
async fn key_line(config: &SftpConfig) -> Option<String> {
    let directory = tempfile::tempdir().ok()?;
    let file = directory.path().join("known_hosts");
    let known = format!("UserKnownHostsFile=\"{}\"", file.to_str()?);
    let more = [
        "-o",
        &known,
        "-o",
        "GlobalKnownHostsFile=/dev/null",
        "-o",
        "StrictHostKeyChecking=accept-new",
        "-o",
        "HashKnownHosts=no",
        "-o",
        "CheckHostIP=no",
        "-o",
        "BatchMode=yes",
        "-o",
        "PreferredAuthentications=none",
    ];
    let mut command = command(config, &more);
    let asked = destination(&mut command, config)
        .arg("sftp")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .status();
    timeout(config.connect_timeout, asked).await.ok()?.ok()?;
    let lines = fs::read_to_string(file).ok()?;
    lines.lines().next().map(str::to_owned)
}
