//! Real git, through the component, over OpenSSH's server.

use trunks_tests::{
    journeys::crash,
    sandbox::Sandbox,
    servers::{Process, Sshd},
};

trunks_tests::journeys!(Sshd::shared().place());

#[test]
fn a_push_survives_its_server() {
    let server = Sshd::start();
    crash::a_push_survives_its_server(server.process(), Process::kill, server.place());
}

/// A push does not make it: what is missing may be a disk that is not mounted.
#[test]
fn the_directory_is_made_when_a_storage_is_added() {
    let mut place = Sshd::shared().place();
    place.url += "/not/yet";
    let sandbox = Sandbox::over(place.clone());
    sandbox.repository("my-app", 1);
    let said = sandbox.git_fails("my-app", &["push", &sandbox.url("my-app"), "main"]);
    assert!(said.contains("/not/yet does not exist"), "{said}");
    sandbox.trunks("my-app", &["init"]);
    let words = ["storage", "add", "--name", "primary", "--url", &place.url];
    let flags = place.flags();
    let words: Vec<&str> = words.into_iter().chain(flags.iter().map(String::as_str)).collect();
    sandbox.trunks("my-app", &words);
    sandbox.git("my-app", &["push", "--quiet"]);
    sandbox.git("", &["clone", "--quiet", &sandbox.url("my-app"), "clone"]);
    assert_eq!(sandbox.objects("clone"), sandbox.objects("my-app"));
}
