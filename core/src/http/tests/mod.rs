//! Real git over HTTP, and requests that no git would send.

mod access;
mod api;
mod bodies;
mod clients;
mod server;

use crate::{
    exchange::{Exchange, ExchangeError},
    http::{
        Connection, RequestHead, ResponseHead,
        access::{Access, Key, Token},
        serve,
    },
    limits::Limits,
    repository::{CreateOptions, RepoName, Repository},
    store::Memory,
    testing::block_on,
};
use alloc::{
    borrow::ToOwned,
    collections::VecDeque,
    string::{String, ToString},
    vec::Vec,
};
use server::{SECRET, host};

/// A store with an empty repository of each name.
fn store_with(names: &[&str]) -> Memory {
    let store = Memory::new();
    for name in names {
        let options = CreateOptions {
            default_branch: "main".to_owned(),
            is_static: false,
            id: "00000000-0000-4000-8000-000000000000".to_owned(),
        };
        block_on(Repository::create(&store, &RepoName::new(name).unwrap(), &options)).unwrap();
    }
    store
}

fn make_public(store: &Memory, name: &str) {
    let repository = Repository::open(store, &RepoName::new(name).unwrap(), Limits::default());
    block_on(repository.set_public(true)).unwrap();
}

fn token(scope: &str, access: Access) -> String {
    token_until(scope, access, host().now_s + 1)
}

fn token_until(scope: &str, access: Access, expires_s: u64) -> String {
    let key = Key::new(&SECRET.replace(' ', "-")).unwrap();
    Token { scope: scope.parse().unwrap(), access, expires_s }.write(&key)
}

/// A request to `target`, with headers.
fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> RequestHead {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    RequestHead {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect(),
    }
}

/// Has a request answered whose body comes in these pieces.
fn ask(store: &Memory, request: &RequestHead, body: &[&[u8]]) -> Answer {
    let body = body.iter().map(|piece| piece.to_vec()).collect();
    let mut answer = Answer { body, ..Answer::default() };
    let _ = block_on(serve(store, request, &mut answer, &host()));
    answer
}

/// A client that never waits, and what it was answered.
#[derive(Debug, Default)]
struct Answer {
    body: VecDeque<Vec<u8>>,
    head: Option<ResponseHead>,
    written: Vec<u8>,
    broken_off: Option<String>,
}

impl Answer {
    fn status(&self) -> u16 {
        self.head.as_ref().expect("an answer").status
    }

    fn header(&self, name: &str) -> Option<&str> {
        let headers = &self.head.as_ref().expect("an answer").headers;
        headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.written).into_owned()
    }
}

impl Connection for Answer {
    async fn begin(&mut self, head: ResponseHead) -> Result<(), ExchangeError> {
        assert!(self.head.replace(head).is_none(), "a response begins once");
        Ok(())
    }

    fn fail(&mut self, reason: &str) {
        self.broken_off = Some(reason.to_owned());
    }
}

impl Exchange for Answer {
    async fn read(&mut self) -> Result<Vec<u8>, ExchangeError> {
        Ok(self.body.pop_front().unwrap_or_default())
    }

    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ExchangeError> {
        assert!(self.head.is_some(), "a response begins before its body");
        self.written.extend(bytes);
        Ok(())
    }
}
