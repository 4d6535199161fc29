//! Postgres, which refuses all of it by itself.

use super::{is_told, run::Attempt};
use trunks_tests::{
    sandbox::Sandbox,
    servers::{Place, Postgres},
};

/// A database in which the tables are made, and its name.
fn used() -> (Place, String) {
    let place = Postgres::shared().place();
    let sandbox = Sandbox::over(place.clone());
    sandbox.repository("first", 1);
    sandbox.git("first", &["push", "--quiet", &sandbox.url("first"), "main"]);
    let database = place.url.rsplit('/').next().expect("a database").to_owned();
    (place, database)
}

#[test]
fn a_wrong_password() {
    let place = Postgres::shared().place().with("password", "not-the-right-one");
    is_told(&place, &["password authentication failed", "check the password of role \"postgres\""]);
}

#[test]
fn a_missing_database() {
    let mut place = Postgres::shared().place();
    let server = place.url.rsplit_once('/').expect("a database").0;
    place.url = format!("{server}/nowhere");
    is_told(&place, &["database \"nowhere\" does not exist", "createdb nowhere"]);
}

#[test]
fn no_rights_to_write() {
    let (mut place, database) = used();
    let reader = format!("reader_of_{database}");
    Postgres::shared().run(
        &database,
        &format!(
            "create role {reader} login password 'reader-password'; \
             grant usage on schema trunks to {reader}; \
             grant select on all tables in schema trunks to {reader}"
        ),
    );
    place.url = place.url.replace("postgres@", &format!("{reader}@"));
    let place = place.with("password", "reader-password");
    is_told(&place, &["permission denied", "grant", "insert, update and delete"]);
}

#[test]
fn a_server_that_takes_no_writes() {
    let (place, database) = used();
    let sql = format!("alter database {database} set default_transaction_read_only = on");
    Postgres::shared().run(&database, &sql);
    is_told(&place, &["read-only", "name the primary server to write"]);
}

/// Postgres itself says so, when a trigger bids it: to fill a disk, it would have to be one of its own.
#[test]
fn a_full_disk() {
    let (place, database) = used();
    let full = "create function trunks.disk_is_full() returns trigger language plpgsql as $$ begin \
                raise exception 'could not extend file: No space left on device' \
                using errcode = 'disk_full'; end $$; \
                create trigger disk_is_full before insert on trunks.value \
                for each row execute function trunks.disk_is_full()";
    Postgres::shared().run(&database, full);
    let says = ["No space left on device", "free some space on the server"];
    let attempt = Attempt::new(Sandbox::over(place.clone()), &place);
    attempt.push_is_told(&says);
    attempt.ping_is_told(&says);
    Postgres::shared().run(&database, "drop trigger disk_is_full on trunks.value");
    let sandbox = &attempt.sandbox;
    sandbox.git("work", &["push", "--quiet", &sandbox.url("app"), "main"]);
}
