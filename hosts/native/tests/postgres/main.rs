//! The store in a PostgreSQL database, against a real server: what the conformance suite, which every
//! store runs, cannot say of it.

mod costs;
mod faults;
mod killed;
mod proxy;
mod race;
mod refusals;
mod tables;
mod tls;

use std::time::Duration;
use trunks::store::{Postgres, PostgresConfig};
use trunks_core::store::{Expected, Store, StoreError, Value, Version};
use trunks_tests::servers::Postgres as Server;

/// How the role that may do everything gets into a database.
fn config(server: &Server, database: &str) -> PostgresConfig {
    PostgresConfig {
        hosts: vec!["127.0.0.1".into()],
        ports: vec![server.process().port()],
        user: Some(Server::USER.into()),
        password: Some(Server::PASSWORD.into()),
        deadline: Some(Duration::from_secs(20)),
        ..PostgresConfig::new(database)
    }
}

fn store(config: PostgresConfig) -> Postgres {
    Postgres::new(config).expect("a store")
}

async fn put(store: &Postgres, key: &str, bytes: &[u8]) -> Version {
    store.put(key, bytes.to_vec(), Expected::Any).await.expect("written")
}

async fn get(store: &Postgres, key: &str) -> Option<Value> {
    store.get(key, None).await.expect("read")
}

fn conflict<T>(key: &str) -> Result<T, StoreError> {
    Err(StoreError::Conflict { key: key.to_owned() })
}

/// Bytes that differ from place to place.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8).collect()
}
