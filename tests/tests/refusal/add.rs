//! Adds a server as a storage, by the command.

use trunks_tests::{
    sandbox::Sandbox,
    servers::{Place, S3},
};

/// Adds a storage. Returns the exit code and what was said.
pub fn add(place: &Place) -> (Option<i32>, String) {
    let sandbox = Sandbox::new();
    sandbox.repository("my-app", 1);
    sandbox.trunks("my-app", &["init"]);
    let mut words = vec!["storage", "add", "--name", "primary", "--url", &place.url];
    let flags = place.flags();
    words.extend(flags.iter().map(String::as_str));
    let (code, said) = sandbox.trunks_ends("my-app", &words);
    for (name, value) in &place.options {
        assert!(!name.contains("key") || !said.contains(value.as_str()), "{name} is shown: {said}");
    }
    (code, said)
}

/// Demands that a server is refused, with the reason.
pub fn is_refused(server: &S3) {
    let (code, said) = add(&server.place());
    println!("{said}");
    assert!(code.is_some_and(|code| code != 0), "{server:?} was taken: {said}");
    assert!(said.contains("condition"), "{server:?}: no reason is given: {said}");
}
