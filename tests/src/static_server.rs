//! A web server that knows nothing but files: what a bucket's web site or a CDN is to git.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Component, Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

/// Serves the files below a directory until it is dropped.
#[derive(Debug)]
pub struct StaticServer {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl StaticServer {
    /// Serves the files below `root` at a free port of this machine.
    pub fn start(root: PathBuf) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("bound");
        let is_over = Arc::new(AtomicBool::new(false));
        let stop = is_over.clone();
        let thread = thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let root = root.clone();
                // A client that goes away has what it wanted.
                thread::spawn(move || drop(answer(client, &root)));
            }
        });
        Self { address, is_over, thread: Some(thread) }
    }

    /// The URL of a file below the root.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }
}

impl Drop for StaticServer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // So that it looks.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Answers one request and ends the connection.
fn answer(mut client: TcpStream, root: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(client.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = request.strip_prefix("GET /").and_then(|rest| rest.split([' ', '?']).next());
    let path = path.map(PathBuf::from);
    let is_plain =
        |path: &PathBuf| path.components().all(|part| matches!(part, Component::Normal(_)));
    let file = path.filter(is_plain).and_then(|path| fs::read(root.join(path)).ok());
    let (status, body) = match file {
        Some(body) => ("200 OK", body),
        None => ("404 Not Found", Vec::new()),
    };
    let length = body.len();
    write!(client, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")?;
    client.write_all(&body)
}
