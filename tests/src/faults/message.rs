//! Reading HTTP/1.1 messages off a connection, as bytes that can be passed on as they are.
//!
//! # Source
//! RFC 9112, sections 2, 6 and 7

use std::io::{self, BufRead, Read};

/// The first line and the headers of a message.
#[derive(Debug)]
pub struct Head {
    /// The three words of the first line.
    pub words: [String; 3],
    /// The headers' lines, without their ends.
    pub headers: Vec<String>,
}

/// How a message's body is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// So many bytes.
    Bytes(u64),
    /// Chunks, each with its length.
    Chunks,
    /// All until the connection ends.
    UntilEnd,
}

impl Head {
    /// Reads one; `None` at the end of the connection.
    pub fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut lines = Vec::new();
        loop {
            let mut line = Vec::new();
            if from.read_until(b'\n', &mut line)? == 0 {
                return if lines.is_empty() { Ok(None) } else { Err(cut()) };
            }
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            match (line.is_empty(), lines.is_empty()) {
                (true, true) => {}
                (true, false) => break,
                (false, _) => lines.push(line),
            }
        }
        let first = lines.remove(0);
        let mut words = first.splitn(3, ' ').map(str::to_owned);
        let words = std::array::from_fn(|_| words.next().unwrap_or_default());
        Ok(Some(Self { words, headers: lines }))
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Removes a header. Returns whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        let is_it = |line: &String| {
            line.split_once(':').is_some_and(|(found, _)| found.eq_ignore_ascii_case(name))
        };
        let before = self.headers.len();
        self.headers.retain(|line| !is_it(line));
        self.headers.len() < before
    }

    /// The bytes of it.
    pub fn bytes(&self) -> Vec<u8> {
        let mut text = self.words.join(" ");
        for line in &self.headers {
            text.push_str("\r\n");
            text.push_str(line);
        }
        text.push_str("\r\n\r\n");
        text.into_bytes()
    }

    /// How a request's body is delimited.
    pub fn request_body(&self) -> Body {
        if self.is_chunked() { Body::Chunks } else { Body::Bytes(self.length().unwrap_or(0)) }
    }

    /// How the body of the answer to a request by `method` is delimited.
    pub fn answer_body(&self, method: &str) -> Body {
        let has_none = method == "HEAD" || ["204", "304"].contains(&self.words[1].as_str());
        match self.length() {
            _ if has_none => Body::Bytes(0),
            _ if self.is_chunked() => Body::Chunks,
            Some(length) => Body::Bytes(length),
            None => Body::UntilEnd,
        }
    }

    fn is_chunked(&self) -> bool {
        self.header("transfer-encoding").is_some_and(|how| how.eq_ignore_ascii_case("chunked"))
    }

    fn length(&self) -> Option<u64> {
        self.header("content-length")?.parse().ok()
    }
}

impl Body {
    /// Reads one off the connection, with what delimits it.
    pub fn read(self, from: &mut impl BufRead) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match self {
            Self::Bytes(length) => exactly(from, length, &mut bytes)?,
            Self::Chunks => loop {
                let start = bytes.len();
                from.read_until(b'\n', &mut bytes)?;
                let line = String::from_utf8_lossy(&bytes[start..]);
                let length = line.split(';').next().unwrap_or_default().trim();
                let length = u64::from_str_radix(length, 16).map_err(|_| cut())?;
                exactly(from, length, &mut bytes)?;
                // The end of the chunk; after the last one trailers may follow, up to an empty line.
                loop {
                    let start = bytes.len();
                    from.read_until(b'\n', &mut bytes)?;
                    if length > 0 || bytes[start..].iter().all(u8::is_ascii_whitespace) {
                        break;
                    }
                }
                if length == 0 {
                    break;
                }
            },
            Self::UntilEnd => drop(from.read_to_end(&mut bytes)?),
        }
        Ok(bytes)
    }
}

fn exactly(from: &mut impl Read, length: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
    let read = from.take(length).read_to_end(bytes)?;
    if u64::try_from(read).ok() == Some(length) { Ok(()) } else { Err(cut()) }
}

fn cut() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}
