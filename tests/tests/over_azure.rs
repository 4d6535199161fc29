//! Real git, through the component, over Azurite.

use trunks_tests::{
    journeys::crash,
    servers::{Azurite, Process},
};

trunks_tests::journeys!(Azurite::shared().place());

/// It is stopped, not killed: Azurite itself loses what it has not yet written to disk.
#[test]
fn a_push_survives_its_server() {
    let server = Azurite::start();
    crash::a_push_survives_its_server(server.process(), Process::stop, server.place());
}
