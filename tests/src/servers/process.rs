//! A server's process: it ends when this one does, however this one ends.

use super::port;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    net::{SocketAddr, TcpStream},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// How long a server may take until it answers.
const START: Duration = Duration::from_secs(90);

/// How to start a server: its command, given a port and its directory.
pub type Start = Box<dyn Fn(u16, &Path) -> Command + Send + Sync>;

/// Whether a server that was just connected to is ready.
pub type IsReady = fn(&mut TcpStream) -> io::Result<bool>;

/// A server with a port and a directory of its own.
pub struct Process {
    name: &'static str,
    port: u16,
    directory: PathBuf,
    start: Start,
    is_ready: IsReady,
    running: Mutex<Running>,
}

struct Running {
    child: Option<Child>,
    /// Learns of each process; when this end closes, it kills the last one and removes the directory.
    watchdog: ChildStdin,
}

impl Process {
    /// Starts a server and waits until it is ready.
    pub fn start(name: &'static str, is_ready: IsReady, start: Start) -> Self {
        let directory = tempfile::Builder::new().prefix("trunks-server-").tempdir();
        let directory = directory.expect("a temporary directory").keep();
        // Some servers run as somebody else.
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o711)).expect("our own");
        let running = Running { child: None, watchdog: watchdog(&directory) };
        let running = Mutex::new(running);
        let mut this = Self { name, port: 0, directory, start, is_ready, running };
        // Somebody else may have taken the port in between.
        for _ in 0..3 {
            this.port = port::free();
            if this.try_start() {
                return this;
            }
        }
        panic!("{name} does not start:\n{}", this.log())
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// Its port at 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it keeps its data, and what else goes with it.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its process, which leads a group.
    pub fn id(&self) -> Option<u32> {
        self.running().child.as_ref().map(Child::id)
    }

    /// Kills it, with all that it has started, so that it can tidy up nothing.
    pub fn kill(&self) {
        let mut running = self.running();
        if let Some(mut child) = running.child.take() {
            // Some of what it has started may have left its group, and some may end by itself.
            let family = family(child.id());
            let all = family.iter().map(u32::to_string);
            let kill = Command::new("kill").arg("-9").args(all).stderr(Stdio::null()).status();
            kill.expect("kill is installed");
            child.wait().expect("it was killed");
            // What it shared with those that it started is only free when they are gone.
            while family.iter().any(|id| is_alive(*id)) {
                thread::sleep(Duration::from_millis(1));
            }
            writeln!(running.watchdog).expect("the watchdog lives");
        }
    }

    /// Ends it as the system does when it shuts down, for servers that write to disk now and then only
    /// and would lose what they have acknowledged.
    pub fn stop(&self) {
        let mut running = self.running();
        if let Some(mut child) = running.child.take() {
            let kill = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
            kill.expect("kill is installed");
            child.wait().expect("it was told to end");
            writeln!(running.watchdog).expect("the watchdog lives");
        }
    }

    /// Starts it again after a kill, and waits until it is ready.
    pub fn start_again(&self) {
        assert!(self.try_start(), "{} does not start again:\n{}", self.name, self.log());
    }

    /// What it has said.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    fn try_start(&self) -> bool {
        let mut running = self.running();
        assert!(running.child.is_none(), "{} runs already", self.name);
        let mut command = (self.start)(self.port, &self.directory);
        let log = self.open_log();
        command.stdin(Stdio::null()).stderr(log.try_clone().expect("a second handle")).stdout(log);
        let spawned = command.process_group(0).spawn();
        let mut child = spawned.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        writeln!(running.watchdog, "{}", child.id()).expect("the watchdog lives");
        let until = Instant::now() + START;
        loop {
            if child.try_wait().expect("our child").is_some() {
                writeln!(running.watchdog).expect("the watchdog lives");
                return false;
            }
            if self.answers() {
                running.child = Some(child);
                return true;
            }
            assert!(Instant::now() < until, "{} does not answer:\n{}", self.name, self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(self.address()) else { return false };
        let limit = Some(Duration::from_secs(5));
        stream.set_read_timeout(limit).expect("a limit");
        (self.is_ready)(&mut stream).unwrap_or(false)
    }

    fn open_log(&self) -> File {
        let path = self.directory.join("log");
        OpenOptions::new().create(true).append(true).open(path).expect("our own directory")
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}", self.name, self.address())
    }
}

/// Whether there is such a process, not merely its exit code that nobody has asked for.
pub(super) fn is_alive(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with(['Z', 'X']))
}

/// A process and all that come from it.
fn family(of: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").expect("Linux").flatten();
    let parents: Vec<(u32, u32)> = processes
        .filter_map(|process| {
            let stat = fs::read_to_string(process.path().join("stat")).ok()?;
            // The name of the program, in brackets, may hold anything.
            let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
            Some((process.file_name().to_str()?.parse().ok()?, parent))
        })
        .collect();
    let mut family = vec![of];
    let mut at = 0;
    while let Some(&parent) = family.get(at) {
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(id, _)| id));
        at += 1;
    }
    family
}

/// Starts what ends a server after us: a server that all tests share is dropped by nobody, and a
/// test program may be killed.
fn watchdog(directory: &Path) -> ChildStdin {
    // In the background, where a shell would take its input away, so that nobody need wait for it.
    const SCRIPT: &str = "exec 3<&0\n\
                          {\n\
                          while read -r line; do group=$line; done\n\
                          if [ \"$group\" ]; then\n\
                          kill -INT \"-$group\"; sleep 1; kill -9 \"-$group\"\n\
                          fi\n\
                          rm -rf -- \"$1\"\n\
                          } <&3 &";
    let mut shell = Command::new("sh");
    shell.args(["-c", SCRIPT, "watchdog"]).arg(directory).current_dir("/").process_group(0);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut shell = shell.spawn().expect("a shell is installed");
    let watchdog = shell.stdin.take().expect("piped");
    shell.wait().expect("it leaves the rest to the background");
    watchdog
}
