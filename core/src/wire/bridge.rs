//! A server for tests: real git as the client, over the `git://` protocol on the loopback.

use super::{
    ReceiveOptions, Session, UploadOptions, Version, WireError, receive_pack, upload_pack,
};
use crate::{
    exchange::{Exchange, ExchangeError},
    limits::Limits,
    repository::{RepoName, Repository},
    store::Store,
    testing::block_on,
};
use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

/// What became of the conversations that a server had, in the order in which they ended.
pub(crate) type Outcomes = Vec<Result<(), WireError>>;

/// Serves the repositories of `store` while `during` runs. It is given the URL that the name of a
/// repository is to be appended to.
pub(crate) fn serve<S, T>(store: S, during: impl FnOnce(&str) -> T) -> (T, Outcomes)
where
    S: Store + Clone + Send + Sync,
{
    serve_within(store, Limits::default(), during)
}

/// [`serve`] with other limits.
pub(crate) fn serve_within<S, T>(
    store: S,
    limits: Limits,
    during: impl FnOnce(&str) -> T,
) -> (T, Outcomes)
where
    S: Store + Clone + Send + Sync,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let is_over = AtomicBool::new(false);
    let outcomes = Mutex::new(Vec::new());
    let result = thread::scope(|scope| {
        scope.spawn(|| {
            for client in listener.incoming() {
                if is_over.load(Ordering::SeqCst) {
                    return;
                }
                let (store, limits) = (store.clone(), limits.clone());
                let outcomes = &outcomes;
                scope.spawn(move || {
                    let outcome = converse(store, limits, client.unwrap());
                    outcomes.lock().unwrap().push(outcome);
                });
            }
        });
        // Even when it panics the server is to end, or the scope would wait for it forever.
        let over = Over { is_over: &is_over, address };
        let result = during(&format!("git://{address}/"));
        drop(over);
        result
    });
    (result, outcomes.into_inner().unwrap())
}

/// Ends the server when dropped.
struct Over<'o> {
    is_over: &'o AtomicBool,
    address: std::net::SocketAddr,
}

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

/// Has one conversation, of whatever the client's first line asks for.
fn converse<S: Store + Clone>(
    store: S,
    limits: Limits,
    mut client: TcpStream,
) -> Result<(), WireError> {
    client.set_nodelay(true).unwrap();
    let line = read_request(&mut client).map_err(lost)?;
    let mut parts = line.split('\0');
    let (service, path) = parts.next().and_then(|first| first.split_once(' ')).unwrap();
    let version = match line.split('\0').find_map(|part| part.strip_prefix("version=")) {
        Some("2") => Version::V2,
        Some("1") => Version::V1,
        _ => Version::V0,
    };
    let name = RepoName::new(path.trim_start_matches('/')).unwrap();
    let repository = Repository::open(store, &name, limits);
    let mut exchange = Tcp(client);
    let agent = "trunks/test".to_string();
    match service {
        "git-upload-pack" => {
            let options = UploadOptions { version, session: Session::Duplex, agent };
            block_on(upload_pack(&repository, &mut exchange, &options))
        }
        "git-receive-pack" => {
            let session = Session::Duplex;
            let options = ReceiveOptions { version, session, agent, nonce: nonce() };
            block_on(receive_pack(&repository, &mut exchange, &options))
        }
        _ => panic!("no service {service}"),
    }
}

/// Reads the pkt-line that a conversation over `git://` begins with.
fn read_request(client: &mut TcpStream) -> io::Result<String> {
    let mut length = [0; 4];
    client.read_exact(&mut length)?;
    let length = core::str::from_utf8(&length).unwrap();
    let length = usize::from_str_radix(length, 16).unwrap();
    let mut line = vec![0; length - 4];
    client.read_exact(&mut line)?;
    Ok(String::from_utf8(line).unwrap())
}

fn nonce() -> [u8; 20] {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let mut nonce = [0; 20];
    nonce[..8].copy_from_slice(&NUMBER.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    nonce
}

/// A socket whose reads and writes block.
struct Tcp(TcpStream);

impl Exchange for Tcp {
    async fn read(&mut self) -> Result<Vec<u8>, ExchangeError> {
        let mut bytes = vec![0; 64 * 1024];
        let length = self.0.read(&mut bytes).map_err(lost)?;
        bytes.truncate(length);
        Ok(bytes)
    }

    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ExchangeError> {
        self.0.write_all(&bytes).map_err(lost)
    }
}

fn lost(error: io::Error) -> ExchangeError {
    ExchangeError { reason: error.to_string() }
}
