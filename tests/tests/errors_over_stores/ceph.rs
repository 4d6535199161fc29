//! Real git over Ceph's gateway, and what goes wrong with it: with `cargo xtask test --with ceph`.

mod run;

use run::is_told;
use trunks_tests::servers::S3;

mod ceph {
    use super::S3;
    trunks_tests::journeys!(S3::ceph().place());
}

/// The doubles take any signature; Ceph looks at it.
#[test]
fn wrong_keys_are_told_apart() {
    let place = S3::ceph().place();
    let wrong = place.clone().with("secret_key", "not-the-right-one");
    is_told(&wrong, &["the secret key does not belong to the access key"]);
    let unknown = place.with("access_key", "NOBODYS-KEY");
    is_told(&unknown, &["the access key is not known there"]);
}
