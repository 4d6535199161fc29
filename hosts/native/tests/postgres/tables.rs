//! The tables: rights, form, and other programs' hands.

use super::*;

/// The least that a role needs once the tables are there.
const GRANTS: &str = "grant usage on schema trunks to writer; \
                      grant select, insert, update, delete on all tables in schema trunks to writer";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_with_rights_to_the_tables_alone_does_everything() {
    let server = Server::start();
    let database = server.database();
    server.run(&database, "create role writer login password 'writer-password'");
    let writer = PostgresConfig {
        user: Some("writer".into()),
        password: Some("writer-password".into()),
        ..config(&server, &database)
    };
    let limited = store(writer);
    assert_eq!(get(&limited, "key").await, None, "there are no tables yet");
    let refused = limited.put("key", b"x".to_vec(), Expected::Any).await.expect_err("no rights");
    assert!(matches!(refused, StoreError::Denied { .. }), "{refused}");
    assert!(refused.to_string().contains("grant create"), "{refused}");
    put(&store(config(&server, &database)), "there", b"x").await;
    let refused = limited.get("there", None).await.expect_err("no rights");
    assert!(matches!(refused, StoreError::Denied { .. }), "{refused}");
    server.run(&database, GRANTS);
    trunks_tests::conformance::all(&limited).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_may_only_read_reads() {
    let server = Server::start();
    let database = server.database();
    put(&store(config(&server, &database)), "there", &pattern(3 << 20)).await;
    server.run(
        &database,
        "create role reader login password 'reader-password'; \
         grant usage on schema trunks to reader; \
         grant select on all tables in schema trunks to reader",
    );
    let reader = store(PostgresConfig {
        user: Some("reader".into()),
        password: Some("reader-password".into()),
        ..config(&server, &database)
    });
    assert!(get(&reader, "there").await.expect("present").bytes == pattern(3 << 20));
    assert_eq!(reader.list("", None, 10).await.expect("listed").entries.len(), 1);
    let refused = reader.put("there", b"x".to_vec(), Expected::Any).await.expect_err("no rights");
    assert!(matches!(refused, StoreError::Denied { .. }), "{refused}");
    server.run(&database, "alter role reader set default_transaction_read_only = on");
    server.run(&database, "grant insert, update, delete on all tables in schema trunks to reader");
    let reader = store(PostgresConfig {
        user: Some("reader".into()),
        password: Some("reader-password".into()),
        ..config(&server, &database)
    });
    let refused = reader.put("there", b"x".to_vec(), Expected::Any).await.expect_err("read-only");
    assert!(matches!(refused, StoreError::Denied { .. }), "{refused}");
    assert!(refused.to_string().contains("read-only"), "{refused}");
}

/// A newer trunks renames `value`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_of_another_form_are_left_alone() {
    let server = Server::shared();
    let database = server.database();
    let store = store(config(server, &database));
    put(&store, "there", b"x").await;
    server.run(
        &database,
        "alter table trunks.value rename to value_2; update trunks.format set version = 2",
    );
    for error in [
        store.get("there", None).await.map(drop).expect_err("unknown"),
        store.put("there", b"y".to_vec(), Expected::Any).await.map(drop).expect_err("unknown"),
        store.delete("there", Expected::Any).await.expect_err("unknown"),
        store.list("", None, 1).await.map(drop).expect_err("unknown"),
    ] {
        assert!(matches!(error, StoreError::Failed { .. }), "{error}");
        assert!(error.to_string().contains("use a newer one"), "{error}");
    }
    assert_eq!(server.run(&database, "select count(*) from trunks.value_2"), "1");
}

/// Two stores in one database, by schema or by prefix.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_in_one_database_do_not_mix() {
    let server = Server::shared();
    let database = server.database();
    let plain = store(config(server, &database));
    let odd = PostgresConfig { schema: Some("odd \"name\\".into()), ..config(server, &database) };
    let odd = store(odd);
    let below = PostgresConfig { prefix: "a/b/".into(), ..config(server, &database) };
    let below = store(below);
    put(&plain, "key", b"plain").await;
    assert_eq!(get(&odd, "key").await, None);
    put(&odd, "key", b"odd").await;
    put(&below, "key", b"below").await;
    assert_eq!(get(&plain, "key").await.expect("present").bytes, b"plain");
    assert_eq!(get(&odd, "key").await.expect("present").bytes, b"odd");
    assert_eq!(get(&plain, "a/b/key").await.expect("present").bytes, b"below");
    assert_eq!(below.list("", None, 10).await.expect("listed").entries.len(), 1);
}

/// What is replaced or deleted takes no room.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_values_go_with_their_keys() {
    let server = Server::shared();
    let database = server.database();
    let store = store(config(server, &database));
    let chunks = || server.run(&database, "select count(*) from trunks.chunk");
    let one = put(&store, "large", &pattern(3 << 20)).await;
    assert_eq!(chunks(), "3");
    let is = Expected::Is(one.clone());
    let two = store.put("large", pattern(2 << 20), is.clone()).await.expect("replaced");
    assert_eq!(chunks(), "2");
    assert_eq!(store.put("large", pattern(5 << 20), is).await, conflict("large"));
    put(&store, "large", b"small").await;
    assert_eq!(chunks(), "0");
    put(&store, "large", &pattern(4 << 20)).await;
    store.delete("large", Expected::Any).await.expect("deleted");
    assert_eq!(chunks(), "0");
    let three = put(&store, "large", &pattern(4 << 20)).await;
    assert_eq!(store.delete("large", Expected::Is(two)).await, conflict("large"));
    store.delete("large", Expected::Is(three)).await.expect("deleted");
    assert_eq!(server.run(&database, "select count(*) from trunks.blob"), "0");
}
