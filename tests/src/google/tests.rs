use super::*;
use std::io::{Read, Write};

fn ask(google: &Google, request: &str) -> String {
    let mut stream = TcpStream::connect(google.address()).expect("it listens");
    let (head, body) = request.split_once("\r\n\r\n").expect("a head");
    let token = Google::TOKEN;
    write!(
        stream,
        "{head}\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("sent");
    stream.shutdown(std::net::Shutdown::Write).expect("shut");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("text");
    answer
}

#[test]
fn a_precondition_holds_once() {
    let google = Google::start();
    let put = "PUT /trunks-test/a%20b HTTP/1.1\r\nx-goog-if-generation-match: 0\r\n\r\nvalue";
    assert!(ask(&google, put).starts_with("HTTP/1.1 200"));
    assert!(ask(&google, put).starts_with("HTTP/1.1 412"));
    let got = ask(&google, "GET /trunks-test/a%20b HTTP/1.1\r\nRange: bytes=1-2\r\n\r\n");
    assert!(got.starts_with("HTTP/1.1 206") && got.ends_with("\r\n\r\nal"), "{got}");
    let delete = "DELETE /trunks-test/a%20b HTTP/1.1\r\nx-goog-if-generation-match: 9\r\n\r\n";
    assert!(ask(&google, delete).starts_with("HTTP/1.1 412"));
}

#[test]
fn a_multipart_upload_takes_no_precondition() {
    let google = Google::start();
    let started = ask(&google, "POST /trunks-test/k?uploads HTTP/1.1\r\nx: y\r\n\r\n");
    assert!(started.contains("<UploadId>upload-1<"), "{started}");
    let end =
        "POST /trunks-test/k?uploadId=upload-1 HTTP/1.1\r\nx-goog-if-generation-match: 0\r\n\r\n";
    assert!(ask(&google, end).contains("NotImplemented"));
}
