//! Clients and servers that are killed.

use super::*;
use std::{
    env,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
};
use trunks_core::store::PART_BYTES;

const PORT: &str = "TRUNKS_TEST_POSTGRES_PORT";
const DATABASE: &str = "TRUNKS_TEST_POSTGRES_DATABASE";

/// Starts one of the tests below as a process of its own, and waits until it is in the middle of it.
fn start(test: &str, server: &Server, database: &str) -> Child {
    let mut child = Command::new(env::current_exe().expect("this program"))
        .args(["--exact", test, "--nocapture"])
        .env(PORT, server.process().port().to_string())
        .env(DATABASE, database)
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let is_ready = lines.map_while(Result::ok).any(|line| line.contains("READY"));
    assert!(is_ready, "{test} ended early");
    child
}

fn kill(mut child: Child) {
    child.kill().expect("killed");
    child.wait().expect("dead");
}

/// The store that a child was told to use.
fn told() -> Option<Postgres> {
    let port = env::var(PORT).ok()?.parse().expect("a port");
    Some(store(PostgresConfig {
        hosts: vec!["127.0.0.1".into()],
        ports: vec![port],
        user: Some(Server::USER.into()),
        password: Some(Server::PASSWORD.into()),
        ..PostgresConfig::new(env::var(DATABASE).expect("said beside the port"))
    }))
}

#[tokio::test]
async fn part_is_uploading() {
    let Some(store) = told() else { return };
    let upload = store.upload_start("key").await.expect("started");
    store.upload_part(&upload, 2, pattern(100)).await.expect("a part");
    store.upload_part(&upload, 1, pattern(PART_BYTES)).await.expect("a part");
    println!("READY");
    std::future::pending().await
}

#[tokio::test]
async fn part_is_putting() {
    let Some(store) = told() else { return };
    put(&store, "there", b"x").await;
    println!("READY");
    loop {
        put(&store, "key", &pattern(20 << 20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_client_leaves_is_swept_after_the_grace_period() {
    let server = Server::shared();
    let database = server.database();
    kill(start("killed::part_is_uploading", server, &database));
    let blobs = || server.run(&database, "select count(*) from trunks.blob");
    let patient = store(config(server, &database));
    assert_eq!(get(&patient, "key").await, None);
    patient.sweep().await.expect("swept");
    assert_eq!(blobs(), "1", "it might still be written to");
    let upload = patient.upload_start("other").await.expect("started");
    let part = patient.upload_part(&upload, 1, pattern(10)).await.expect("a part");
    let held = patient.upload_finish(&upload, vec![part], Expected::Absent).await;
    held.expect("finished");
    let hasty = PostgresConfig { grace: Some(Duration::ZERO), ..config(server, &database) };
    store(hasty).sweep().await.expect("swept");
    assert_eq!(blobs(), "1", "what a value holds stays, and nothing else");
    assert_eq!(server.run(&database, "select count(*) from trunks.chunk"), "1");
    assert_eq!(get(&patient, "other").await.expect("present").bytes, pattern(10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_killed_in_a_put_has_written_all_or_nothing() {
    let server = Server::shared();
    let database = server.database();
    for round in 0..5u64 {
        let child = start("killed::part_is_putting", server, &database);
        // From round to round a later moment.
        let chunks = format!("select count(*) >= {} from trunks.chunk", round * 4);
        while server.run(&database, &chunks) != "t" {}
        kill(child);
        let found = get(&store(config(server, &database)), "key").await;
        assert!(found.is_none_or(|value| value.bytes == pattern(20 << 20)), "torn");
    }
}

/// Everything is killed, as by `pg_ctl -m immediate` or worse, and started again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_put_goes_on_when_the_server_comes_back() {
    let server = Server::start();
    let database = server.database();
    let store = store(config(&server, &database));
    put(&store, "there", b"x").await;
    let own = store.clone();
    let putting = tokio::spawn(async move {
        let bytes = pattern(60 << 20);
        own.put("large", bytes, Expected::Absent).await
    });
    while server.run(&database, "select count(*) >= 5 from trunks.chunk") != "t" {}
    server.process().kill();
    server.process().start_again();
    putting.await.expect("no panic").expect("written");
    assert!(get(&store, "large").await.expect("present").bytes == pattern(60 << 20));
    assert_eq!(get(&store, "there").await.expect("present").bytes, b"x");
}

/// Writers that count while the server is killed again and again: what they were told is so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_write_is_lost_when_the_server_is_killed() {
    let server = Server::start();
    let database = server.database();
    put(&store(config(&server, &database)), "counter", b"0").await;
    let done = std::sync::Arc::new([const { AtomicU64::new(0) }; 2]);
    let writers = (0..4).map(|_| {
        let (store, done) = (store(config(&server, &database)), done.clone());
        tokio::spawn(async move {
            loop {
                let value = get(&store, "counter").await.expect("present");
                let count: u64 = String::from_utf8_lossy(&value.bytes).parse().expect("a number");
                let next = (count + 1).to_string().into_bytes();
                match store.put("counter", next, Expected::Is(value.version)).await {
                    Ok(_) => done[0].fetch_add(1, Ordering::SeqCst),
                    Err(StoreError::Unavailable { .. }) => done[1].fetch_add(1, Ordering::SeqCst),
                    Err(StoreError::Conflict { .. }) => 0,
                    Err(error) => panic!("{error}"),
                };
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    for round in 1..=3 {
        while done[0].load(Ordering::SeqCst) < round * 50 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.process().kill();
        server.process().start_again();
    }
    while done[0].load(Ordering::SeqCst) < 250 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for writer in &writers {
        writer.abort();
    }
    for writer in writers {
        assert!(writer.await.expect_err("aborted").is_cancelled());
    }
    let count = get(&store(config(&server, &database)), "counter").await.expect("present").bytes;
    let count: u64 = String::from_utf8_lossy(&count).parse().expect("a number");
    let [certain, doubtful] = [&done[0], &done[1]].map(|count| count.load(Ordering::SeqCst));
    // A writer that was aborted may have written once more than it could say.
    let possible = certain..=certain + doubtful + 4;
    assert!(
        possible.contains(&count),
        "{count} written, {certain} acknowledged, {doubtful} unclear"
    );
}
