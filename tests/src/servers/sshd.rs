//! OpenSSH's own server, with keys made for the tests.

use super::{Process, installed::of_system};
use std::{
    fs, io,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// A running sshd.
#[derive(Debug)]
pub struct Sshd {
    process: Process,
}

impl Sshd {
    /// The one of this test program.
    pub fn shared() -> &'static Self {
        static ONE: LazyLock<Sshd> = LazyLock::new(Sshd::start);
        &ONE
    }

    /// One that no other test uses, to be killed.
    pub fn start() -> Self {
        Self { process: Process::start("sshd", is_ready, Box::new(command)) }
    }

    /// The server's process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The server's address.
    pub fn address(&self) -> SocketAddr {
        self.process.address()
    }

    /// Who may log in: who runs this.
    pub fn user(&self) -> String {
        let output = Command::new("id").arg("-un").output().expect("id is installed");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// The private key that lets one in.
    pub fn identity(&self) -> PathBuf {
        self.process.directory().join("client-key")
    }

    /// Writes a file of known hosts in which the server is known, at its own address or at that of a
    /// proxy. Returns its path.
    pub fn known_hosts(&self, address: SocketAddr) -> PathBuf {
        let directory = self.process.directory();
        let key = fs::read_to_string(directory.join("host-key.pub")).expect("it was made");
        let path = directory.join(format!("known-hosts-{}", address.port()));
        let line = format!("[{}]:{} {key}", address.ip(), address.port());
        // Moved into place whole: another test may have it read just now.
        static WRITTEN: AtomicU32 = AtomicU32::new(0);
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        let written = directory.join(format!("known-hosts-{number}.new"));
        fs::write(&written, line).expect("our own directory");
        fs::rename(&written, &path).expect("our own directory");
        path
    }

    /// Lets one more key in. `line`: as a file of authorized keys has it.
    pub fn let_in(&self, line: &str) {
        let path = self.process.directory().join("client-key.pub");
        let mut file = fs::OpenOptions::new().append(true).open(path).expect("it was made");
        // In one piece: other tests may do so, too.
        file.write_all(format!("{}\n", line.trim_end()).as_bytes()).expect("our own directory");
    }

    /// Makes a directory that is nobody else's. Returns its path, here and on the server.
    pub fn root(&self) -> PathBuf {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("root-{}", MADE.fetch_add(1, Ordering::Relaxed));
        let path = self.process.directory().join(name);
        fs::create_dir(&path).expect("our own directory");
        path
    }
}

fn command(port: u16, directory: &Path) -> Command {
    for name in ["host-key", "client-key"] {
        if !directory.join(name).exists() {
            make_key(&directory.join(name));
        }
    }
    // Where root runs it, the server wants an empty directory to lock itself up in.
    drop(fs::create_dir("/run/sshd"));
    let config = directory.join("config");
    fs::write(&config, configuration(port, directory)).expect("our own directory");
    // It demands to be called by its whole path.
    let mut command = Command::new(of_system("sshd", &[Path::new("/usr/sbin")]));
    command.args(["-D", "-e", "-f"]).arg(config);
    command
}

fn configuration(port: u16, directory: &Path) -> String {
    let directory = directory.display();
    format!(
        "ListenAddress 127.0.0.1:{port}\n\
         HostKey {directory}/host-key\n\
         AuthorizedKeysFile {directory}/client-key.pub\n\
         PidFile none\n\
         UsePAM no\n\
         StrictModes no\n\
         PermitRootLogin yes\n\
         PasswordAuthentication no\n\
         KbdInteractiveAuthentication no\n\
         MaxStartups 200\n\
         MaxSessions 200\n\
         Subsystem sftp internal-sftp\n"
    )
}

fn make_key(path: &Path) {
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"]).arg(path);
    let output = keygen.output().expect("ssh-keygen is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn is_ready(stream: &mut TcpStream) -> io::Result<bool> {
    let mut banner = [0; 4];
    stream.read_exact(&mut banner)?;
    Ok(&banner == b"SSH-")
}
