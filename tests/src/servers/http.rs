//! One request over HTTP, for what must be made on a server before a test.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
};

/// Sends a request without a body. Returns the status and the answer's body.
///
/// `headers`: whole lines, each with its end.
pub fn request(
    server: SocketAddr,
    method: &str,
    target: &str,
    headers: &str,
) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(server)?;
    write!(
        stream,
        "{method} {target} HTTP/1.1\r\nHost: {server}\r\n{headers}Content-Length: 0\r\n\
         Connection: close\r\n\r\n"
    )?;
    let mut answer = BufReader::new(stream);
    let mut line = String::new();
    answer.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::other(format!("not HTTP: {line:?}")))?;
    let mut rest = Vec::new();
    answer.read_to_end(&mut rest)?;
    Ok((status, String::from_utf8_lossy(&rest).into_owned()))
}

/// Whether a web server answers, whatever it says.
pub fn answers(stream: &mut TcpStream) -> io::Result<bool> {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut start = [0; 5];
    stream.read_exact(&mut start)?;
    Ok(&start == b"HTTP/")
}
