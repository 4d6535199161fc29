//! A double of Google Cloud Storage: the part of its XML API that a store needs, answering as Google
//! documents it. No server that honours preconditions is in any registry.
//!
//! # Source
//! Cloud Storage documentation: "XML API", "Request preconditions", "Multipart uploads" (which take
//! no preconditions: 400 `NotImplemented`), "Composite objects".

mod answer;
mod bucket;
mod request;

#[cfg(test)]
mod tests;

use answer::Answer;
use bucket::Bucket;
use request::Request;
use std::{
    io::BufReader,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// A running double, with one bucket. Its threads live as long as the process.
#[derive(Debug)]
pub struct Google {
    address: SocketAddr,
}

impl Google {
    /// The only bucket.
    pub const BUCKET: &str = "trunks-test";
    /// The access token that is wanted.
    pub const TOKEN: &str = "trunks-test-token";

    /// Starts an empty one on a free port of the loopback.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let bucket = Arc::new(Mutex::new(Bucket::default()));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let bucket = bucket.clone();
                thread::spawn(move || serve(stream, &bucket));
            }
        });
        Self { address }
    }

    /// The server's address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The server's URL.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn serve(stream: TcpStream, bucket: &Mutex<Bucket>) {
    let Ok(mut writer) = stream.try_clone() else { return };
    let mut reader = BufReader::new(stream);
    while let Ok(Some(request)) = Request::read(&mut reader) {
        let answer = answer(&request, bucket);
        if answer.write(&mut writer, request.method == "HEAD").is_err() {
            return;
        }
    }
}

fn answer(request: &Request, bucket: &Mutex<Bucket>) -> Answer {
    let token = format!("Bearer {}", Google::TOKEN);
    if request.header("authorization") != Some(&token) {
        return Answer::error(401, "AuthenticationRequired");
    }
    let Some(key) = request.path.strip_prefix(&format!("/{}/", Google::BUCKET)) else {
        return Answer::error(404, "NoSuchBucket");
    };
    let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
    let upload = request.query("uploadId");
    match (request.method.as_str(), key) {
        ("GET", "") if request.query("list-type") == Some("2") => bucket.list(request),
        ("GET", "") if request.query("uploads").is_some() => bucket.uploads(request),
        ("GET" | "HEAD", key) => bucket.get(key, request),
        ("POST", key) if request.query("uploads").is_some() => bucket.start(key, request),
        ("POST", key) if upload.is_some() => bucket.complete(key, request),
        ("PUT", _) if upload.is_some() => bucket.part(request),
        ("PUT", key) if request.query("compose").is_some() => bucket.compose(key, request),
        ("PUT", key) => bucket.put(key, request),
        ("DELETE", _) if upload.is_some() => bucket.abort(request),
        ("DELETE", key) => bucket.delete(key, request),
        _ => Answer::error(405, "MethodNotAllowed"),
    }
}
