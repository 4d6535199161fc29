//! Answers as they go.

use std::io::{self, Write};

/// An answer. Without a body the length that is told may be another one's: `HEAD`.
#[derive(Debug)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A refusal, with the document that says why.
    pub fn error(status: u16, code: &str) -> Self {
        let message = format!("the double says {code}");
        Self::new(status).body(format!(
            "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code>\
             <Message>{message}</Message></Error>"
        ))
    }

    pub fn header(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub fn write(&self, writer: &mut impl Write, is_head: bool) -> io::Result<()> {
        let mut text = format!("HTTP/1.1 {} As documented\r\n", self.status);
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        text += &format!("Content-Length: {}\r\n\r\n", self.body.len());
        let mut bytes = text.into_bytes();
        if !is_head {
            bytes.extend_from_slice(&self.body);
        }
        writer.write_all(&bytes)
    }
}
