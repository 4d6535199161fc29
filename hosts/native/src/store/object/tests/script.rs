//! A server that answers requests by a script, and remembers them.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// A request as it came. Names of headers are in small letters.
#[derive(Clone, Debug)]
pub struct Asked {
    pub line: String,
    pub headers: HashMap<String, String>,
    pub body: String,
}

/// What is done about a request.
#[derive(Clone, Debug)]
pub enum Act {
    /// Status, further headers (whole lines) and body.
    Say(u16, String, String),
    /// The connection ends without an answer.
    Drop,
    /// No answer comes.
    Hang,
}

/// A running server.
#[derive(Debug)]
pub struct Script {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Script {
    /// `act`: what is done about a request, given how many came before.
    pub fn new(act: impl Fn(usize, &Asked) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (seen, act) = (asked.clone(), Arc::new(act));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, act) = (seen.clone(), act.clone());
                thread::spawn(move || serve(stream, &seen, &*act));
            }
        });
        Self { address, asked }
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The first lines of all requests so far, without the protocol.
    pub fn lines(&self) -> Vec<String> {
        let line = |asked: &Asked| asked.line.trim_end_matches(" HTTP/1.1").to_owned();
        self.asked.lock().expect("whole").iter().map(line).collect()
    }
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn is(&self, method: &str) -> bool {
        self.line.starts_with(method)
    }
}

/// A success with this entity tag and these headers.
pub fn tagged(tag: &str, headers: &str) -> Act {
    Act::Say(200, format!("ETag: \"{tag}\"\r\n{headers}"), String::new())
}

/// A refusal, as S3 words it.
pub fn refusal(status: u16, code: &str) -> Act {
    let body = format!("<Error><Code>{code}</Code><Message>So it is.</Message></Error>");
    Act::Say(status, String::new(), body)
}

fn serve(stream: TcpStream, seen: &Mutex<Vec<Asked>>, act: &dyn Fn(usize, &Asked) -> Act) {
    let mut writer = stream.try_clone().expect("a handle");
    let mut reader = BufReader::new(stream);
    while let Some(asked) = read(&mut reader) {
        let before = {
            let mut seen = seen.lock().expect("whole");
            seen.push(asked.clone());
            seen.len() - 1
        };
        match act(before, &asked) {
            Act::Say(status, headers, body) => {
                let length = if status == 204 { 0 } else { body.len() };
                let head =
                    format!("HTTP/1.1 {status} x\r\n{headers}Content-Length: {length}\r\n\r\n");
                let body = if asked.is("HEAD") { "" } else { &body };
                if writer.write_all((head + body).as_bytes()).is_err() {
                    return;
                }
            }
            Act::Drop => return,
            Act::Hang => thread::sleep(Duration::from_secs(60)),
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let mut headers = HashMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Some(Asked { line: line.trim_end().to_owned(), headers, body })
}
