//! A store that looks at conditions and then writes, so that several win: with `cargo xtask test --with s3s-fs`.

mod add;

use add::is_refused;
use trunks_tests::servers::S3;

#[test]
fn one_that_checks_and_then_writes_is_refused() {
    is_refused(S3::s3s());
}
