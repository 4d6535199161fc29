//! Accepting connections until the proxy is dropped, and cutting those that are open.

use std::{
    io,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

/// A listening port, and the connections that it has open.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<TcpStream>>>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Listens, connects each client to `server`, and hands both connections to `serve` in a thread.
    pub fn start(
        server: SocketAddr,
        serve: impl Fn(TcpStream, TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("bound");
        let is_over = Arc::new(AtomicBool::new(false));
        let open = Arc::new(Mutex::new(Vec::new()));
        let serve = Arc::new(serve);
        let (stop, connections) = (is_over.clone(), open.clone());
        let thread = thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                // A server that is down: the client is cut off.
                let Ok(server) = TcpStream::connect(server) else { continue };
                let serve = serve.clone();
                let mut open = connections.lock().unwrap_or_else(PoisonError::into_inner);
                open.retain(|stream: &TcpStream| stream.peer_addr().is_ok());
                for stream in [&client, &server] {
                    let _ = stream.set_nodelay(true);
                    open.extend(stream.try_clone());
                }
                drop(open);
                thread::spawn(move || {
                    // Whatever goes wrong is an end of the connection, as it is in a real network.
                    let ends = [client.try_clone(), server.try_clone()];
                    let _ = serve(client, server);
                    ends.into_iter().flatten().for_each(|end| drop(end.shutdown(Shutdown::Both)));
                });
            }
        });
        Self { address, is_over, open, thread: Some(thread) }
    }

    /// Where clients are to connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends every connection there is, in both directions at once.
    pub fn cut(&self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.drain(..).for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // So that it looks.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
        self.cut();
    }
}
