//! A request's body as an exchange reads it, and the response as an exchange writes it.

use super::{
    error::Refusal,
    gunzip::Gunzip,
    head::{Connection, RequestHead, ResponseHead},
};
use crate::exchange::{Exchange, ExchangeError};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

/// Inflated bytes are given out in pieces of about this size.
const PIECE_BYTES: usize = 64 * 1024;

/// A connection whose response begins with the first write, and whose body is checked and inflated.
pub(super) struct Dialogue<'c, C> {
    connection: &'c mut C,
    /// The response, until it has begun, and what stands before all that is written.
    opening: Option<(ResponseHead, Vec<u8>)>,
    declared_bytes: Option<u64>,
    arrived_bytes: u64,
    gunzip: Option<Gunzip>,
    is_over: bool,
    /// What is wrong with the body.
    fault: Option<String>,
}

impl<'c, C: Connection> Dialogue<'c, C> {
    /// The dialogue of this request, to be answered with `head` and with `preface` before the rest.
    pub fn new(
        connection: &'c mut C,
        request: &RequestHead,
        head: ResponseHead,
        preface: Vec<u8>,
    ) -> Result<Self, Refusal> {
        let gunzip = match request.header("content-encoding").map(str::trim) {
            None | Some("" | "identity") => None,
            Some("gzip" | "x-gzip") => Some(Gunzip::new()),
            Some(_) => return Err(Refusal::MediaType("a body may be encoded by gzip only".into())),
        };
        let declared = request.header("content-length").map(|length| length.trim().parse());
        let declared_bytes = declared
            .transpose()
            .map_err(|_| Refusal::Malformed("the content-length is not a number".into()))?;
        Ok(Self {
            connection,
            opening: Some((head, preface)),
            declared_bytes,
            arrived_bytes: 0,
            gunzip,
            is_over: false,
            fault: None,
        })
    }

    /// Ends the response: what was not begun is begun, unless the body was at fault.
    pub async fn finish(mut self) -> Result<(), Unanswered> {
        match self.fault.take() {
            Some(fault) if self.opening.is_some() => {
                Err(Unanswered::Refused(Refusal::Malformed(fault)))
            }
            _ => self.begin(Vec::new()).await.map_err(Unanswered::Lost),
        }
    }

    async fn begin(&mut self, mut bytes: Vec<u8>) -> Result<(), ExchangeError> {
        if let Some((head, mut preface)) = self.opening.take() {
            self.connection.begin(head).await?;
            if !preface.is_empty() {
                preface.append(&mut bytes);
                bytes = preface;
            }
        }
        if bytes.is_empty() { Ok(()) } else { self.connection.write(bytes).await }
    }

    /// Reads the next piece as it was sent; empty at the end.
    async fn arrive(&mut self) -> Result<Vec<u8>, ExchangeError> {
        if self.is_over {
            return Ok(Vec::new());
        }
        let bytes = match self.connection.read().await {
            Ok(bytes) => bytes,
            Err(ExchangeError { reason }) => return Err(self.fail(reason)),
        };
        self.arrived_bytes += bytes.len() as u64;
        self.is_over = bytes.is_empty();
        let arrived = self.arrived_bytes;
        match self.declared_bytes {
            Some(declared) if arrived > declared || (self.is_over && arrived < declared) => {
                let more = if arrived > declared { "more" } else { "less" };
                let fault = format!("{more} than the declared {declared} bytes arrived");
                Err(self.fail(fault))
            }
            _ => Ok(bytes),
        }
    }

    fn fail(&mut self, fault: String) -> ExchangeError {
        self.is_over = true;
        self.fault = Some(fault.clone());
        ExchangeError { reason: fault }
    }
}

/// A response that did not begin.
pub(super) enum Unanswered {
    /// It is to be this one instead.
    Refused(Refusal),
    /// There is nobody to answer.
    Lost(ExchangeError),
}

impl<C: Connection> Exchange for Dialogue<'_, C> {
    async fn read(&mut self) -> Result<Vec<u8>, ExchangeError> {
        if self.fault.is_some() {
            return Err(ExchangeError { reason: "the body cannot be read on".into() });
        }
        if self.gunzip.is_none() {
            return self.arrive().await;
        }
        let mut input = Vec::new();
        loop {
            let Some(gunzip) = &mut self.gunzip else { return Ok(Vec::new()) };
            match gunzip.feed(core::mem::take(&mut input), PIECE_BYTES) {
                Ok(output) if !output.is_empty() => return Ok(output),
                Ok(_) => {}
                Err(error) => return Err(self.fail(error.to_string())),
            }
            input = self.arrive().await?;
            if input.is_empty() {
                let end = self.gunzip.as_ref().map_or(Ok(()), Gunzip::finish);
                return match end {
                    Ok(()) => Ok(Vec::new()),
                    Err(error) => Err(self.fail(error.to_string())),
                };
            }
        }
    }

    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ExchangeError> {
        self.begin(bytes).await
    }
}
