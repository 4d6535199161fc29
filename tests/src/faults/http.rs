//! The proxy that knows requests.

use super::{
    fault::{Fault, Plan},
    listener::Listener,
    message::{Body, Head},
};
use std::{
    io::{self, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

/// A proxy in front of one web server.
///
/// Each client's connection has one to the server. Bodies are held whole, up to some 100 MiB.
#[derive(Debug)]
pub struct HttpFaults {
    listener: Listener,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    plans: Vec<Plan>,
    exchanges: Vec<Exchange>,
    faulted: u32,
}

/// A request that came from a client, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// `GET`, `PUT`, …
    pub method: String,
    /// The path and what follows it.
    pub target: String,
    /// Length of the request's body in bytes.
    pub sent_bytes: u64,
    /// Length of the answer's body in bytes.
    pub received_bytes: u64,
    /// The answer's status; 0: the client had none.
    pub status: u16,
}

impl HttpFaults {
    /// Stands in front of `server`, and breaks nothing at first.
    pub fn before(server: SocketAddr) -> Self {
        let state = Arc::<Mutex<State>>::default();
        let of_connections = state.clone();
        let listener = Listener::start(server, move |client, server| {
            Connection { client, server, state: of_connections.clone() }.serve()
        });
        Self { listener, state }
    }

    /// Where clients are to connect.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// The URL that stands for the server's.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Adds to what is to go wrong. Of several plans the one that was made first meets a request.
    pub fn plan(&self, plan: Plan) {
        self.state().plans.push(plan);
    }

    /// Forgets what is to go wrong, and ends every connection. Returns how many requests were met.
    pub fn clear(&self) -> u32 {
        self.listener.cut();
        let mut state = self.state();
        state.plans.clear();
        std::mem::take(&mut state.faulted)
    }

    /// Takes the requests that were seen since the last time.
    pub fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.state().exchanges)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Connection {
    client: TcpStream,
    server: TcpStream,
    state: Arc<Mutex<State>>,
}

impl Connection {
    fn serve(mut self) -> io::Result<()> {
        let mut requests = BufReader::new(self.client.try_clone()?);
        let mut answers = BufReader::new(self.server.try_clone()?);
        while let Some(mut request) = Head::read(&mut requests)? {
            if request.remove("expect") {
                self.client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
            let body = request.request_body().read(&mut requests)?;
            let number = self.note(&request, &body);
            let fault = self.fault(&request);
            if !self.exchange(&request, &body, &mut answers, number, fault)? {
                break;
            }
        }
        Ok(())
    }

    /// Answers one request. Returns whether the connection goes on.
    fn exchange(
        &mut self,
        request: &Head,
        body: &[u8],
        answers: &mut BufReader<TcpStream>,
        number: usize,
        fault: Option<Fault>,
    ) -> io::Result<bool> {
        let whole = [&request.bytes(), body].concat();
        match fault {
            Some(Fault::CutBefore) => return Ok(false),
            Some(Fault::CutWithin) => {
                self.server.write_all(&whole[..whole.len() / 2])?;
                return Ok(false);
            }
            Some(Fault::Answer(status, code)) => {
                self.answer(request, number, status, code, None)?;
                return Ok(!closes(request));
            }
            Some(Fault::AnswerDated(status, code, date)) => {
                self.answer(request, number, status, code, Some(date))?;
                return Ok(!closes(request));
            }
            _ => self.server.write_all(&whole)?,
        }
        let method = request.words[0].as_str();
        let answer = Head::read(answers)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let delimited = answer.answer_body(method);
        let mut bytes = delimited.read(answers)?;
        match fault {
            Some(Fault::LoseAnswer) => return Ok(false),
            Some(Fault::Hang) => {
                // Until the client has enough of it, or the proxy.
                let mut rest = Vec::new();
                self.client.read_to_end(&mut rest)?;
                return Ok(false);
            }
            Some(Fault::AnswerAfter(status, code)) => {
                self.answer(request, number, status, code, None)?;
                return Ok(!closes(request));
            }
            Some(Fault::Late(by)) => thread::sleep(by),
            Some(Fault::CutAnswer) => bytes.truncate(bytes.len() / 2),
            _ => {}
        }
        self.client.write_all(&answer.bytes())?;
        self.client.write_all(&bytes)?;
        let status = answer.words[1].parse().unwrap_or(0);
        self.end(number, status, bytes.len());
        let is_over = delimited == Body::UntilEnd || closes(&answer) || closes(request);
        Ok(!is_over && fault != Some(Fault::CutAnswer))
    }

    /// Answers in the server's place, in words that every kind of store's client reads.
    fn answer(
        &mut self,
        request: &Head,
        number: usize,
        status: u16,
        code: &str,
        date: Option<&str>,
    ) -> io::Result<()> {
        let body = match request.words[0].as_str() {
            "HEAD" => String::new(),
            _ => format!(
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
                 <Error><Code>{code}</Code><Message>made by the test</Message></Error>"
            ),
        };
        let length = body.len();
        let date = date.map_or(String::new(), |date| format!("Date: {date}\r\n"));
        write!(
            self.client,
            "HTTP/1.1 {status} {code}\r\nx-ms-error-code: {code}\r\n{date}\
             Content-Type: application/xml\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        self.end(number, status, length);
        Ok(())
    }

    fn fault(&self, request: &Head) -> Option<Fault> {
        let mut state = lock(&self.state);
        let [method, target, _] = &request.words;
        let fault = state
            .plans
            .iter_mut()
            .find_map(|plan| plan.meets(method, target).then_some(plan.fault));
        state.plans.retain(|plan| !plan.is_spent());
        state.faulted += u32::from(fault.is_some());
        fault
    }

    fn note(&self, request: &Head, body: &[u8]) -> usize {
        let [method, target, _] = request.words.clone();
        let sent_bytes = body.len() as u64;
        let mut state = lock(&self.state);
        state.exchanges.push(Exchange { method, target, sent_bytes, received_bytes: 0, status: 0 });
        state.exchanges.len() - 1
    }

    /// Notes an answer; of requests that were taken meanwhile nobody wants to know.
    fn end(&self, number: usize, status: u16, bytes: usize) {
        if let Some(exchange) = lock(&self.state).exchanges.get_mut(number) {
            exchange.status = status;
            exchange.received_bytes = bytes as u64;
        }
    }
}

/// Whether a message is the last one on its connection.
fn closes(head: &Head) -> bool {
    head.header("connection").is_some_and(|what| what.eq_ignore_ascii_case("close"))
}

impl Drop for Connection {
    fn drop(&mut self) {
        drop(self.client.shutdown(Shutdown::Both));
        drop(self.server.shutdown(Shutdown::Both));
    }
}
