//! Every store does on its real server what every store must do, as a user reaches it: by a URL and
//! options. The network before it breaks, too.

use trunks::store::{AnyStore, Key, StoreOptions, StoreUrl};
use trunks_tests::{
    conformance::{self, faults},
    faults::{ByteFaults, HttpFaults},
    servers::{Azurite, Place, Postgres, S3, Sshd, is_asked_for},
};

fn open(place: Place) -> ((), AnyStore) {
    let url = StoreUrl::parse(&place.url).expect("a URL");
    let mut options = StoreOptions::new();
    for (name, value) in place.options {
        options.set(Key::of_name(name).expect("an option"), value);
    }
    ((), AnyStore::open(&url, &options).expect("all that is needed was said"))
}

/// A store behind a proxy that knows requests.
fn behind(
    place: impl Fn(std::net::SocketAddr) -> Place,
    server: std::net::SocketAddr,
) -> (HttpFaults, AnyStore) {
    let proxy = HttpFaults::before(server);
    let place = place(proxy.address());
    (proxy, open(place).1)
}

mod s3_ministack {
    use super::*;

    trunks_tests::conformance!(open(S3::ministack().place()));

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn faults_of_requests_change_nothing() {
        let server = S3::ministack();
        let (proxy, store) = behind(|at| server.place_at(at), server.address());
        faults::faults_of_requests_change_nothing(&store, &proxy).await;
        faults::a_conflict_of_requests_is_tried_again(&store, &proxy).await;
    }
}

mod s3_moto {
    use super::*;

    trunks_tests::conformance!(open(S3::moto().place()));
}

mod azure_azurite {
    use super::*;

    trunks_tests::conformance!(open(Azurite::shared().place()));

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn faults_of_requests_change_nothing() {
        let server = Azurite::shared();
        let (proxy, store) = behind(|at| server.place_at(at), server.address());
        faults::faults_of_requests_change_nothing(&store, &proxy).await;
    }
}

/// Not Google itself, but a double that answers as it documents.
mod on_google {
    use super::*;
    use std::sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    };
    use trunks_tests::google::Google;

    static GOOGLE: LazyLock<Google> = LazyLock::new(Google::start);

    fn place() -> Place {
        static PARTS: AtomicU32 = AtomicU32::new(0);
        GOOGLE.place(&format!("part-{}", PARTS.fetch_add(1, Ordering::Relaxed)))
    }

    trunks_tests::conformance!(open(place()));

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn faults_of_requests_change_nothing() {
        let at = |at| place().with("endpoint", format!("http://{at}"));
        let (proxy, store) = behind(at, GOOGLE.address());
        faults::faults_of_requests_change_nothing(&store, &proxy).await;
    }
}

mod sftp_openssh {
    use super::*;

    trunks_tests::conformance!(open(Sshd::shared().place()));

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn faults_of_connections_are_survived() {
        let server = Sshd::shared();
        let proxy = ByteFaults::before(server.address());
        let ((), store) = open(server.place_at(proxy.address()));
        faults::faults_of_connections_are_survived(&store, &proxy).await;
    }
}

mod postgres {
    use super::*;

    trunks_tests::conformance!(open(Postgres::shared().place()));

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn faults_of_connections_are_survived() {
        let server = Postgres::shared();
        let proxy = ByteFaults::before(server.address());
        let ((), store) = open(server.place_at(proxy.address()));
        faults::faults_of_connections_are_survived(&store, &proxy).await;
    }
}

/// With `cargo xtask test --with ceph`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_ceph_does_all() {
    if is_asked_for("ceph") {
        let ((), store) = open(S3::ceph().place());
        conformance::all(&store).await;
    }
}
