//! A name that nobody has, a port where nobody listens, and a server that takes a connection and never
//! says anything.

use super::is_told;
use std::net::{SocketAddr, TcpListener};
use trunks_tests::{
    google::Google,
    servers::{Azurite, Place, Postgres, S3, Sshd},
};

/// How long each call may take, as users say it: `TRUNKS_STORAGE_PRIMARY_TIMEOUT`.
const TIMEOUT_S: &str = "2";

/// How `trunks` ends where a storage cannot be reached: `docs/cli.md`.
const OUT_OF_REACH: i32 = 5;

/// By RFC 2606 there will never be such a host.
const NOWHERE: &str = "nowhere.invalid";

/// Nobody listens there.
fn closed() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound")
}

fn over_http(place: &Place, at: &str) -> Place {
    let (_, path) = place.url.split_once("://").expect("a URL");
    // Azurite's account stands in the path.
    let account = place.url.starts_with("azure").then(|| path.split('/').next());
    let endpoint = match account.flatten() {
        Some(account) => format!("http://{at}/{account}"),
        None => format!("http://{at}"),
    };
    place.clone().with("endpoint", endpoint).with("timeout", TIMEOUT_S)
}

fn by_login(place: &Place, at: &str) -> Place {
    let (login, path) = place.url.split_once('@').expect("a login");
    let path = path.split_once('/').expect("a path").1;
    let url = format!("{login}@{at}/{path}");
    Place { url, ..place.clone() }.with("timeout", TIMEOUT_S)
}

/// Has a store be looked for at another address.
type At = fn(&Place, &str) -> Place;

fn stores() -> [(Place, At); 5] {
    [
        (S3::ministack().place(), over_http),
        (Azurite::shared().place(), over_http),
        (Google::start().place("part"), over_http),
        (Sshd::shared().place(), by_login),
        (Postgres::shared().place(), by_login),
    ]
}

#[test]
fn an_unknown_host() {
    for (place, at) in stores() {
        let code = is_told(&at(&place, NOWHERE), &[NOWHERE, "check"]);
        assert_eq!(code, Some(OUT_OF_REACH), "{}", place.url);
    }
}

#[test]
fn a_refused_connection() {
    for (place, at) in stores() {
        let address = closed().to_string();
        let port = address.rsplit(':').next().expect("a port");
        let code = is_told(&at(&place, &address), &[port, "refused", "check"]);
        assert_eq!(code, Some(OUT_OF_REACH), "{}", place.url);
    }
}

#[test]
fn a_server_that_never_answers() {
    // Connections wait in its queue for ever.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("bound").to_string();
    for (place, at) in stores() {
        let code = is_told(&at(&place, &address), &["127.0.0.1", "check"]);
        assert_eq!(code, Some(OUT_OF_REACH), "{}", place.url);
    }
}
