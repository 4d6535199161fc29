//! A proxy that loses answers and counts questions.

use super::*;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use trunks::store::SslMode;

/// Stands before a server; the connections through it are not encrypted.
pub struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    /// How many pieces of answers are handed on before one is lost, and its connection with it; below
    /// 0: none is.
    countdown: AtomicI64,
    /// Whether the next connection with an answer hands on no more, and stays open.
    falls_silent: AtomicBool,
    /// What the server was asked that it must answer before the client can go on.
    questions: AtomicU64,
}

impl Proxy {
    async fn start(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("bound");
        let state = Arc::new(State {
            countdown: AtomicI64::new(-1),
            falls_silent: AtomicBool::new(false),
            questions: AtomicU64::new(0),
        });
        let (to, told) = (server.address(), state.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let told = told.clone();
                tokio::spawn(async move {
                    let server = TcpStream::connect(to).await.expect("the server listens");
                    hand_on(client, server, &told).await;
                });
            }
        });
        Self { address, state }
    }

    /// Loses the piece of an answer that comes after `others`.
    pub fn lose_one(&self, others: i64) {
        self.state.countdown.store(others, Ordering::SeqCst);
    }

    /// Keeps the next answer and all that come after it on that connection, which stays open.
    pub fn fall_silent(&self) {
        self.state.falls_silent.store(true, Ordering::SeqCst);
    }

    pub fn has_lost(&self) -> bool {
        self.state.countdown.load(Ordering::SeqCst) < 0
    }

    /// How many questions there have been.
    pub fn questions(&self) -> u64 {
        self.state.questions.load(Ordering::SeqCst)
    }
}

async fn hand_on(mut client: TcpStream, mut server: TcpStream, state: &State) {
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    let mut messages = Messages::default();
    loop {
        tokio::select! {
            read = client.read(&mut asked) => match read {
                Ok(length) if length > 0 => {
                    let questions = messages.read(&asked[..length]);
                    state.questions.fetch_add(questions, Ordering::SeqCst);
                    if server.write_all(&asked[..length]).await.is_err() { return; }
                }
                _ => return,
            },
            read = server.read(&mut answered) => match read {
                Ok(length) if length > 0 => {
                    if state.falls_silent.swap(false, Ordering::SeqCst) {
                        std::future::pending().await
                    }
                    // The server has done what it was asked, and says so to nobody.
                    if state.countdown.fetch_sub(1, Ordering::SeqCst) == 0 { return; }
                    if client.write_all(&answered[..length]).await.is_err() { return; }
                }
                _ => return,
            },
        }
    }
}

/// The messages of a client, as they come.
///
/// # Source
/// PostgreSQL, "Message Formats"
#[derive(Default)]
struct Messages {
    unread: Vec<u8>,
    is_started: bool,
}

impl Messages {
    /// Counts those in `bytes` after which the client waits: Query and Sync.
    fn read(&mut self, bytes: &[u8]) -> u64 {
        self.unread.extend_from_slice(bytes);
        let mut questions = 0;
        let mut at = 0;
        loop {
            // The first message has no kind.
            let kind = usize::from(self.is_started);
            let Some(length) = self.unread.get(at + kind..at + kind + 4) else { break };
            let length = u32::from_be_bytes(length.try_into().expect("four bytes")) as usize;
            let end = at + kind + length;
            if self.unread.len() < end {
                break;
            }
            questions += u64::from(self.is_started && matches!(self.unread[at], b'Q' | b'S'));
            self.is_started = true;
            at = end;
        }
        self.unread.drain(..at);
        questions
    }
}

/// A proxy, and two stores in a database that has tables: a near one, and a far one behind the proxy,
/// on one connection.
pub async fn behind_a_proxy() -> (Proxy, Postgres, Postgres) {
    let server = Server::shared();
    let database = server.database();
    let proxy = Proxy::start(server).await;
    let near = store(config(server, &database));
    let far = PostgresConfig {
        ports: vec![proxy.address.port()],
        connections: Some(1),
        ssl_mode: Some(SslMode::Disable),
        ..config(server, &database)
    };
    let far = store(far);
    put(&far, "there", b"x").await;
    (proxy, near, far)
}
