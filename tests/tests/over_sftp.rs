//! Real git, through the component, over OpenSSH's server.

use trunks_tests::{
    journeys::crash,
    servers::{Process, Sshd},
};

trunks_tests::journeys!(Sshd::shared().place());

#[test]
fn a_push_survives_its_server() {
    let server = Sshd::start();
    crash::a_push_survives_its_server(server.process(), Process::kill, server.place());
}
