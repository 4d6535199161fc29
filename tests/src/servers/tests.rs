use super::{Azurite, Postgres, Process, S3, Sshd, http, process::is_alive};

/// What a server was given is there again after it was killed.
fn is_there_again(process: &Process) {
    let before = process.id().expect("it runs");
    process.kill();
    assert_eq!(process.id(), None);
    process.start_again();
    assert_ne!(process.id(), Some(before));
}

#[test]
fn s3_starts_again_with_its_data() {
    let server = S3::start_ministack();
    let bucket = server.bucket();
    let key = format!("/{bucket}/key");
    let status = |method| http::request(server.address(), method, &key, "").expect("an answer").0;
    assert_eq!(status("GET"), 404);
    assert_eq!(status("PUT"), 200);
    is_there_again(server.process());
    assert_eq!(status("GET"), 200);
}

#[test]
fn every_s3_makes_buckets() {
    for server in [S3::ministack(), S3::moto(), S3::s3rver()] {
        assert_ne!(server.bucket(), server.bucket());
    }
}

#[test]
fn azurite_starts_again_with_its_data() {
    let server = Azurite::start();
    let container = server.container();
    server.process().stop();
    server.process().start_again();
    let place = format!("/{}/{container}?restype=container&{}", Azurite::ACCOUNT, Azurite::SAS);
    let found = http::request(server.address(), "GET", &place, "").expect("an answer");
    assert_eq!(found.0, 200, "{}", found.1);
}

#[test]
fn postgres_starts_again_with_its_data() {
    let server = Postgres::start();
    let database = server.database();
    server.run(&database, "create table t (v text); insert into t values ('kept')");
    is_there_again(server.process());
    assert_eq!(server.run(&database, "select v from t"), "kept");
}

#[test]
fn sshd_lets_the_key_in_and_starts_again() {
    let server = Sshd::start();
    let known = format!("UserKnownHostsFile={}", server.known_hosts(server.address()).display());
    let sftp = || {
        let mut sftp = std::process::Command::new("sftp");
        sftp.args(["-q", "-b", "/dev/null", "-F", "none", "-o", &known, "-i"])
            .arg(server.identity())
            .args(["-P", &server.process().port().to_string()])
            .arg(format!("{}@127.0.0.1", server.user()));
        let output = sftp.output().expect("sftp is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    sftp();
    is_there_again(server.process());
    sftp();
}

#[test]
fn a_server_does_not_outlive_its_test() {
    let server = S3::start_ministack();
    let id = server.process().id().expect("it runs");
    let directory = server.process().directory().to_owned();
    assert!(is_alive(id) && directory.exists());
    drop(server);
    // The directory is removed last.
    while directory.exists() {
        std::thread::yield_now();
    }
    assert!(!is_alive(id));
}
