use super::{ByteFault, ByteFaults, Fault, HttpFaults, Plan};
use crate::servers::{Process, S3, Sshd};
use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// Sends a request and reads the answer to its end. `None`: there was none.
fn ask(at: SocketAddr, method: &str, target: &str, body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(at).expect("the proxy listens");
    let length = body.len();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: s3\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Some((status, body.to_owned()))
}

/// A bucket behind a proxy, with a key in it.
fn bucket() -> (HttpFaults, String) {
    let proxy = HttpFaults::before(S3::ministack().address());
    let key = format!("/{}/key", S3::ministack().bucket());
    assert_eq!(ask(proxy.address(), "PUT", &key, "old").map(|put| put.0), Some(200));
    proxy.take();
    (proxy, key)
}

#[test]
fn requests_are_counted() {
    let (proxy, key) = bucket();
    ask(proxy.address(), "PUT", &key, "value").expect("an answer");
    assert_eq!(ask(proxy.address(), "GET", &key, ""), Some((200, "value".to_owned())));
    assert_eq!(ask(proxy.address(), "HEAD", &key, ""), Some((200, String::new())));
    let seen = proxy.take();
    let methods: Vec<&str> = seen.iter().map(|exchange| exchange.method.as_str()).collect();
    assert_eq!(methods, ["PUT", "GET", "HEAD"]);
    assert_eq!((seen[0].sent_bytes, seen[1].received_bytes, seen[1].status), (5, 5, 200));
    assert!(proxy.take().is_empty());
}

#[test]
fn each_fault_does_what_it_says() {
    let (proxy, key) = bucket();
    let server = S3::ministack().address();
    for (fault, heard, is_written) in [
        (Fault::CutBefore, None, false),
        (Fault::CutWithin, None, false),
        (Fault::LoseAnswer, None, true),
        (Fault::Answer(503, "SlowDown"), Some(503), false),
        (Fault::AnswerAfter(500, "InternalError"), Some(500), true),
        (Fault::Late(Duration::from_millis(20)), Some(200), true),
    ] {
        ask(server, "PUT", &key, "old").expect("an answer");
        proxy.plan(Plan::next(fault).method("PUT").target("key"));
        assert_eq!(ask(proxy.address(), "GET", &key, "").map(|get| get.0), Some(200));
        let put = ask(proxy.address(), "PUT", &key, "new and longer");
        assert_eq!(put.map(|put| put.0), heard, "{fault:?}");
        let found = ask(server, "GET", &key, "").expect("an answer").1;
        assert_eq!(found == "new and longer", is_written, "{fault:?}: {found}");
        assert_eq!(proxy.clear(), 1, "{fault:?}");
    }
    proxy.plan(Plan::next(Fault::CutAnswer).after(1));
    ask(server, "PUT", &key, "12345678").expect("an answer");
    assert_eq!(ask(proxy.address(), "GET", &key, "").expect("an answer").1, "12345678");
    assert_eq!(ask(proxy.address(), "GET", &key, "").expect("an answer").1, "1234");
}

#[test]
fn a_hanging_request_ends_with_its_client_or_the_proxy() {
    let (proxy, key) = bucket();
    proxy.plan(Plan::next(Fault::Hang));
    let mut stream = TcpStream::connect(proxy.address()).expect("the proxy listens");
    write!(stream, "GET {key} HTTP/1.1\r\nHost: s3\r\n\r\n").expect("sent");
    stream.set_read_timeout(Some(Duration::from_millis(50))).expect("set");
    let error = stream.read(&mut [0]).expect_err("nothing comes");
    assert!(matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut));
    drop(proxy);
    stream.set_read_timeout(None).expect("set");
    assert!(!matches!(stream.read(&mut [0]), Ok(1..)));
}

#[test]
fn bytes_are_counted_cut_and_lost() {
    let process: &Process = Sshd::shared().process();
    let proxy = ByteFaults::before(process.address());
    let greet = || -> io::Result<String> {
        let mut stream = TcpStream::connect(proxy.address())?;
        stream.write_all(b"SSH-2.0-test\r\n")?;
        let mut banner = [0; 8];
        stream.read_exact(&mut banner)?;
        Ok(String::from_utf8_lossy(&banner).into_owned())
    };
    assert_eq!(greet().expect("an answer"), "SSH-2.0-");
    let (connections, sent, received) = proxy.take();
    assert_eq!((connections, sent), (1, 14));
    assert!(received >= 8);
    proxy.plan(ByteFault::CutAfterReceived(4));
    assert!(greet().is_err());
    assert_eq!(proxy.clear(), 1);
    assert_eq!(greet().expect("an answer"), "SSH-2.0-");
    proxy.plan(ByteFault::CutAfterSent(0));
    let mut stream = TcpStream::connect(proxy.address()).expect("the proxy listens");
    stream.write_all(b"SSH-2.0-test\r\n").expect("sent");
    // The banner may have come before.
    drop(stream.read_to_end(&mut Vec::new()));
    assert_eq!(proxy.clear(), 1);
}
