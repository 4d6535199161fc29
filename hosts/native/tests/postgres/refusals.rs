//! What a user is told when the database does not let us in.

use super::*;

const SECRET: &str = "not-to-be-seen";

async fn refusal(config: PostgresConfig) -> StoreError {
    let store = store(config);
    let error = store.get("key", None).await.expect_err("refused");
    for text in [error.to_string(), format!("{error:?}"), format!("{store:?}")] {
        assert!(!text.contains(SECRET), "{text}");
    }
    error
}

fn with_secret(server: &Server) -> PostgresConfig {
    PostgresConfig { password: Some(SECRET.into()), ..config(server, "postgres") }
}

fn assert_denied(error: &StoreError, said: &[&str]) {
    assert!(matches!(error, StoreError::Denied { .. }), "{error:?}");
    assert_says(error, said);
}

fn assert_says(error: &StoreError, said: &[&str]) {
    for said in said {
        assert!(error.to_string().contains(said), "{said}: {error}");
    }
}

/// Nobody listens there.
fn closed_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    listener.local_addr().expect("bound").port()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_fails_says_whose_and_why() {
    let server = Server::shared();
    let wrong = refusal(with_secret(server)).await;
    assert_denied(&wrong, &["password authentication failed", "role \"postgres\"", "127.0.0.1"]);
    let none = refusal(PostgresConfig { password: None, ..config(server, "postgres") }).await;
    assert_denied(&none, &["none was given", "PGPASSWORD", "postgres"]);
    let note = PostgresConfig {
        password: None,
        password_note: Some("its file is passed over".into()),
        ..config(server, "postgres")
    };
    assert_denied(&refusal(note).await, &["its file is passed over"]);
    let nobody = PostgresConfig { user: Some("stranger".into()), ..with_secret(server) };
    assert_denied(&refusal(nobody).await, &["stranger"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_not_there_is_named() {
    let server = Server::shared();
    let error = refusal(config(server, "nowhere")).await;
    assert!(matches!(error, StoreError::Failed { .. }), "{error:?}");
    assert_says(&error, &["\"nowhere\" does not exist", "createdb nowhere"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_cannot_be_reached_is_named() {
    let server = Server::shared();
    let port = closed_port();
    let closed = PostgresConfig { ports: vec![port], ..with_secret(server) };
    let unknown =
        PostgresConfig { hosts: vec!["no-such-host.invalid".into()], ..with_secret(server) };
    let no_socket =
        PostgresConfig { hosts: vec!["/no/such/directory".into()], ..with_secret(server) };
    for (config, said) in [
        (closed, format!("127.0.0.1:{port}")),
        (unknown, "no-such-host.invalid".to_owned()),
        (no_socket, "/no/such/directory/.s.PGSQL.".to_owned()),
    ] {
        let error = refusal(config).await;
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert_says(&error, &[&said, "cannot be reached"]);
    }
}

/// The first host is down, the second one lets us in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_host_that_takes_writes_is_taken() {
    let server = Server::shared();
    let port = closed_port();
    let two = PostgresConfig {
        hosts: vec!["127.0.0.1".into(), "localhost".into()],
        ports: vec![port, server.process().port()],
        ..config(server, &server.database())
    };
    let store = store(two);
    put(&store, "key", b"x").await;
    assert_eq!(get(&store, "key").await.expect("present").bytes, b"x");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_server_is_asked_again() {
    let server = Server::start();
    let database = server.database();
    put(&store(config(&server, &database)), "key", b"x").await;
    server.run(
        &database,
        "create role guest login password 'guest-password' connection limit 0; \
         grant usage on schema trunks to guest; \
         grant select on all tables in schema trunks to guest",
    );
    let guest = |deadline| PostgresConfig {
        user: Some("guest".into()),
        password: Some("guest-password".into()),
        deadline: Some(deadline),
        ..config(&server, &database)
    };
    let error = refusal(guest(Duration::from_millis(500))).await;
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert_says(&error, &["too many connections"]);
    let waiting = store(guest(Duration::from_secs(60)));
    let found = tokio::spawn(async move { waiting.get("key", None).await });
    server.run(&database, "alter role guest connection limit -1");
    assert_eq!(found.await.expect("no panic").expect("read").expect("present").bytes, b"x");
}
