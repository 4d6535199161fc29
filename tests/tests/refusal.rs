//! A store that lets two writers win is found out when it is added, and refused.

use trunks_tests::{
    sandbox::Sandbox,
    servers::{Place, S3, is_asked_for},
};

/// Adds a storage. Returns the exit code and what was said.
fn add(place: &Place) -> (Option<i32>, String) {
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

fn is_refused(server: &S3) {
    let (code, said) = add(&server.place());
    println!("{said}");
    assert!(code.is_some_and(|code| code != 0), "{server:?} was taken: {said}");
    assert!(said.contains("condition"), "{server:?}: no reason is given: {said}");
}

#[test]
fn one_that_ignores_conditions_is_refused() {
    is_refused(S3::s3rver());
}

/// With `cargo xtask test --with s3s-fs`.
#[test]
fn one_that_checks_and_then_writes_is_refused() {
    if is_asked_for("s3s-fs") {
        is_refused(S3::s3s());
    }
}

#[test]
fn one_that_honours_them_is_taken() {
    for server in [S3::ministack(), S3::moto()] {
        let (code, said) = add(&server.place());
        assert_eq!(code, Some(0), "{server:?}: {said}");
    }
}
