//! Every store does on its real server what every store must do, as a user reaches it: by a URL and
//! options. The network before it breaks, too.

mod open;

use open::open;
use trunks::store::AnyStore;
use trunks_tests::{
    conformance::faults,
    faults::{ByteFaults, HttpFaults},
    servers::{Azurite, Place, Postgres, S3, Sshd},
};

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
