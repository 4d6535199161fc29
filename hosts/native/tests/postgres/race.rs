//! Clients on connections of their own.

use super::*;
use futures_util::future::join_all;
use std::time::Duration;

const CLIENTS: usize = 20;

/// Stores that share nothing but the database.
fn clients(server: &Server, database: &str) -> Vec<Postgres> {
    (0..CLIENTS)
        .map(|_| store(PostgresConfig { connections: Some(1), ..config(server, database) }))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_twenty_clients_wins() {
    let server = Server::shared();
    let clients = clients(server, &server.database());
    let mut version = put(&clients[0], "update", b"start").await;
    for round in 0..100 {
        let key = format!("create/{round}");
        let creations = clients.iter().enumerate().map(|(client, store)| {
            store.put(&key, client.to_string().into_bytes(), Expected::Absent)
        });
        let created = join_all(creations).await;
        let updates = clients.iter().enumerate().map(|(client, store)| {
            let bytes = format!("{round} {client}").into_bytes();
            store.put("update", bytes, Expected::Is(version.clone()))
        });
        let updated = join_all(updates).await;
        for (key, outcomes) in [(key.as_str(), &created), ("update", &updated)] {
            let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            assert_eq!(won, 1, "round {round}: {outcomes:?}");
            let lost = outcomes.iter().filter(|outcome| **outcome == conflict(key)).count();
            assert_eq!(lost, CLIENTS - 1, "round {round}: {outcomes:?}");
        }
        let winner = updated.iter().position(Result::is_ok).expect("one won");
        let value = get(&clients[round % CLIENTS], "update").await.expect("present");
        assert_eq!(value.bytes, format!("{round} {winner}").as_bytes());
        version = value.version;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_clients_make_the_tables() {
    let server = Server::shared();
    let database = server.database();
    let clients = clients(server, &database);
    let puts = clients.iter().map(|store| store.put("first", b"x".to_vec(), Expected::Absent));
    let outcomes = join_all(puts).await;
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(won, 1, "{outcomes:?}");
    assert_eq!(server.run(&database, "select version from trunks.format"), "1");
}

/// A creation that had looked at the second key, and then waited, did not see that key come to be.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_key_cannot_come_to_be_while_a_creation_looks_at_it() {
    let server = Server::shared();
    let database = server.database();
    let one = store(config(server, &database));
    let two = store(config(server, &database));
    put(&one, "there", b"x").await;
    let lock = "insert into trunks.value (key, version, size_bytes, bytes) values ('own', \
                gen_random_uuid(), 0, '')";
    let held = Held::new(&config(server, &database), lock).await;
    let demand = Expected::AbsentBeside { key: "other".into(), version: None };
    let creation = tokio::spawn(async move { one.put("own", b"1".to_vec(), demand).await });
    waiting(server, &database, 1).await;
    let other = two.clone();
    let second =
        tokio::spawn(async move { other.put("other", b"2".to_vec(), Expected::Any).await });
    waiting(server, &database, 2).await;
    // On a connection of its own: what waits holds up what comes after it.
    assert_eq!(get(&store(config(server, &database)), "other").await, None);
    held.undo().await;
    creation.await.expect("no panic").expect("the second key was absent");
    second.await.expect("no panic").expect("written afterwards");
    let demand = Expected::AbsentBeside { key: "other".into(), version: None };
    assert_eq!(two.put("third", b"3".to_vec(), demand).await, conflict("third"));
}

/// The statements of a connection are answered one after the other, and somebody must take the answers.
#[tokio::test]
async fn a_call_that_nobody_looks_after_holds_up_no_other() {
    let server = Server::shared();
    let one = PostgresConfig { connections: Some(1), ..config(server, &server.database()) };
    let store = store(one);
    let whole = pattern(8 << 20);
    put(&store, "large", &whole).await;
    put(&store, "small", b"x").await;
    let large: Vec<_> = (0..3).map(|_| Box::pin(store.get("large", None))).collect();
    let mut large = join_all(large);
    assert!(futures_util::poll!(&mut large).is_pending());
    assert_eq!(get(&store, "small").await.expect("present").bytes, b"x");
    for value in large.await {
        assert!(value.expect("read").expect("present").bytes == whole);
    }
}

/// Waits until so many statements in the database wait for a lock.
async fn waiting(server: &Server, database: &str, count: u32) {
    let sql = format!(
        "select count(*) >= {count} from pg_stat_activity where wait_event_type = 'Lock' and \
         datname = '{database}'"
    );
    while server.run(database, &sql) != "t" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A transaction that is open.
struct Held {
    client: tokio_postgres::Client,
}

impl Held {
    async fn new(config: &PostgresConfig, sql: &str) -> Self {
        let (client, connection) = tokio_postgres::Config::new()
            .host("127.0.0.1")
            .port(config.ports[0])
            .user(Server::USER)
            .password(Server::PASSWORD)
            .dbname(config.database.as_deref().expect("said"))
            .connect(tokio_postgres::NoTls)
            .await
            .expect("connected");
        tokio::spawn(connection);
        client.batch_execute(&format!("begin; {sql}")).await.expect("begun");
        Self { client }
    }

    async fn undo(self) {
        self.client.batch_execute("rollback").await.expect("undone");
    }
}
