//! What every store must do, on Ceph's gateway: with `cargo xtask test --with ceph`.

mod open;

use open::open;
use trunks_tests::servers::S3;

mod s3_ceph {
    use super::*;

    trunks_tests::conformance!(open(S3::ceph().place()));
}
