//! A request and its response as the core's connection.

use futures_channel::{mpsc, oneshot};
use futures_util::{
    SinkExt, StreamExt,
    future::{Either, select},
};
use std::time::Duration;
use trunks_core::{
    exchange::{Exchange, ExchangeError},
    http::{Connection, RequestHead, ResponseHead},
};
use worker::{ByteStream, Delay, Headers, Request, Response, ResponseBuilder};

/// A client that sends its request and waits for the response.
#[derive(Debug)]
pub struct Client {
    /// `None` when there is no body.
    body: Option<ByteStream>,
    /// How long it may send nothing.
    patience: Duration,
    head: Option<oneshot::Sender<ResponseHead>>,
    output: mpsc::Sender<worker::Result<Vec<u8>>>,
}

/// The response of a [`Client`] to come.
#[derive(Debug)]
pub struct Pending {
    head: oneshot::Receiver<ResponseHead>,
    output: mpsc::Receiver<worker::Result<Vec<u8>>>,
}

impl Client {
    /// The client that has sent `request`, and may send nothing of its body for `patience`.
    pub fn new(request: &mut Request, patience: Duration) -> (Self, Pending) {
        let (head, pending_head) = oneshot::channel();
        // One piece may wait: what is not read is not made.
        let (output, pending_output) = mpsc::channel(0);
        let body = request.inner().body().and_then(|_| request.stream().ok());
        let client = Self { body, patience, head: Some(head), output };
        (client, Pending { head: pending_head, output: pending_output })
    }
}

impl Pending {
    /// The response, once it has begun. Its body is what is still to be written.
    ///
    /// # Errors
    /// It never began.
    pub async fn response(self) -> worker::Result<Response> {
        let head = self.head.await.map_err(|_| worker::Error::from("there was no response"))?;
        let headers = Headers::new();
        for (name, value) in &head.headers {
            headers.set(name, value)?;
        }
        let response = ResponseBuilder::new().with_status(head.status).with_headers(headers);
        match head.status {
            // The runtime takes no body with these, not even an empty one.
            204 | 304 => Ok(response.empty()),
            _ => response.from_stream(self.output),
        }
    }
}

/// The request without its body.
pub fn head(request: &Request) -> RequestHead {
    let url = request.inner().url();
    let url = url.split_once('#').map_or(url.as_str(), |(url, _)| url);
    RequestHead {
        method: request.inner().method(),
        path: request.path(),
        query: url.split_once('?').map_or_else(String::new, |(_, query)| query.to_owned()),
        headers: request.headers().entries().collect(),
    }
}

impl Exchange for Client {
    async fn read(&mut self) -> Result<Vec<u8>, ExchangeError> {
        let Some(body) = &mut self.body else { return Ok(Vec::new()) };
        loop {
            match select(body.next(), Delay::from(self.patience)).await {
                Either::Left((None, _)) => return Ok(Vec::new()),
                // An empty piece would mean the end.
                Either::Left((Some(Ok(bytes)), _)) if bytes.is_empty() => {}
                Either::Left((Some(Ok(bytes)), _)) => return Ok(bytes),
                Either::Left((Some(Err(error)), _)) => return Err(lost(error)),
                Either::Right(_) => {
                    let waited_s = self.patience.as_secs();
                    return Err(lost(format!("the client sent nothing for {waited_s} s")));
                }
            }
        }
    }

    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ExchangeError> {
        self.output.send(Ok(bytes)).await.map_err(|_| lost("the client went away"))
    }
}

impl Connection for Client {
    async fn begin(&mut self, head: ResponseHead) -> Result<(), ExchangeError> {
        match self.head.take().map(|pending| pending.send(head)) {
            Some(Ok(())) => Ok(()),
            _ => Err(lost("the client went away")),
        }
    }

    fn fail(&mut self, reason: &str) {
        // If one piece waits already, there is room for one more from a new sender.
        let _ = self.output.clone().try_send(Err(reason.into()));
    }
}

fn lost(reason: impl ToString) -> ExchangeError {
    ExchangeError { reason: reason.to_string() }
}
