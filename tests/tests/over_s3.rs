//! Real git, through the component, over servers that speak S3.

use trunks_tests::{
    journeys::crash,
    servers::{Process, S3},
};

mod ministack {
    use super::S3;
    trunks_tests::journeys!(S3::ministack().place());
}

mod moto {
    use super::S3;
    trunks_tests::journeys!(S3::moto().place());
}

#[test]
fn a_push_survives_its_server() {
    let server = S3::start_ministack();
    crash::a_push_survives_its_server(server.process(), Process::kill, server.place());
}
