//! Brings a connection up by running the user's own `ssh`, as git does.

use super::{
    askpass::Askpass,
    config::SftpConfig,
    denial,
    session::{Heard, Listening, Session},
};
use openssh_sftp_client::{Sftp as Client, SftpOptions};
use std::{
    env,
    ffi::{OsStr, OsString},
    fs::{self, OpenOptions},
    io,
    path::Path,
    process::Stdio,
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
    task::JoinHandle,
    time::timeout,
};
use trunks_core::store::StoreError;

/// Time for a person to answer what `ssh` asks on the terminal.
const PERSON: Duration = Duration::from_secs(120);
/// Time for `ssh` to say why it ended.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// As much of what it says is kept.
const WORDS_BYTES: u64 = 16 * 1024;

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum NoConnection {
    /// It may well come up if it is tried again, soon.
    Dropped(String),
    /// It will not.
    Final(StoreError),
}

/// Connects and agrees on the protocol.
pub(super) async fn connect(config: &SftpConfig) -> Result<Session, NoConnection> {
    let unable = |what: &str, error: &io::Error| {
        let reason = format!("cannot {what}: {error}");
        NoConnection::Final(StoreError::Failed { key: config.target(), reason })
    };
    if let Some(file) = &config.identity_file
        && !file.starts_with("~")
    {
        // `ssh` itself would try other keys.
        let what = format!("read the identity file {}", file.display());
        fs::metadata(file).map_err(|error| unable(&what, &error))?;
    }
    let askpass = Askpass::new(config).map_err(|error| unable("hand ssh the password", &error))?;
    let is_asking = askpass.is_none() && may_ask();
    let mut command = command(config, &[]);
    if let Some(askpass) = &askpass {
        command.env("SSH_ASKPASS", askpass.program()).env("SSH_ASKPASS_REQUIRE", "force");
        if env::var_os("DISPLAY").is_none() {
            // Versions before 8.4 do not know the line above, and ask for this one.
            command.env("DISPLAY", "none");
        }
    } else if !is_asking {
        command.args(["-o", "BatchMode=yes"]);
    }
    let mut child = destination(&mut command, config)
        .args(["sftp"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => NoConnection::Final(denial::no_ssh(config)),
            _ => unable("run ssh", &error),
        })?;
    let stdin = child.stdin.take().expect("it was piped");
    let stdout = child.stdout.take().expect("it was piped");
    let words = tokio::spawn(listen(child.stderr.take().expect("it was piped")));
    let heard = Arc::new(Heard::default());
    // Requests leave at once: a pause to gather more would cost each one of them.
    let options = SftpOptions::new().flush_interval(Duration::ZERO);
    let limit = if is_asking { config.connect_timeout.max(PERSON) } else { config.connect_timeout };
    let connecting = Client::new(stdin, Listening::new(stdout, heard.clone()), options);
    match timeout(limit, connecting).await {
        Ok(Ok(client)) => {
            Ok(Session::new(client, child, heard, config.silence_timeout, config.target()))
        }
        Ok(Err(error)) => {
            let (status, words) = last_words(child, words).await;
            Err(denial::judge(config, &words, status, &error).await)
        }
        Err(_) => {
            let _ = child.start_kill();
            Err(NoConnection::Final(StoreError::Unavailable {
                key: config.target(),
                reason: format!(
                    "no connection after {} s: check the address, the network and the server",
                    limit.as_secs()
                ),
            }))
        }
    }
}

/// `ssh` with what holds for every connection. `more`: options that go before all others, since
/// `ssh` believes the first.
pub(super) fn command(config: &SftpConfig, more: &[&str]) -> Command {
    let mut command = shell_command(config);
    command.args(more);
    for option in [
        "ClearAllForwardings=yes",
        "ForwardAgent=no",
        "ForwardX11=no",
        "PermitLocalCommand=no",
        "RemoteCommand=none",
        "RequestTTY=no",
    ] {
        command.args(["-o", option]);
    }
    command.arg("-o").arg(format!("ConnectTimeout={}", config.connect_timeout.as_secs().max(1)));
    if config.password.is_some() || config.passphrase.is_some() {
        command.args(["-o", "NumberOfPasswordPrompts=1", "-o", "BatchMode=no"]);
    }
    if config.password.is_some() {
        let methods = match config.identity_file {
            Some(_) => "publickey,password,keyboard-interactive",
            None => "password,keyboard-interactive,publickey",
        };
        command.arg("-o").arg(format!("PreferredAuthentications={methods}"));
    }
    if let Some(file) = &config.identity_file {
        command.args(["-o", "IdentitiesOnly=yes", "-o"]).arg(option("IdentityFile", file));
    }
    if let Some(file) = &config.known_hosts {
        command.arg("-o").arg(option("UserKnownHostsFile", file));
        command.args(["-o", "GlobalKnownHostsFile=/dev/null"]);
    }
    command
}

/// Adds whom to connect to, and that a subsystem is wanted. What follows is its name.
pub(super) fn destination<'a>(command: &'a mut Command, config: &SftpConfig) -> &'a mut Command {
    if let Some(port) = config.port {
        command.arg("-p").arg(port.to_string());
    }
    if let Some(user) = &config.user {
        command.arg("-l").arg(user);
    }
    command.args(["-s", "--", &config.host])
}

/// The command of the settings or of git's environment, in the way git runs it.
fn shell_command(config: &SftpConfig) -> Command {
    let of_git = || env::var_os("GIT_SSH_COMMAND").filter(|command| !command.is_empty());
    let Some(words) = config.ssh_command.clone().map(OsString::from).or_else(of_git) else {
        let program = env::var_os("GIT_SSH").filter(|program| !program.is_empty());
        return Command::new(program.as_deref().unwrap_or(OsStr::new("ssh")));
    };
    let mut line = words.clone();
    line.push(" \"$@\"");
    let mut command = Command::new("sh");
    command.arg("-c").arg(line).arg(words);
    command
}

/// `name=file`, with what `ssh` would expand or split kept as it is.
fn option(name: &str, file: &Path) -> OsString {
    let file = file.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    format!("{name}=\"{file}\"").into()
}

/// Whether `ssh` may ask a person: there is a terminal, and git has not been told to leave it alone.
fn may_ask() -> bool {
    let is_forbidden = env::var_os("GIT_TERMINAL_PROMPT").is_some_and(|value| value == "0");
    !is_forbidden && OpenOptions::new().read(true).write(true).open("/dev/tty").is_ok()
}

/// Reads what `ssh` says to its end; of the beginning no more than what may matter.
async fn listen(mut stderr: impl AsyncRead + Unpin) -> String {
    let mut words = Vec::new();
    let _ = (&mut stderr).take(WORDS_BYTES).read_to_end(&mut words).await;
    let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&words).into_owned()
}

/// Waits a moment for `ssh` to end. Returns its exit code and what it said.
async fn last_words(mut child: Child, words: JoinHandle<String>) -> (Option<i32>, String) {
    let status = timeout(LAST_WORDS, child.wait()).await;
    let _ = child.start_kill();
    let words = timeout(LAST_WORDS, words).await;
    let status = status.ok().and_then(Result::ok).and_then(|status| status.code());
    (status, words.ok().and_then(Result::ok).unwrap_or_default())
}
