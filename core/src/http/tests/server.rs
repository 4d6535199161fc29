//! A small HTTP server for tests, over the memory store, so that real git can be the client.

use crate::{
    exchange::{Exchange, ExchangeError},
    http::{Connection, Host, RequestHead, ResponseHead, access::Keys, serve},
    limits::Limits,
    store::Memory,
    testing::block_on,
};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

pub(super) const SECRET: &str = "a secret of the tests, long enough";

/// What one request was, for tests that look at what git sent.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub request: RequestHead,
    pub status: u16,
}

pub(super) fn host() -> Host {
    Host {
        limits: Limits::default(),
        agent: "trunks/test".to_owned(),
        keys: keys(),
        now_s: 1_700_000_000,
        nonce: [5; 20],
    }
}

pub(super) fn keys() -> Keys {
    Keys::parse(&SECRET.replace(' ', "-")).unwrap()
}

/// Serves `store` while `during` runs, which is given the URL of the root, with `user` in it.
pub(super) fn serve_while<T>(
    store: &Memory,
    token: &str,
    during: impl FnOnce(&str) -> T,
) -> (T, Vec<Seen>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let is_over = AtomicBool::new(false);
    let seen = Mutex::new(Vec::new());
    let result = thread::scope(|scope| {
        scope.spawn(|| {
            for client in listener.incoming() {
                if is_over.load(Ordering::SeqCst) {
                    return;
                }
                let seen = &seen;
                scope.spawn(move || {
                    if let Some(request) = answer(store, client.unwrap()) {
                        seen.lock().unwrap().push(request);
                    }
                });
            }
        });
        let over = Over { is_over: &is_over, address };
        let user = if token.is_empty() { String::new() } else { format!("me:{token}@") };
        let result = during(&format!("http://{user}{address}/"));
        drop(over);
        result
    });
    (result, seen.into_inner().unwrap())
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

fn answer(store: &Memory, client: TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(client.try_clone().unwrap());
    let request = head(&mut reader)?;
    let body = match request.header("transfer-encoding") {
        Some(_) => chunked(&mut reader),
        None => {
            let length = request.header("content-length").map_or(0, |n| n.parse().unwrap());
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            body
        }
    };
    let mut connection = Socket { client, body: Some(body), status: 0 };
    let _ = block_on(serve(store, &request, &mut connection, &host()));
    Some(Seen { request, status: connection.status })
}

fn head(reader: &mut impl BufRead) -> Option<RequestHead> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?, words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = RequestHead {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: Vec::new(),
    };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(": ") else { return Some(request) };
        request.headers.push((name.to_lowercase(), value.to_owned()));
    }
}

fn chunked(reader: &mut impl BufRead) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let length = usize::from_str_radix(line.trim(), 16).unwrap();
        let start = body.len();
        body.resize(start + length + 2, 0);
        reader.read_exact(&mut body[start..]).unwrap();
        body.truncate(start + length);
        if length == 0 {
            return body;
        }
    }
}

/// A socket whose request was read already. A response ends with the connection.
struct Socket {
    client: TcpStream,
    body: Option<Vec<u8>>,
    status: u16,
}

impl Connection for Socket {
    async fn begin(&mut self, head: ResponseHead) -> Result<(), ExchangeError> {
        assert_eq!(self.status, 0, "a response begins once");
        self.status = head.status;
        let mut text = format!("HTTP/1.1 {} -\r\nconnection: close\r\n", head.status);
        for (name, value) in head.headers {
            text += &format!("{name}: {value}\r\n");
        }
        self.send(format!("{text}\r\n").as_bytes())
    }

    fn fail(&mut self, reason: &str) {
        panic!("a response was broken off: {reason}");
    }
}

impl Exchange for Socket {
    async fn read(&mut self) -> Result<Vec<u8>, ExchangeError> {
        Ok(self.body.take().unwrap_or_default())
    }

    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ExchangeError> {
        assert_ne!(self.status, 0, "a response begins before its body");
        self.send(&bytes)
    }
}

impl Socket {
    fn send(&mut self, bytes: &[u8]) -> Result<(), ExchangeError> {
        let sent = self.client.write_all(bytes);
        sent.map_err(|error| ExchangeError { reason: error.to_string() })
    }
}
