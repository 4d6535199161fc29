//! Real git, through the component, over Postgres.

use trunks_tests::{
    journeys::crash,
    servers::{Postgres, Process},
};

trunks_tests::journeys!(Postgres::shared().place());

#[test]
fn a_push_survives_its_server() {
    let server = Postgres::start();
    crash::a_push_survives_its_server(server.process(), Process::kill, server.place());
}
