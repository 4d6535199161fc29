//! Postgres, as its packages have it, with a cluster made for the tests.

use super::{Process, installed::of_system};
use std::{
    fs, io,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// Who runs the server where we are root, which it refuses to be run by: nobody.
const NOBODY: u32 = 65_534;

/// A running Postgres.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
}

impl Postgres {
    /// The role that may do everything.
    pub const USER: &str = "postgres";
    /// Its password, which the server asks for.
    pub const PASSWORD: &str = "trunks-test-password";

    /// The one of this test program.
    pub fn shared() -> &'static Self {
        static ONE: LazyLock<Postgres> = LazyLock::new(Postgres::start);
        &ONE
    }

    /// One that no other test uses, to be killed.
    pub fn start() -> Self {
        Self { process: Process::start("postgres", is_ready, Box::new(command)) }
    }

    /// The server's process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The server's address.
    pub fn address(&self) -> SocketAddr {
        self.process.address()
    }

    /// Makes a database that is nobody else's. Returns its name.
    pub fn database(&self) -> String {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("trunks_{}", MADE.fetch_add(1, Ordering::Relaxed));
        self.run("postgres", &format!("create database {name}"));
        name
    }

    /// Runs SQL in a database, as the role that may do everything. Returns what it selects.
    pub fn run(&self, database: &str, sql: &str) -> String {
        let mut psql = Command::new(program("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-h", "127.0.0.1"])
            .args(["-U", Self::USER, "-p", &self.process.port().to_string(), "-d", database])
            .args(["-c", sql])
            .env("PGPASSWORD", Self::PASSWORD);
        let output = psql.output().expect("psql is installed");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{sql}: {said}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }
}

fn command(port: u16, directory: &Path) -> Command {
    let data = directory.join("data");
    if !data.exists() {
        make_cluster(directory, &data);
    }
    let mut command = Command::new(program("postgres"));
    command.arg("-D").arg(data).args(["-p", &port.to_string(), "-h", "127.0.0.1", "-k", ""]);
    // What is written outlives the server being killed; only the machine's end is not survived.
    command.args(["-c", "fsync=off", "-c", "max_connections=300"]);
    as_nobody(&mut command, directory);
    command
}

fn make_cluster(directory: &Path, data: &Path) {
    fs::create_dir(data).expect("our own directory");
    let password = directory.join("password");
    fs::write(&password, Postgres::PASSWORD).expect("our own directory");
    if is_root(directory) {
        chown(data, Some(NOBODY), Some(NOBODY)).expect("we are root");
    }
    let mut initdb = Command::new(program("initdb"));
    initdb.arg("-D").arg(data).args(["-U", Postgres::USER, "-N", "--auth=scram-sha-256"]);
    initdb.args(["--encoding=UTF8", "--locale=C", "--pwfile"]).arg(&password);
    as_nobody(&mut initdb, directory);
    let output = initdb.output().expect("initdb is installed");
    assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
}

fn as_nobody(command: &mut Command, directory: &Path) {
    command.current_dir(directory);
    if is_root(directory) {
        command.uid(NOBODY).gid(NOBODY);
    }
}

/// Whether we are root: the directory is our own.
fn is_root(directory: &Path) -> bool {
    fs::metadata(directory).expect("our own directory").uid() == 0
}

/// A program of the server's own directory, of which Debian links some only.
fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let places: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    let places: Vec<&Path> = places.iter().map(PathBuf::as_path).collect();
    let postgres = fs::canonicalize(of_system("postgres", &places)).expect("it is there");
    postgres.with_file_name(name)
}

/// Begins to log in. A server that still recovers answers with an error.
///
/// # Source
/// PostgreSQL, "Message Formats", StartupMessage
fn is_ready(stream: &mut TcpStream) -> io::Result<bool> {
    let words = b"\0\x03\0\0user\0postgres\0database\0postgres\0\0";
    let length = u32::try_from(words.len() + 4).expect("short");
    stream.write_all(&[&length.to_be_bytes(), &words[..]].concat())?;
    let mut kind = [0];
    stream.read_exact(&mut kind)?;
    Ok(kind == *b"R")
}
